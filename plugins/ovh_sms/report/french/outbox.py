"""Sentences of the page of single SMS."""

SENTENCES = {
    "Single SMS": "SMS unitaires",
    "waits": "en attente",
    "accepted by OVH": "accepté par OVH",
    "refused": "refusé",
    "Label": "Étiquette",
    "Key": "Clé",
    "Queued": "Déposé",
    "Ended": "Terminé",
    "The newest rows, {n} at most.": "Les lignes les plus récentes, {n} au plus.",
    "No row passes these filters.": "Aucune ligne ne passe ces filtres.",
}
