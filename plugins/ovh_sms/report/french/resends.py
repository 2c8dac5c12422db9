"""Resends of failed messages: on the pages, and in reports."""

SENTENCES = {
    "Resend of the messages of run {run} that failed: {by} asked for it on {at}.": (
        "Renvoi des messages en échec de l'exécution {run}, demandé par {by} le {at}."
    ),
    "Resent on {at}: {n} failed message, as {by} asked.": "Renvoi du {at} : {n} message en échec, demandé par {by}.",
    "Resent on {at}: {n} failed messages, as {by} asked.": "Renvoi du {at} : {n} messages en échec, demandé par {by}.",
    "Not collected yet.": "Pas encore relevé.",
    "{n} of them delivered.": "Dont {n} distribués.",
    "With resends, {reached} of {n} messages were delivered ({share}): each message counts once.": (
        "Avec les renvois, {reached} messages sur {n} ont été distribués ({share}) : chaque message compte une fois."
    ),
    "Resend": "Renvoi",
    "Run whose messages are sent again": "Exécution dont les messages sont renvoyés",
    "Resend of {at}": "Renvoi du {at}",
    "Resend temporary failures": "Renvoyer les échecs temporaires",
    "Started: a run of this campaign sends them again.": (
        "Lancé : une exécution de cette campagne renvoie ces messages."
    ),
    "A resend of this run is under way already: {by} asked for it. No other was started.": (
        "Un renvoi de cette exécution est déjà en cours, demandé par {by}. Aucun autre n'a été lancé."
    ),
    "Open the new run in Airflow": "Ouvrir la nouvelle exécution dans Airflow",
    "Its page, once it has started": "Sa page, une fois qu'elle a commencé",
    "No message of this run failed for a temporary reason and is not resent yet.": (
        "Aucun message de cette exécution n'a échoué pour une cause temporaire sans être déjà renvoyé."
    ),
    "Messages to send again": "Messages à renvoyer",
    "{n} more opted out since": "{n} autres personnes ont dit STOP depuis",
    "about, by what this run has cost": "environ, d'après le coût de cette exécution",
    "They get the text, sender and kind that this run was sent with. Nobody gets it who opted out, and no failure is "
    "resent twice.": (
        "Le texte, l'expéditeur et le type sont ceux de cette exécution. Qui a dit STOP ne le reçoit pas, et aucun "
        "échec n'est renvoyé deux fois."
    ),
    "Send them again": "Les renvoyer",
}
