"""Sentences of notices about orders of credits."""

SENTENCES = {
    "The payment accepts these contracts:": "Le paiement accepte ces contrats :",
    "{n} credits ordered for {account}": "{n} crédits commandés pour {account}",
    "It is paid next with the default payment method.": "Elle est ensuite payée avec le moyen de paiement par défaut.",
    "A person must pay it now.": "Quelqu'un doit la payer maintenant.",
    "Order {id} for {account} is not paid yet": "La commande {id} pour {account} n'est pas encore payée",
    "Nothing else is ordered meanwhile. A person must pay it, or cancel it in OVH's manager.": (
        "Rien d'autre n'est commandé d'ici là. Quelqu'un doit la payer, ou l'annuler dans le manager d'OVH."
    ),
    "OVH asks for documents for the order {id} of {account}": (
        "OVH demande des documents pour la commande {id} de {account}"
    ),
    "Nothing else is ordered meanwhile. Send them in OVH's manager, or cancel the order there.": (
        "Rien d'autre n'est commandé d'ici là. Envoyez-les dans le manager d'OVH, ou annulez-y la commande."
    ),
    "Order {id}: {price} with tax.": "Commande {id} : {price} TTC.",
    "Order {id} for {account} is delivered, and its credits were not seen": (
        "La commande {id} pour {account} est livrée, et ses crédits n'ont pas été vus"
    ),
    "Compare the order with the account in OVH's manager. Nothing waits for its credits any more.": (
        "Comparez la commande avec le compte dans le manager d'OVH. Plus rien n'attend ses crédits."
    ),
    "Order {id} for {account} could not be paid": "La commande {id} pour {account} n'a pas pu être payée",
    "OVH refused the default payment method: {reason}": "OVH a refusé le moyen de paiement par défaut : {reason}",
    "OVH has no default payment method for it.": "OVH n'a pas de moyen de paiement par défaut pour elle.",
    "The order for {account} was not approved": "La commande pour {account} n'a pas été approuvée",
    "{by} rejected it.": "{by} l'a refusée.",
    "Nobody answered in time, so it was rejected.": "Personne n'a répondu à temps : elle est refusée.",
    "{n} credits for {price} with tax.": "{n} crédits pour {price} TTC.",
    "Nothing was ordered. The next run asks again if credits are still missing.": (
        "Rien n'a été commandé. La prochaine exécution redemande s'il manque encore des crédits."
    ),
    "Order {id}: {n} credits for {price} with tax, {net} without.": (
        "Commande {id} : {n} crédits pour {price} TTC, {net} HT."
    ),
}
