"""Sentences about runs that a person approves or refuses, their test messages, and the page of their messages."""

SENTENCES = {
    "waiting for approval": "attend une approbation",
    "not approved": "non approuvée",
    "Waits for approval by a person since {at}, until {until} at the latest: {people}, {cost}.": (
        "Attend l'approbation d'une personne depuis {at}, jusqu'à {until} au plus tard : {people}, {cost}."
    ),
    "Read the messages, then answer the task *approve* in Airflow, under Required Actions.": (
        "Lisez les messages, puis répondez à la tâche *approve* dans Airflow, sous Required Actions."
    ),
    "Not sent: nobody has approved it in time, by {at}: {people}, {cost}.": (
        "Non envoyée : personne ne l'a approuvée à temps, avant {at} : {people}, {cost}."
    ),
    "Not sent: {by} refused it {at}: {people}, {cost}.": "Non envoyée : {by} l'a refusée {at} : {people}, {cost}.",
    "To have it asked about again, clear *approve* and the tasks after it.": (
        "Pour redemander une approbation, relancez (clear) *approve* et les tâches qui suivent."
    ),
    "{credits} ({price} without tax)": "{credits} ({price} hors taxes)",
    "The last run that was sent wrote to {before}: {times} times as many now.": (
        "La dernière exécution envoyée a écrit à {before} : {times} fois plus cette fois-ci."
    ),
    "{n} of {rows} rows were rejected for their faults, {before} of {rows_before} in the last run that was sent.": (
        "{n} lignes sur {rows} ont été rejetées pour leurs défauts, contre {before} sur {rows_before} dans la dernière "
        "exécution envoyée."
    ),
    "The list has {people}. No run of this campaign was sent before.": (
        "La liste compte {people}. Aucune exécution de cette campagne n'a été envoyée auparavant."
    ),
    "The list has {people}. The last run that was sent wrote to {before}.": (
        "La liste compte {people}. La dernière exécution envoyée a écrit à {before}."
    ),
    "These are more people than `limits` allows.": "C'est plus de personnes que `limits` n'en admet.",
    "This is more than the price that `limits` allows.": "C'est plus que le prix que `limits` admet.",
    "Approval asked for": "Approbation demandée",
    "Approved": "Approuvée",
    "Not approved": "Non approuvée",
    "Nobody has answered in time": "Sans réponse à temps",
    "SMS campaign {name}: waiting for approval": "Campagne SMS {name} : attend une approbation",
    "SMS campaign {name}: not approved, nothing was sent": "Campagne SMS {name} : non approuvée, rien n'a été envoyé",
    # test messages
    "the first text": "le premier texte",
    "the shortest text": "le texte le plus court",
    "the longest text": "le texte le plus long",
    "under way, or its outcome is unknown": "en cours, ou d'issue inconnue",
    "accepted by OVH": "accepté par OVH",
    "refused by OVH": "refusé par OVH",
    "not sent: the person has opted out": "non envoyé : la personne a répondu STOP",
    "not sent: it may have left before the results were restored": (
        "non envoyé : il est peut-être parti avant la restauration des résultats"
    ),
    "Test messages": "Messages d'essai",
    "Sent to named people before the list; in no figure of the run.": (
        "Envoyés à des personnes désignées avant la liste ; dans aucun chiffre de l'exécution."
    ),
    "Text": "Texte",
    # the page of the messages
    "Read its messages": "Lire ses messages",
    "Approve or refuse it in Airflow": "L'approuver ou la refuser dans Airflow",
    "Messages to be sent": "Messages à envoyer",
    "{n} character": "{n} caractère",
    "{n} characters": "{n} caractères",
    "{n} of them of the STOP clause": "dont {n} de la mention STOP",
    "{n} segment": "{n} segment",
    "{n} segments": "{n} segments",
    (
        "In place of each value stand its name and its length: the right to edit the DAG is needed to read the values "
        "of the list."
    ): (
        "À la place de chaque valeur figurent son nom et sa longueur : il faut le droit de modifier le DAG pour lire "
        "les valeurs de la liste."
    ),
    "Phone numbers are masked. It is recorded who has opened this page.": (
        "Les numéros sont masqués. L'ouverture de cette page est enregistrée."
    ),
    "The first, the shortest and the longest text": "Le premier texte, le plus court et le plus long",
    "The list has no receivers.": "La liste n'a pas de destinataires.",
    "The first {n} of {of} receivers": "Les {n} premiers destinataires sur {of}",
    (
        "The prepared list is not in the data folder of the API server: it was deleted, or the folder is not shared "
        "with the workers."
    ): (
        "La liste préparée n'est pas dans le dossier de données du serveur d'API : elle a été supprimée, ou le dossier "
        "n'est pas partagé avec les workers."
    ),
    "The list is not prepared: there are no messages yet.": (
        "La liste n'est pas préparée : il n'y a pas encore de messages."
    ),
}
