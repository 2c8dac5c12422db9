"""Sentences of the usage of accounts, its pages and its annexes."""

SENTENCES = {
    "SMS usage of {payer}": "Consommation SMS de {payer}",
    "SMS usage of the account {account}": "Consommation SMS du compte {account}",
    "{month} · account {account} · months in Europe/Paris": "{month} · compte {account} · mois à l’heure de Paris",
    "These figures are provisional: the month is not closed.": (
        "Ces chiffres sont provisoires : le mois n’est pas clos."
    ),
    "Refunded": "Recrédités",
    "Tax": "Taxes",
    "With tax": "TTC",
    "{n} refunded": "{n} recrédités",
    "{tax} of tax": "{tax} de taxes",
    "no campaign": "sans campagne",
    "Number checks": "Vérifications de numéros",
    "{n} tags": "{n} étiquettes",
    "Messages and cost": "Messages et coût",
    "Payers": "Payeurs",
    "Payer": "Payeur",
    "Not explained": "Inexpliqué",
    "Credits of": "Crédits de",
    "Price without tax": "Prix hors taxes",
    "Spent in the month": "Dépensés dans le mois",
    "Left at its end": "Restant à sa fin",
    "Orders that paid": "Commandes qui ont payé",
    "order {n}": "commande {n}",
    "transfer {tag}": "transfert {tag}",
    "no known order": "aucune commande connue",
    "before the first month": "avant le premier mois",
    "not explained in {month}": "inexpliqués en {month}",
    "not known": "inconnu",
    "{price} for {n} credits": "{price} pour {n} crédits",
    "OVH's balance": "Solde chez OVH",
    "It could not be compared: it was not read at the end of an earlier month.": (
        "Il n’a pas pu être comparé : il n’a pas été lu à la fin d’un mois antérieur."
    ),
    "Balance on {at}": "Solde au {at}",
    "Orders and transfers to the account": "Commandes et transferts vers le compte",
    "Transfers to other accounts": "Transferts vers d’autres comptes",
    "Total": "Total",
    "Usage": "Consommation",
    "User": "Utilisateur",
    "Month": "Mois",
    "Table": "Tableau",
    "Table as CSV": "Tableau en CSV",
    "Back": "Retour",
    "closed": "clos",
    "not compared": "non comparé",
    "closed; OVH shows other figures since: {messages} messages, {credits} credits": (
        "clos ; OVH montre d’autres chiffres depuis : {messages} messages, {credits} crédits"
    ),
    "Messages, credits and money of each account by month in Europe/Paris; the page of an account leads to those of "
    "its payers.": (
        "Messages, crédits et coût de chaque compte par mois à l’heure de Paris ; la page d’un compte mène à celles de "
        "ses payeurs."
    ),
    "The newest months, {n} at most.": "Les mois les plus récents, {n} au plus.",
    "No month was computed yet: the DAG sms_usage_monthly computes each on the 4th of the next one.": (
        "Aucun mois n’est encore calculé : le DAG sms_usage_monthly calcule chacun le 4 du suivant."
    ),
    "Each credit costs {price} without tax, a fixed tariff.": "Chaque crédit coûte {price} hors taxes, tarif fixe.",
    "Credits cost what the orders cost that paid for them; the oldest are spent first.": (
        "Les crédits coûtent ce qu’ont coûté les commandes qui les ont payés ; les plus anciens sont dépensés d’abord."
    ),
    "The price of {n} credits is not known: they cost nothing here.": (
        "Le prix de {n} crédits est inconnu : ils ne coûtent rien ici."
    ),
    "Tag {tag}: OVH took {taken} credits, and its messages account for {counted}.": (
        "Étiquette {tag} : OVH a pris {taken} crédits, et ses messages en justifient {counted}."
    ),
}
