"""Sentences of reports and figures."""

SENTENCES = {
    # words
    "not estimated": "sans estimation",
    "{n} estimated": "{n} estimés",
    "exactly the {n} estimated": "exactement les {n} estimés",
    "{by} more than the {n} estimated": "{by} de plus que les {n} estimés",
    "{by} fewer than the {n} estimated": "{by} de moins que les {n} estimés",
    "OVH made {n} message more than its answer accounts for: a person got the message more than once.": (
        "OVH a créé {n} message de plus que sa réponse n'en annonce : une personne l'a reçu plus d'une fois."
    ),
    "OVH made {n} messages more than its answer accounts for: some people got the message more than once.": (
        "OVH a créé {n} messages de plus que sa réponse n'en annonce : des personnes l'ont reçu plus d'une fois."
    ),
    "OVH's answer to the batch {tag} was lost.": "La réponse d'OVH au lot {tag} s'est perdue.",
    "{by} resolved it on {at} as sent: nothing was sent again.": (
        "{by} l'a déclaré envoyé le {at} : rien n'a été envoyé de nouveau."
    ),
    "{by} resolved it on {at} as not sent: it was sent then, although credits were missing.": (
        "{by} l'a déclaré non envoyé le {at} : il a été envoyé alors, bien que des crédits manquaient."
    ),
    "{by} resolved it on {at} as not sent: it was sent then.": (
        "{by} l'a déclaré non envoyé le {at} : il a été envoyé alors."
    ),
    "These figures do not add up: {accepted} accepted, but {submitted} submitted and {refused} refused by OVH.": (
        "Ces chiffres ne concordent pas : {accepted} acceptés, mais {submitted} soumis et {refused} refusés par OVH."
    ),
    "{n} is unaccounted for.": "{n} manque.",
    "{n} are unaccounted for.": "{n} manquent.",
    "{n} is too many.": "{n} est de trop.",
    "{n} are too many.": "{n} sont de trop.",
}
