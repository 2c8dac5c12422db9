"""Sentences of the overview and of a run's page."""

SENTENCES = {
    # lists
    "This campaign has not run yet.": "Cette campagne n'a pas encore tourné.",
    "people": "personnes",
    "STOPs for 1,000 delivered": "STOP pour 1 000 distribués",
    "latest final run, after {n} other": "dernière exécution définitive, après {n} autre",
    "latest final run, after {n} others": "dernière exécution définitive, après {n} autres",
    "Budget of {month}: {used} of {budget} credits are used.": (
        "Budget de {month} : {used} crédits utilisés sur {budget}."
    ),
    "{credits} of them are reserved by runs under way.": (
        "{credits} d'entre eux sont réservés par des exécutions en cours."
    ),
    "Of {credits} of them it is not known whether they are spent.": (
        "On ignore si {credits} d'entre eux sont dépensés."
    ),
    # overview
    "No campaign of a DAG that you may read has started yet.": (
        "Aucune campagne d'un DAG que vous pouvez lire n'a encore démarré."
    ),
    "These commands make a first campaign and show what it would send:": (
        "Ces commandes font une première campagne et montrent ce qu'elle enverrait :"
    ),
    "Needs you ({n})": "À traiter ({n})",
    "{name}.yaml is broken": "{name}.yaml est cassé",
    "since {at}": "depuis {at}",
    "The key of {account} ends {at}": "La clé de {account} expire {at}",
    "Make a new consumer key and put it into the Airflow connection before; nothing is sent after that.": (
        "Créez une nouvelle clé (consumer key) et mettez-la dans la connexion Airflow avant ; rien ne partira après."
    ),
    "Nothing needs you.": "Rien à traiter.",
    "Under way ({n})": "En cours ({n})",
    "Next runs": "Prochaines exécutions",
    "When": "Quand",
    "No campaign is scheduled: the next run is started by hand.": (
        "Aucune campagne n'est planifiée : la prochaine exécution est lancée à la main."
    ),
    "People": "Personnes",
    "{n} more batch follows": "{n} autre lot suit",
    "{n} more batches follow": "{n} autres lots suivent",
    "Messages sent": "Messages envoyés",
    "scheduled": "planifiée",
    "{n} last time": "{n} la dernière fois",
    "{n} already charged": "{n} déjà débités",
    "will cost {n}": "coûtera {n}",
    "Together": "Ensemble",
    "Newest run": "Dernière exécution",
    "Next run: {at}.": "Prochaine exécution : {at}.",
    "It is not scheduled: the next run is started by hand.": (
        "Elle n'est pas planifiée : la prochaine exécution est lancée à la main."
    ),
    "Money, without tax": "Montant HT",
    "never ran": "jamais encore",
    "Last 30 days": "30 derniers jours",
    "in {n} run": "en {n} exécution",
    "in {n} runs": "en {n} exécutions",
    "{part} of {whole} final ones": "{part} sur {whole} définitifs",
    "usual {low} to {high}": "d'habitude {low} à {high}",
    "all replies that say STOP": "toutes les réponses STOP",
    "by campaigns; replies, answers and single SMS cost more": (
        "par les campagnes ; les réponses reçues et envoyées et les SMS unitaires coûtent en plus"
    ),
    "{part} of {whole} delivered advertising messages": "{part} sur {whole} messages publicitaires distribués",
    "of them {credits} of {n} run that is not final yet": "dont {credits} de {n} exécution pas encore définitive",
    "of them {credits} of {n} runs that are not final yet": "dont {credits} de {n} exécutions pas encore définitives",
    "{n} more is not known to be sent": "envoi inconnu pour {n} de plus",
    "{n} more are not known to be sent": "envoi inconnu pour {n} de plus",
    "not counted yet": "pas encore compté",
    "Credits left on {account}": "Crédits restants sur {account}",
    "read {at}": "lu {at}",
    # a run
    "Rejected rows ({n})": "Lignes rejetées ({n})",
    "Rows of the list": "Lignes de la liste",
    "{n} to be written to, {rejected} rejected": "{n} à contacter, {rejected} rejetées",
    "of {people}": "sur {people}",
    "{n} still to come": "{n} encore à venir",
    "{n} not written to": "{n} non contactées",
    "{n} unknown": "{n} inconnus",
    "{n} withdrawn": "{n} retirés",
    "of {sent} accepted by OVH; {open} not final yet": "sur {sent} acceptés par OVH ; {open} pas encore définitifs",
    "spent of {n} estimated": "dépensés sur {n} estimés",
    "spent": "dépensés",
    "for {n} of {of} batches": "pour {n} lots sur {of}",
    "Written with GSM characters alone, it costs {n}": "Écrit avec les seuls caractères GSM, il en coûte {n}",
    "On the way": "En chemin",
    "Counted": "Compté",
    "Gone out": "Partis",
    "Final": "Définitifs",
    "Of": "Sur",
    "Steps in time": "Étapes dans le temps",
    "Time zone": "Fuseau horaire",
    "Technical data": "Données techniques",
    "Folder of its files": "Dossier de ses fichiers",
    "Errors in full": "Erreurs en entier",
    "Forced": "Forcé",
    "A person had it repeat the message.": "Une personne a fait répéter le message.",
}
