"""Sentences of the dashboard's pages."""

SENTENCES = {
    # every page
    "Skip to the content": "Aller au contenu",
    "Pages": "Pages",
    "Overview": "Vue d'ensemble",
    "Receiver": "Destinataire",
    "Pages of the list": "Pages de la liste",
    "Previous": "Précédente",
    "Next": "Suivante",
    "Page {n} of {of}": "Page {n} sur {of}",
    "{n} of {of}": "{n} sur {of}",
    "Show": "Afficher",
    "Show all": "Tout afficher",
    "all": "tous",
    # lists of runs
    "SMS campaigns": "Campagnes SMS",
    "Latest runs": "Dernières exécutions",
    "All runs": "Toutes les exécutions",
    "{n} run": "{n} exécution",
    "{n} runs": "{n} exécutions",
    "Run": "Exécution",
    "Open this run in Airflow": "Ouvrir cette exécution dans Airflow",
    "Runs of campaigns": "Exécutions des campagnes",
    "Runs of the campaign": "Exécutions de la campagne",
    "This run has submitted nothing so far.": "Cette exécution n'a rien soumis jusqu'ici.",
    "No run passes these filters.": "Aucune exécution ne passe ces filtres.",
    "Name": "Nom",
    "State": "État",
    "Period": "Période",
    "Order": "Ordre",
    "Batches": "Lots",
    "time": "date",
    "name": "nom",
    "state": "état",
    "credits": "crédits",
    "smallest first": "du plus petit au plus grand",
    "today": "aujourd'hui",
    "yesterday": "hier",
    "7 days": "7 jours",
    "30 days": "30 jours",
    "90 days": "90 jours",
    "one year": "un an",
    "a number that can be answered": "un numéro auquel on peut répondre",
    # messages
    "Batch {n}": "Lot {n}",
    "failed": "échoué",
    "Batch": "Lot",
    "Status": "Statut",
    "Operator": "Opérateur",
    "Country": "Pays",
    "Number": "Numéro",
    "Segments": "Segments",
    "erased": "effacé",
    "Delivered after": "Remis après",
    "{n} message": "{n} message",
    "{n} messages": "{n} messages",
    "CSV, numbers masked": "CSV, numéros masqués",
    "CSV, whole numbers (it is recorded)": "CSV, numéros entiers (c'est consigné)",
    "failed or expired": "échoué ou expiré",
    "Failed or expired messages ({n})": "Messages échoués ou expirés ({n})",
    "keep the number": "garder le numéro",
    "retry later": "réessayer plus tard",
    "remove the number": "retirer le numéro",
    "Mask the numbers": "Masquer les numéros",
    "Show whole numbers (it is recorded)": "Afficher les numéros entiers (c'est consigné)",
    "Messages of the run": "Messages de l'exécution",
    "No message passes these filters, or none is collected yet.": (
        "Aucun message ne passe ces filtres, ou aucun n'est encore collecté."
    ),
    # rejects
    "Rejected rows": "Lignes rejetées",
    "Rejected rows by reason": "Lignes rejetées par motif",
    "Meaning": "Signification",
    "{n} row was rejected before the submission.": "{n} ligne a été rejetée avant la soumission.",
    "{n} rows were rejected before the submission.": "{n} lignes ont été rejetées avant la soumission.",
    "The only row of the list was not rejected.": "La seule ligne de la liste n'a pas été rejetée.",
    "None of the {n} rows of the list was rejected.": "Aucune des {n} lignes de la liste n'a été rejetée.",
    "The list has no rows.": "La liste n'a aucune ligne.",
    "The list is not prepared: its rows are not counted.": (
        "La liste n'est pas préparée : ses lignes ne sont pas comptées."
    ),
    "The file of rejected rows holds values of the list: the right to edit the DAG is needed to download it.": (
        "Le fichier des lignes rejetées contient des valeurs de la liste : pour le télécharger, il faut le droit de "
        "modifier le DAG."
    ),
    "Download rejects.csv (it is recorded)": "Télécharger rejects.csv (c'est consigné)",
    "The file rejects.csv is not in the data folder of the API server: it was deleted, or the folder is not shared "
    "with the workers.": (
        "Le fichier rejects.csv n'est pas dans le dossier de données du serveur d'API : il a été supprimé, ou le "
        "dossier n'est pas partagé avec les workers."
    ),
    # receiver
    "What one number got from the campaigns whose DAGs you may edit. Each search is recorded, without the number.": (
        "Ce qu'un numéro a reçu des campagnes dont vous pouvez modifier les DAG. Chaque recherche est consignée, sans "
        "le numéro."
    ),
    "Phone number": "Numéro de téléphone",
    "Search": "Rechercher",
    "This is no phone number. Write it with its country code, as +33 6 39 98 00 12, or as it is dialled in France.": (
        "Ce n'est pas un numéro de téléphone. Écrivez-le avec l'indicatif du pays, comme +33 6 39 98 00 12, ou comme "
        "on le compose en France."
    ),
    "no": "non",
    "Their messages are not collected yet, so they are not searched:": (
        "Leurs messages ne sont pas encore collectés, donc pas cherchés :"
    ),
    "and {n} earlier run": "et {n} exécution plus ancienne",
    "and {n} earlier runs": "et {n} exécutions plus anciennes",
    "Messages to {number}": "Messages au {number}",
    "The latest {n} are shown.": "Les {n} derniers sont affichés.",
    "Messages to this number": "Messages à ce numéro",
    "STOP": "STOP",
    "No message to this number is stored for these campaigns.": (
        "Aucun message à ce numéro n'est enregistré pour ces campagnes."
    ),
}
