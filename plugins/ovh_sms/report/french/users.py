"""Sentences about the users of accounts."""

SENTENCES = {
    "Users": "Utilisateurs",
    "User": "Utilisateur",
    "Users of {account}": "Utilisateurs de {account}",
    "Compared on {at}.": "Comparés le {at}.",
    "Quota": "Quota",
    "Left of it": "Restant",
    "To be changed": "À modifier",
    "Differs from what was applied": "Diffère de ce qui a été appliqué",
    "applied was {applied}": "appliqué : {applied}",
    "until {at}": "jusqu’au {at}",
    "No users were compared yet.": "Aucun utilisateur n’a encore été comparé.",
    "The DAG sms_accounts compares the users of each file in include/accounts that names some.": (
        "Le DAG sms_accounts compare les utilisateurs de chaque fichier de include/accounts qui en nomme."
    ),
    "is to be created": "à créer",
    "is to be changed": "à modifier",
    "is to be deleted": "à supprimer",
    "as its file wants it": "conforme à son fichier",
    "in no file": "dans aucun fichier",
    "alert": "alerte",
    "delivery receipts to": "accusés de réception à",
    "STOPs to": "STOP à",
    "IP limits": "limites d’IP",
    "quota": "quota",
    "none": "aucun",
    "nobody": "personne",
    "below {n} credits by mail": "sous {n} crédits par e-mail",
    "below {n} credits by SMS": "sous {n} crédits par SMS",
    "below {n} credits by mail and SMS": "sous {n} crédits par e-mail et SMS",
    "an address of {host}": "une adresse de {host}",
    "{n} left": "{n} restants",
    "{n} credits": "{n} crédits",
    "{n} credits for {month}": "{n} crédits pour {month}",
    "deleted at OVH": "supprimé chez OVH",
    "created at OVH again": "recréé chez OVH",
    "It is not known whether a user of {account} was changed, since {at}.": (
        "On ne sait pas si un utilisateur de {account} a été modifié, depuis {at}."
    ),
}
