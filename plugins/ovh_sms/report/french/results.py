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
    # charts
    "Delivered per {length}": "Distribués par {length}",
    "minute": "minute",
    "Not drawn: {n} later one, until {at}.": "Non tracé : {n} plus tardif, jusqu'au {at}.",
    "Not drawn: {n} later ones, until {at}.": "Non tracés : {n} plus tardifs, jusqu'au {at}.",
    "{share} % within {duration}": "{share} % en {duration}",
    "Time to deliver: {shares}.": "Délai de distribution : {shares}.",
    "{per}, from {at}; at most {n}.": "{per}, à partir du {at} ; au plus {n}.",
    "later, until {at}": "plus tard, jusqu'au {at}",
    "Of the delivered messages": "Part des messages distribués",
    "Within": "En",
    "From": "À partir de",
    # headline
    "{part} of {whole}": "{part} sur {whole}",
    "{part} of {whole} delivered": "{part} sur {whole} distribués",
    "{part} of {whole} submitted": "{part} sur {whole} soumis",
    "of {n} rows": "sur {n} lignes",
    "of {whole} submitted, {n} of {of} batches collected": "sur {whole} soumis, {n} lots relevés sur {of}",
    "of {whole} submitted, not collected yet": "sur {whole} soumis, pas encore relevés",
    "{n} rejected": "lignes écartées : {n}",
    "none rejected": "aucune écartée",
    "{n} refused by OVH": "refusés par OVH : {n}",
    "STOP rate": "Taux de STOP",
    "Credits spent": "Crédits dépensés",
    "median; 90 % within {duration}": "médiane ; 90 % en {duration}",
    "nothing delivered yet": "rien de distribué encore",
    # states
    "Delivered": "Distribués",
    "Submitted": "Soumis",
    "Failed": "Échoués",
    "Expired": "Expirés",
    "Pending": "En attente",
    "Withdrawn": "Retirés",
    "Refused": "Refusés",
    "STOPs": "STOP",
    "Accepted": "Acceptées",
    "Sent": "Envoi",
    "Collected": "Relevé",
    "Not collected yet": "Pas encore relevé",
    "Not collected yet.": "Pas encore relevé.",
    "{n} of {of} batches collected": "{n} lots relevés sur {of}",
    "Every delivery receipt is final": "Tous les accusés sont définitifs",
    "Some delivery receipts were still pending": "Des accusés étaient encore attendus",
    "Marketing, with STOP": "Marketing, avec STOP",
    "Transactional": "Transactionnel",
    # the funnel and the delivery statuses
    "From the list to the phone": "De la liste au téléphone",
    "Step": "Étape",
    "Messages": "Messages",
    "Rows": "Lignes",
    "Of the rows": "Part des lignes",
    "Of submitted": "Part des soumis",
    "Of rejected": "Part des écartées",
    "Of failed and expired": "Part des échoués et expirés",
    "Rows in the list": "Lignes de la liste",
    "Submitted to OVH": "Soumis à OVH",
    "Delivery status": "État de distribution",
    "{n} unaccounted for": "manquants : {n}",
    "{n} surplus": "en trop : {n}",
    "{n} failed, expired or pending": "échoués, expirés ou en attente : {n}",
    "{n} withdrawn before it left": "{n} retiré avant son départ",
    "{n} withdrawn before they left": "{n} retirés avant leur départ",
    # causes, reasons and times
    "Failed and expired, by cause": "Échoués et expirés, par cause",
    "Cause": "Cause",
    "{n} other causes": "{n} autres causes",
    "No message failed.": "Aucun message n'a échoué.",
    "Rows rejected before the submission": "Lignes écartées avant l'envoi",
    "Reason": "Motif",
    "Every row of the list was accepted.": "Toutes les lignes de la liste ont été acceptées.",
    "Time to deliver": "Délai de distribution",
    "{share} % within": "{share} % en",
    "Too few deliveries for a curve.": "Trop peu de messages distribués pour une courbe.",
    "Deliveries over time": "Distribution dans le temps",
    "No message has been delivered yet.": "Aucun message n'a encore été distribué.",
    "{n} message delivered at {at}.": "{n} message distribué le {at}.",
    "{n} messages delivered at {at}.": "{n} messages distribués le {at}.",
    "{n} message delivered from {at} to {end}.": "{n} message distribué du {at} au {end}.",
    "{n} messages delivered from {at} to {end}.": "{n} messages distribués du {at} au {end}.",
    # the page
    "Sender": "Expéditeur",
    "Account": "Compte",
    "Tag": "Étiquette",
    "As a table": "En tableau",
    "Made on {at} · times in {zone}": "Établi le {at} · heures de {zone}",
    "No campaign has been sent yet.": "Aucune campagne n'a encore été envoyée.",
    "All campaigns": "Toutes les campagnes",
    "Campaigns": "Campagnes",
    "Campaign": "Campagne",
    "Credits": "Crédits",
    (
        "Failed counts expired messages too. Refused counts receivers that OVH refused at the submission. Delivered is "
        "a share of the messages OVH took."
    ): (
        "Les échoués comptent aussi les expirés. Les refusés sont les destinataires qu'OVH a refusés à l'envoi. Les "
        "distribués sont une part des messages qu'OVH a pris."
    ),
    (
        "Rates of delivered, failed, expired and pending are shares of submitted; the STOP rate is a share of "
        "delivered. Time to deliver runs from the moment OVH sent a message to the moment the phone had it."
    ): (
        "Les taux de distribués, d'échoués, d'expirés et d'attente sont des parts des soumis ; le taux de STOP est une "
        "part des distribués. Le délai va du départ chez OVH à l'arrivée sur le téléphone."
    ),
    # rates, errors and groups
    "Rates": "Taux",
    "Rate": "Taux",
    "Delivery rate": "Taux de distribution",
    "Failure rate": "Taux d'échec",
    "Reject rate": "Taux de lignes écartées",
    "Pending rate": "Taux d'attente",
    "Part and whole": "Part et total",
    "Share": "Part",
    "95 % interval": "Intervalle à 95 %",
    "Usual": "Habituel",
    "unusual: {usual}": "inhabituel : {usual}",
    "{part} of {whole} rows": "{part} sur {whole} lignes",
    "{part} of {whole} accepted": "{part} sur {whole} acceptées",
    "Usual is the middle half of {n} earlier run of this account within 90 days.": (
        "L'habituel est la moitié centrale de {n} envoi précédent de ce compte en 90 jours."
    ),
    "Usual is the middle half of {n} earlier runs of this account within 90 days.": (
        "L'habituel est la moitié centrale de {n} envois précédents de ce compte en 90 jours."
    ),
    "What is usual for this account shows after 5 runs within 90 days.": (
        "Ce qui est habituel pour ce compte se montre après 5 envois en 90 jours."
    ),
    "Failures by code, and what to do": "Échecs par code, et que faire",
    "Code": "Code",
    "Operator's words": "Mots de l'opérateur",
    "What to do": "Que faire",
    "Keep the number: one failure of this kind proves nothing.": (
        "Garder le numéro : un seul échec de ce genre ne prouve rien."
    ),
    "Try again later: the phone or the network was not ready.": (
        "Réessayer plus tard : le téléphone ou le réseau n'était pas prêt."
    ),
    "Remove the number: it cannot or may not get SMS.": (
        "Retirer le numéro : il ne peut pas, ou ne veut pas, recevoir de SMS."
    ),
    "{n} more is in figures.json.": "{n} de plus dans figures.json.",
    "{n} more are in figures.json.": "{n} de plus dans figures.json.",
    "By operator": "Par opérateur",
    "Operator": "Opérateur",
    "By country": "Par pays",
    "Country": "Pays",
    "By hour of departure": "Par heure de départ",
    "Hour": "Heure",
    "By segments of a message": "Par segments d'un message",
    "Segments": "Segments",
    "By sender": "Par expéditeur",
    "a short number": "un numéro court",
    "Share delivered": "Part distribuée",
    "No message is counted yet.": "Aucun message n'est encore compté.",
    "not named": "non nommé",
    "not left yet": "pas encore parti",
    # credits and money
    "Credits and money": "Crédits et argent",
    "Credits planned": "Crédits prévus",
    "Credits billed": "Crédits facturés",
    "Difference": "Écart",
    "Segments counted": "Segments comptés",
    "Price of a credit": "Prix d'un crédit",
    "Money spent": "Argent dépensé",
    "For each delivered message": "Par message distribué",
    "Figure": "Chiffre",
    "Amount": "Montant",
    "No price of a credit is known: no order of this account is on record, and OVH quoted none.": (
        "Aucun prix d'un crédit n'est connu : aucune commande de ce compte n'est enregistrée, et OVH n'en donne pas."
    ),
    "Prices without tax, as of the account's newest order, or else as OVH quotes them.": (
        "Prix hors taxe, ceux de la dernière commande du compte, ou sinon ceux qu'OVH donne."
    ),
    # files
    "Files": "Fichiers",
    "Content": "Contenu",
    "Path": "Chemin",
    "Rejected rows, with their reasons": "Lignes écartées, avec leurs motifs",
    "Receivers that OVH refused": "Destinataires qu'OVH a refusés",
    "Messages that failed or expired": "Messages échoués ou expirés",
    "All messages": "Tous les messages",
    "These figures": "Ces chiffres",
    "Paths below the data folder. Most of them hold numbers: who may read the folder may read them.": (
        "Chemins sous le dossier des données. La plupart contiennent des numéros : qui lit le dossier les lit."
    ),
    # remarks
    "Provisional: some messages may still change": "Provisoire : des messages peuvent encore changer",
    "Final after 72 hours": "Définitif après 72 heures",
    "{rate} is unusual: {share}, usually {low} to {high} ({n} runs).": (
        "{rate} inhabituel : {share}, d'habitude {low} à {high} ({n} envois)."
    ),
    "{n} STOPs for 1,000 delivered messages: more than the limit of {most}.": (
        "{n} STOP pour 1 000 messages distribués : plus que la limite de {most}."
    ),
    "a person": "une personne",
    # notifications
    "without tax": "hors taxe",
    "Run {run_id}": "Exécution {run_id}",
    "SMS campaign {name}: {state}": "Campagne SMS {name} : {state}",
    "Run {run_id}, sent on {at}": "Exécution {run_id}, envoyée le {at}",
    "SMS campaign {name}: check its figures": "Campagne SMS {name} : regardez ses chiffres",
    "SMS campaign {name}: {n} of {of} batches": "Campagne SMS {name} : {n} lots sur {of}",
    "SMS campaign {name}: provisional figures": "Campagne SMS {name} : chiffres provisoires",
    "SMS campaign {name}: figures": "Campagne SMS {name} : chiffres",
    "The messages were removed on {at}, as OVH_SMS_RETENTION_DAYS asks. Figures, costs and this page stay.": (
        "Les messages ont été supprimés le {at}, comme OVH_SMS_RETENTION_DAYS le demande. Les chiffres, les coûts et "
        "cette page restent."
    ),
    "Cancelled by {by} on {at}: {n} of {of} withdrawn before they left.": (
        "Annulé par {by} le {at} : {n} sur {of} retirés avant leur départ."
    ),
    "Sent on {at} although it may repeat a message: {by} forced it.": (
        "Envoyé le {at} bien qu'un message puisse être répété : forcé par {by}."
    ),
    "Deliveries by time to deliver": "Distribués par délai",
    "at most {duration}": "au plus {duration}",
    "more than {duration}": "plus de {duration}",
}
