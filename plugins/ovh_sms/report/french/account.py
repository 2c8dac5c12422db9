"""Sentences of an account's credits: its page, the overview and the command."""

SENTENCES = {
    # credits and forecast
    "{n} credits left. Read {at}.": "{n} crédits restants. Lu {at}.",
    "{n} credits left, {reserved} of them reserved. Read {at}.": (
        "{n} crédits restants, dont {reserved} réservés. Lu {at}."
    ),
    "The credits of this account were never read.": "Les crédits de ce compte n'ont jamais été lus.",
    "about {n} day left": "encore {n} jour environ",
    "about {n} days left": "encore {n} jours environ",
    "may run dry today": "peut être à sec aujourd'hui",
    "Forecast of {at}, with the planned runs.": "Prévision de {at}, avec les exécutions prévues.",
    "Forecast by what was spent so far; the next check counts the planned runs.": (
        "Prévision d'après les dépenses passées ; le prochain contrôle compte les exécutions prévues."
    ),
    "{run} of {dag} waits for {n} credits since {since}, until {until} at most.": (
        "{run} de {dag} attend {n} crédits depuis {since}, jusqu'à {until} au plus."
    ),
    "{n} credits reserved by {run} of {dag}.": "{n} crédits réservés par {run} de {dag}.",
    "The account lasts until {dry_on}.": "Le compte suffit jusqu'au {dry_on}.",
    "The account lasts until about {dry_on}, at the earliest until {earliest}.": (
        "Le compte suffit jusqu'au {dry_on} environ, au plus tôt jusqu'au {earliest}."
    ),
    "OVH buys {n} credits by itself when fewer than {threshold} are left, by direct debit.": (
        "OVH achète de lui-même {n} crédits quand il en reste moins de {threshold}, par prélèvement."
    ),
    # money
    "Orders of {month}: {spent} with tax.": "Commandes de {month} : {spent} TTC.",
    "Orders of {month}: {spent} with tax, of {cap} at most.": "Commandes de {month} : {spent} TTC, sur {cap} au plus.",
    "{others} of it are orders that persons made at OVH.": (
        "Dont {others} de commandes faites chez OVH par des personnes."
    ),
    # what to do
    "No credits are ordered for {account}": "Aucun crédit n'est commandé pour {account}",
    "It falls short of its credits, and its account file {name}.yaml orders none.": (
        "Il manque de crédits, et son fichier de compte {name}.yaml n'en commande pas."
    ),
    "Order credits in OVH's manager, or give the file `quantity` and `max_price`.": (
        "Commandez des crédits dans le manager d'OVH, ou donnez au fichier `quantity` et `max_price`."
    ),
    "Order {id}: {price} with tax, unpaid for {age}": "Commande {id} : {price} TTC, impayée depuis {age}",
    "Order {id}: {price} with tax, unpaid, made at OVH": "Commande {id} : {price} TTC, impayée, faite chez OVH",
    "Order {id}: {price} with tax, OVH asks for documents, made at OVH": (
        "Commande {id} : {price} TTC, OVH demande des documents, faite chez OVH"
    ),
    "Order {id}: {price} with tax, OVH asks for documents, ordered {age} ago": (
        "Commande {id} : {price} TTC, OVH demande des documents, commandée il y a {age}"
    ),
    "{n} day": "{n} jour",
    "{n} days": "{n} jours",
    "{n} credits for {account}.": "{n} crédits pour {account}.",
    "OVH refused the default payment method.": "OVH a refusé le moyen de paiement par défaut.",
    "OVH closes it {at} if nobody pays it.": "OVH la ferme {at} si personne ne la paie.",
    "A person must pay it, or cancel it in OVH's manager. Nothing else is ordered meanwhile.": (
        "Quelqu'un doit la payer, ou l'annuler dans le manager d'OVH. Rien d'autre n'est commandé d'ici là."
    ),
    "Pay it or cancel it in OVH's manager. Nothing else is ordered meanwhile.": (
        "Payez-la ou annulez-la dans le manager d'OVH. Rien d'autre n'est commandé d'ici là."
    ),
    "Check it in OVH's manager, then use one command and clear the task.": (
        "Vérifiez dans le manager d'OVH, puis utilisez une des commandes et relancez (clear) la tâche."
    ),
    "Clear the task in Airflow: it searches for it at OVH, and makes nothing twice.": (
        "Relancez (clear) la tâche dans Airflow : elle cherche chez OVH, et ne fait rien deux fois."
    ),
    "It is not known whether credits were ordered for {account}, since {at}.": (
        "On ignore si des crédits ont été commandés pour {account}, depuis {at}."
    ),
    "It is not known whether an order for {account} was paid, since {at}.": (
        "On ignore si une commande pour {account} a été payée, depuis {at}."
    ),
    "It is not known whether numbers were checked for {account}, since {at}.": (
        "On ne sait pas si des numéros ont été vérifiés pour {account}, depuis {at}."
    ),
    "It is not known whether a sender was requested for {account}, since {at}.": (
        "On ne sait pas si un expéditeur a été demandé pour {account}, depuis {at}."
    ),
    "It is not known whether credits were transferred to {account}, since {at}.": (
        "On ignore si des crédits ont été transférés vers {account}, depuis {at}."
    ),
    "{n} credits for {account}: {price} with tax, waiting for approval": (
        "{n} crédits pour {account} : {price} TTC, en attente d'approbation"
    ),
    "Approve or reject it in Airflow until {at}; without an answer it is rejected.": (
        "Approuvez-la ou refusez-la dans Airflow jusqu'à {at} ; sans réponse elle est refusée."
    ),
    "An order waits for approval": "Une commande attend une approbation",
    "Approve or reject it in Airflow.": "Approuvez-la ou refusez-la dans Airflow.",
    "Asked: {people}.": "Demandé à : {people}.",
    "Open OVH's form to pay it": "Ouvrir le formulaire d'OVH pour la payer",
    "In a new window; it is recorded who opens it.": "Dans une nouvelle fenêtre ; celui qui l'ouvre est consigné.",
    # statuses of orders
    "OVH does not list it yet": "OVH ne la liste pas encore",
    "not paid": "impayée",
    "OVH checks the payment": "OVH vérifie le paiement",
    "OVH asks for documents": "OVH demande des documents",
    "its credits have arrived": "ses crédits sont arrivés",
    "delivered, its credits are not on the account yet": "livrée, ses crédits ne sont pas encore sur le compte",
    "delivered, its credits were not seen on the account": "livrée, ses crédits n'ont pas été vus sur le compte",
    "cancelled at OVH": "annulée chez OVH",
    "is being delivered": "en cours de livraison",
    "is being cancelled": "en cours d'annulation",
    "OVH names no status": "OVH ne nomme aucun statut",
    "OVH shows it no more": "OVH ne la montre plus",
    # payments
    "by a person": "par une personne",
    "default payment method": "moyen de paiement par défaut",
    "OVH refused the default payment method; a person must pay it": (
        "OVH a refusé le moyen de paiement par défaut ; quelqu'un doit la payer"
    ),
    "OVH has no default payment method; a person must pay it": (
        "OVH n'a pas de moyen de paiement par défaut ; quelqu'un doit la payer"
    ),
    "it costs more than was allowed; a person must pay it": (
        "elle coûte plus que ce qui était permis ; quelqu'un doit la payer"
    ),
    "It costs more than was allowed, so it was not paid automatically.": (
        "Elle coûte plus que ce qui était permis : elle n'a pas été payée automatiquement."
    ),
    "it was paid already": "elle était déjà payée",
    "it was closed already": "elle était déjà fermée",
    # the page
    "Accounts": "Comptes",
    "Credits left": "Crédits restants",
    "Reserved": "Réservés",
    "Forecast": "Prévision",
    "Money of the month": "Argent du mois",
    "Needs you": "À traiter",
    "No account was checked yet.": "Aucun compte n'a encore été contrôlé.",
    "The DAG sms_credits_topup checks the account of each file in include/accounts.": (
        "Le DAG sms_credits_topup contrôle le compte de chaque fichier de include/accounts."
    ),
    "Credits of {account}": "Crédits de {account}",
    "by {n} run on its way": "par {n} exécution en chemin",
    "by {n} runs on their way": "par {n} exécutions en chemin",
    "Level": "Niveau",
    "credits that it should hold at least, by {name}.yaml": "crédits qu'il doit garder au moins, selon {name}.yaml",
    "credits that it should hold at least": "crédits qu'il doit garder au moins",
    "Credits in the last 30 days": "Crédits des 30 derniers jours",
    "Read": "Lu",
    "Reserved by runs on their way": "Réservés par des exécutions en chemin",
    "{n} run that you may not read": "{n} exécution que vous ne pouvez pas lire",
    "{n} runs that you may not read": "{n} exécutions que vous ne pouvez pas lire",
    "Runs that wait for credits": "Exécutions qui attendent des crédits",
    "Credits wanted": "Crédits attendus",
    "Since": "Depuis",
    "Until": "Jusqu'à",
    "No run has reserved credits.": "Aucune exécution n'a réservé de crédits.",
    "Planned runs of the coming month": "Exécutions prévues du mois à venir",
    "Runs": "Exécutions",
    "Credits, about": "Crédits, environ",
    "campaigns that you may not read": "campagnes que vous ne pouvez pas lire",
    "The forecast counts no planned run.": "La prévision ne compte aucune exécution prévue.",
    "Orders": "Commandes",
    "Ordered": "Commandée",
    "Price with tax": "Prix TTC",
    "Without tax": "Hors taxe",
    "Payment": "Paiement",
    "Contracts": "Contrats",
    "for {age}": "depuis {age}",
    "Nothing was ordered yet.": "Rien n'a encore été commandé.",
    "Transfers": "Transferts",
    "Before and after": "Avant et après",
    "From account": "Du compte",
    "another account": "un autre compte",
    "To account": "Vers le compte",
    "Order number": "Numéro de commande",
    "Left on the account": "Restants sur le compte",
    "{by} resolved it; clear the task to go on.": "{by} a tranché ; relancez la tâche (clear) pour continuer.",
    "Download as CSV": "Télécharger en CSV",
}
