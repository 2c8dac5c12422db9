"""Sentences about runs whose batches leave one after the other."""

SENTENCES = {
    "The next batch leaves {at}.": "Le prochain lot part {at}.",
    "The rest, {people}, waits for the pilot.": "Le reste, {people}, attend le pilote.",
    (
        "The pilot is not sent whole: clear its failed tasks. The rest, {people}, waits for it."
    ): "Le pilote n'est pas parti en entier : relancez ses tâches en échec. Le reste, {people}, l'attend.",
    (
        "The pilot is sent, and is being counted. The rest, {people}, waits for it."
    ): "Le pilote est parti, et on le compte. Le reste, {people}, l'attend.",
    (
        "{counts} so far. The rest, {people}, leaves if at least {share} are delivered and no more than {most} of "
        "1,000 answer STOP; that shows {at} at the latest."
    ): (
        "{counts} jusqu'ici. Le reste, {people}, part si au moins {share} sont distribués et si pas plus de {most} "
        "sur 1 000 répondent STOP ; on le saura au plus tard {at}."
    ),
    "{delivered} of {sent} messages of the pilot are delivered, {n} STOP": (
        "{delivered} messages du pilote sur {sent} sont distribués, {n} STOP"
    ),
    "{delivered} of {sent} messages of the pilot are delivered, {n} STOPs": (
        "{delivered} messages du pilote sur {sent} sont distribués, {n} STOP"
    ),
    "The pilot has passed: {counts}.": "Le pilote a réussi : {counts}.",
    "{delivered} of {sent} messages of the pilot were delivered; at least {share} must be": (
        "{delivered} messages du pilote sur {sent} ont été distribués ; le minimum est de {share}"
    ),
    "nothing of the pilot was sent: its tasks ended without that, or everybody in it opted out": (
        "rien du pilote n'est parti : ses tâches ont pris fin sans cela, ou tous ses destinataires se sont désinscrits"
    ),
    "Use one of these commands. For another pilot, leave the others unsent, and start a new run.": (
        "Utilisez une de ces commandes. Pour un autre pilote, laissez les autres non envoyés, et démarrez un nouveau "
        "lancement."
    ),
    "pilot": "pilote",
    "waiting for its pilot": "attend son pilote",
    "{n} per minute": "{n} par minute",
    "{n} per hour": "{n} par heure",
    "{n} per day": "{n} par jour",
    "At {pace}, the last messages leave {at}.": "À {pace}, les derniers messages partent {at}.",
}
