"""Sentences about runs whose batches wait for a person, and about too many STOPs."""

SENTENCES = {
    "{batches} of {of} batches were sent. The others wait for a person since {at}: {figures}.": (
        "Lots envoyés : {batches} sur {of}. Les autres attendent une décision depuis {at} : {figures}."
    ),
    "{n} STOPs to {reached} delivered messages ({rate} for 1,000); the limit is {most}": (
        "{n} STOP pour {reached} messages distribués ({rate} pour 1 000) ; la limite est de {most}"
    ),
    "Their hours are over for now: they would leave {at}.": (
        "Leurs heures sont passées pour l'instant : ils partiraient {at}."
    ),
    "Read the message and what people answered, then use one of these commands.": (
        "Relisez le message et les réponses, puis utilisez l'une de ces commandes."
    ),
    "Have the others sent, to {people} less those who have answered STOP:": (
        "Faire envoyer les autres, à {people} moins celles qui ont répondu STOP :"
    ),
    "Leave the others unsent; the run ends without them:": (
        "Ne pas envoyer les autres ; l'exécution se termine sans eux :"
    ),
    (
        "{batches} of {of} batches were sent, to {sent} of {people}. {by} decided {at} to leave the others unsent: "
        "{figures}."
    ): (
        "Lots envoyés : {batches} sur {of}, à {sent} sur {people}. {by} a décidé {at} de ne pas envoyer les "
        "autres : {figures}."
    ),
    "SMS campaign {name}: too many STOPs": "Campagne SMS {name} : trop de STOP",
    (
        "{n} STOPs to {reached} delivered messages ({rate} for 1,000), more than the limit of {most}."
    ): "{n} STOP pour {reached} messages distribués ({rate} pour 1 000), plus que la limite de {most}.",
    "Batches that are not sent yet wait for a person.": "Les lots pas encore envoyés attendent une décision.",
}
