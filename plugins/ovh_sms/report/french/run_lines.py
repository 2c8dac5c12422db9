"""Sentences about the state of a run."""

SENTENCES = {
    # states
    "outcome unknown": "issue inconnue",
    "not sent": "non envoyé",
    "sent in part": "envoyé en partie",
    "cancelled": "annulé",
    "nothing to send": "rien à envoyer",
    "everybody opted out": "tous ont répondu STOP",
    "sent, with a problem": "envoyé, avec un problème",
    "not collected": "non collecté",
    "being cancelled": "en cours d'annulation",
    "being prepared": "en préparation",
    "waiting for credits": "attend des crédits",
    "waiting for its hours": "attend ses heures",
    "being submitted": "en cours de soumission",
    "held for a person": "attend une décision",
    "not sent whole, as decided": "pas envoyée en entier, sur décision",
    "not sent, as decided": "non envoyé, sur décision",
    "held by OVH": "retenu par OVH",
    "leaving": "en cours de départ",
    "waiting for receipts": "attend les accusés de réception",
    "final": "définitif",
    "provisional": "provisoire",
    "prepared": "préparé",
    "uploaded": "déposé",
    # counts
    "{n} person": "{n} personne",
    "{n} people": "{n} personnes",
    "{amount} credit": "{amount} crédit",
    "{amount} credits": "{amount} crédits",
    # not sent
    "Not sent: the run has ended before anything was submitted.": (
        "Non envoyée : l'exécution s'est terminée avant toute soumission."
    ),
    "Read the log of its last task in Airflow, then clear it.": (
        "Lisez le journal de sa dernière tâche dans Airflow, puis relancez-la (clear)."
    ),
    "Not sent: {reason}": "Non envoyée : {reason}",
    "Nothing was sent: the contact list is empty.": "Rien n'a été envoyé : la liste de contacts est vide.",
    "Nothing was sent: everybody on the list has opted out since it was prepared.": (
        "Rien n'a été envoyé : depuis sa préparation, toutes les personnes de la liste ont répondu STOP."
    ),
    "Not sent yet: {reason}": "Pas encore envoyée : {reason}",
    "Airflow tries it again by itself.": "Airflow réessaie de lui-même.",
    "The contact list is being read.": "La liste de contacts est en cours de lecture.",
    "{accepted} of {rows} rows are prepared; the checks before the upload come next.": (
        "{accepted} lignes sur {rows} sont préparées ; les contrôles avant l'envoi suivent."
    ),
    # waiting for credits
    (
        "Waits for credits until {until}: it costs {needed}; the account held {left} {at}, and other runs had reserved "
        "{reserved} of them."
    ): (
        "Attend des crédits jusqu'à {until} : elle coûte {needed} ; le compte en avait {left} {at}, et d'autres "
        "exécutions en avaient réservé {reserved}."
    ),
    "Waits for credits until {until}: it costs {needed}; the account held {left} {at}.": (
        "Attend des crédits jusqu'à {until} : elle coûte {needed} ; le compte en avait {left} {at}."
    ),
    "Order at least {missing}, or give the run up: mark it failed.": (
        "Commandez au moins {missing}, ou abandonnez l'exécution : marquez-la en échec."
    ),
    # under way
    "Waits until {at} for the hours of {people}.": "Attend jusqu'à {at} les heures de {people}.",
    "{batches} of {of} batches were sent.": "Lots envoyés : {batches} sur {of}.",
    "OVH's answer to batch {number} of {of} was lost: OVH is being observed.": (
        "La réponse d'OVH au lot {number} sur {of} s'est perdue : il est recherché chez OVH."
    ),
    "Batch {number} of {of} is being submitted.": "Le lot {number} sur {of} est en cours de soumission.",
    "Batch {number} of {of} is uploaded and about to be submitted.": (
        "Le lot {number} sur {of} est déposé et va être soumis."
    ),
    "Batch {number} of {of} is about to be uploaded.": "Le lot {number} sur {of} va être déposé.",
    "Accepted by OVH and held until {at}: the sending window for advertising is closed. {people}, {credits}.": (
        "Acceptée par OVH et retenue jusqu'à {at} : les heures permises pour la publicité sont passées. "
        "{people}, {credits}."
    ),
    "To withdraw what still waits at OVH, mark the run failed in Airflow, or use the command.": (
        "Pour retirer ce qui attend encore chez OVH, marquez l'exécution en échec dans Airflow, ou utilisez la "
        "commande."
    ),
    "It can be withdrawn until {at}; the credits of withdrawn messages come back.": (
        "Elle peut être retirée jusqu'à {at} ; les crédits des messages retirés reviennent."
    ),
    "Accepted by OVH: {people}. Not counted yet.": "Acceptée par OVH : {people}. Pas encore comptée.",
    "{left} of {sent} have gone out; about {time} more.": "{left} sur {sent} sont partis ; encore {time} environ.",
    "{left} of {sent} have gone out.": "{left} sur {sent} sont partis.",
    "Counted {at}.": "Compté {at}.",
    (
        "{final} of {sent} are final, {delivered} of them delivered; {open} phones have not answered, at the latest "
        "{at}."
    ): (
        "{final} sur {sent} sont définitifs, dont {delivered} distribués ; {open} téléphones n'ont pas répondu, au "
        "plus tard {at}."
    ),
    # the end
    "Delivered to {delivered} of {people} ({share}). {credits}.": (
        "Livrée à {delivered} sur {people} ({share}). {credits}."
    ),
    "{n} phone has not answered: it is not known whether it got the message.": (
        "{n} téléphone n'a pas répondu : on ignore s'il a reçu le message."
    ),
    "{n} phones have not answered: it is not known whether they got the message.": (
        "{n} téléphones n'ont pas répondu : on ignore s'ils ont reçu le message."
    ),
    "They are collected again by themselves until 72 hours have passed.": (
        "Ils sont collectés de nouveau, d'eux-mêmes, jusqu'à ce que 72 heures soient passées."
    ),
    "The delivery receipts were not collected: {final} of {sent} were final when they were last counted.": (
        "Les accusés de réception n'ont pas été collectés : {final} sur {sent} étaient définitifs au dernier comptage."
    ),
    "Clear the task *collect* of this run's batches in the DAG sms_campaign_report.": (
        "Relancez (clear) la tâche *collect* des lots de cette exécution dans le DAG sms_campaign_report."
    ),
    "{sent} were sent, and something is wrong.": "{sent} : envoyés, et quelque chose ne va pas.",
    "Search for the tag in OVH's manager. Nothing is sent again.": (
        "Cherchez l'étiquette dans le manager d'OVH. Rien n'est envoyé de nouveau."
    ),
    "{n} of them wait at OVH until {at}.": "{n} d'entre eux attendent chez OVH jusqu'à {at}.",
    "{n} of them have not left yet.": "{n} d'entre eux ne sont pas encore partis.",
    "Cancelled {at}, and {waiting} of {sent} may still leave: {withdrawn} withdrawn so far.": (
        "Annulé {at}, et {waiting} sur {sent} peuvent encore partir : {withdrawn} retirés jusqu'ici."
    ),
    "If the DAG sms_campaign_cancel does not end or has failed, use the command.": (
        "Si le DAG sms_campaign_cancel ne finit pas ou a échoué, utilisez la commande."
    ),
    "The last try failed: {reason}": "Le dernier essai a échoué : {reason}",
    "credits not known": "crédits inconnus",
    "{known}, without {n} batch": "{known}, sans {n} lot",
    "{known}, without {n} batches": "{known}, sans {n} lots",
    (
        "{batches} of {of} batches were sent: {sent} of {people}. {unsent} were not written to, {rejected} rows "
        "rejected."
    ): (
        "Lots envoyés : {batches} sur {of}, à {sent} sur {people}. {unsent} n'ont pas été contactées, {rejected} "
        "lignes rejetées."
    ),
    "To send to the others, clear the failed tasks of this run: batches that were sent are not sent again.": (
        "Pour envoyer aux autres, relancez (clear) les tâches en échec : les lots déjà envoyés ne repartent pas."
    ),
    ("To send to the others, clear the failed tasks {tasks} of this run: batches that were sent are not sent again."): (
        "Pour envoyer aux autres, relancez (clear) les tâches en échec {tasks} de cette exécution : les lots déjà "
        "envoyés ne repartent pas."
    ),
    "{batches}: {reason}": "{batches} : {reason}",
    "The task that failed is *{step}*.": "La tâche en échec est *{step}*.",
    "Then clear the failed tasks *{step}* of this run.": (
        "Relancez (clear) ensuite les tâches en échec *{step}* de cette exécution."
    ),
    "The rest of the run needs {needed}: order those that the account lacks.": (
        "Le reste de l'exécution coûte {needed} : commandez ceux qui manquent au compte."
    ),
    (
        "The rest of the run needs {needed}. By its newest reading, {at}, less what was sent since, the account holds "
        "{left}: no order is needed."
    ): (
        "Le reste de l'exécution coûte {needed}. Selon la dernière lecture ({at}), moins les envois depuis, le compte "
        "en a {left} : aucune commande n'est nécessaire."
    ),
    (
        "The rest of the run needs {needed}. By its newest reading, {at}, less what was sent since, the account holds "
        "{left}: order at least {missing}."
    ): (
        "Le reste de l'exécution coûte {needed}. Selon la dernière lecture ({at}), moins les envois depuis, le compte "
        "en a {left} : commandez au moins {missing}."
    ),
    "Cancelled {at}: {rest}": "Annulée {at} : {rest}",
    "Cancelled by {by}, {at}: {rest}": "Annulée par {by}, {at} : {rest}",
    "{people} were never written to.": "{people} n'ont jamais été contactées.",
    "nothing had been sent.": "rien n'avait été envoyé.",
    "{withdrawn} of {all} messages withdrawn and refunded, {rest} not withdrawn. {credits} spent.": (
        "{withdrawn} messages sur {all} retirés et remboursés, {rest} non retirés. {credits} dépensés."
    ),
    # unknown outcome
    "batch {n}": "lot {n}",
    "batches {first} to {last}": "lots {first} à {last}",
    "batches {some} and {last}": "lots {some} et {last}",
    ("Search OVH's manager for the tag {tag}, use one of these commands, then clear the task *send* of {batch}."): (
        "Cherchez l'étiquette {tag} dans le manager d'OVH, utilisez une de ces commandes, puis relancez (clear) la "
        "tâche *send* du {batch}."
    ),
    "Search OVH's manager for each tag, use one command for each, then clear the task *send* of {batches}.": (
        "Cherchez chaque étiquette dans le manager d'OVH, utilisez une commande pour chacune, puis relancez (clear) la "
        "tâche *send* des {batches}."
    ),
    "Clear the task *send* of {batch} in Airflow: it searches for the batch at OVH, and sends nothing twice.": (
        "Relancez (clear) la tâche *send* ({batch}) dans Airflow : elle cherche le lot chez OVH, et n'envoie rien "
        "deux fois."
    ),
    "You find its messages: mark it as sent. Nothing is sent again:": (
        "Vous trouvez ses messages : marquez-le comme envoyé. Rien n'est envoyé de nouveau :"
    ),
    "You find none: have it sent when the task is cleared. If it did leave, {people} get it twice:": (
        "Vous n'en trouvez aucun : faites-le envoyer quand la tâche est relancée. S'il était parti, {people} le "
        "reçoivent deux fois :"
    ),
    "{batch}, tag {tag}: {meaning}": "{batch}, étiquette {tag} : {meaning}",
    "Not sent yet: {batches} ({people}); clear the failed tasks of this run, and the rest follows.": (
        "Pas encore envoyé : {batches} ({people}) ; relancez (clear) les tâches en échec de cette exécution, et le "
        "reste suit."
    ),
    "Not sent yet: {batches} ({people}); Airflow goes on with the rest.": (
        "Pas encore envoyé : {batches} ({people}) ; Airflow continue avec le reste."
    ),
    "It is not known whether batch {number} of {of} ({people}) was sent, since {at}.": (
        "On ignore si le lot {number} sur {of} ({people}) a été envoyé, depuis {at}."
    ),
    "{by} resolved it; clear its task *send* to go on.": (
        "{by} l'a tranché ; relancez (clear) sa tâche *send* pour continuer."
    ),
    "OVH shows {found} of its messages.": "OVH montre {found} de ses messages.",
    "OVH shows none of its messages.": "OVH ne montre aucun de ses messages.",
    "Credits are missing as if it had been sent.": "Des crédits manquent comme s'il avait été envoyé.",
    # steps
    "{n} of {of} batches": "{n} lots sur {of}",
    "Planned": "Prévu",
    "Started": "Démarré",
    "Contact list prepared": "Liste de contacts préparée",
    "Checks passed": "Contrôles réussis",
    "Uploaded": "Déposé",
    "Accepted by OVH": "Accepté par OVH",
    "Delivery receipts collected": "Accusés de réception collectés",
    "Cancelled": "Annulé",
}
