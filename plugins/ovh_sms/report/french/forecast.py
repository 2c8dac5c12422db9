"""Sentences of the forecast of an account."""

SENTENCES = {
    "No forecast: no whole day of spending is known on this account.": (
        "Pas de prévision : aucune journée entière de dépense n'est connue sur ce compte."
    ),
    "The credits last for more than a year.": "Les crédits suffisent pour plus d'un an.",
    "The credits last at least until {earliest}, maybe for more than a year.": (
        "Les crédits suffisent au moins jusqu'au {earliest}, peut-être pour plus d'un an."
    ),
    "The credits last until {dry_on}.": "Les crédits suffisent jusqu'au {dry_on}.",
    "The credits last until about {dry_on}: {earliest} at the earliest, {latest} at the latest.": (
        "Les crédits suffisent jusqu'au {dry_on} environ : au plus tôt le {earliest}, au plus tard le {latest}."
    ),
    "About {per_day} credits a day. Days of spending known: {n}.": (
        "Environ {per_day} crédits par jour. Jours de dépense connus : {n}."
    ),
    "Planned runs of the coming month: {n}, for about {amount} credits.": (
        "Exécutions prévues du mois à venir : {n}, pour environ {amount} crédits."
    ),
    "{amount} credits are reserved for runs on their way.": (
        "{amount} crédits sont réservés aux exécutions en chemin."
    ),
}
