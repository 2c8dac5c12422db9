"""Sentences of the pages of replies."""

SENTENCES = {
    "Replies": "Réponses",
    "Replies in {n} days": "Réponses en {n} jours",
    "STOP by reply in {n} days": "STOP par réponse en {n} jours",
    "{n} today; {week} in 7 days, {before} in the 7 days before": (
        "{n} aujourd'hui ; {week} en 7 jours, {before} les 7 jours d'avant"
    ),
    "Day": "Jour",
    "Replies by day": "Réponses par jour",
    "End the search": "Fermer la recherche",
    "Nobody has replied yet.": "Personne n'a encore répondu.",
    "Without receipts yet": "Accusés pas encore reçus",
    "The rate counts the batches whose delivery receipts are collected, and those who replied to them.": (
        "Le taux compte les lots dont les accusés de réception sont collectés, et ceux qui y ont répondu."
    ),
    "Text": "Texte",
    "Each search is recorded, without its words.": "Chaque recherche est consignée, sans ses mots.",
    "Replies with “{text}” to campaigns whose DAGs you may edit.": (
        "Réponses contenant « {text} » aux campagnes dont vous pouvez modifier les DAG."
    ),
    "Event": "Événement",
    "Keyword": "Mot-clé",
    "Replies of people": "Réponses des destinataires",
    "Received": "Reçue",
    "Answer": "Réponse envoyée",
    "conversation, {at}": "conversation, {at}",
    "Newest": "Les plus récentes",
    "No reply passes these filters.": "Aucune réponse ne passe ces filtres.",
    "Reply rate by campaign, last {n} days": "Taux de réponse par campagne, {n} derniers jours",
    "Reply rate by campaign": "Taux de réponse par campagne",
    "Replied": "Ont répondu",
    "Reply rate": "Taux de réponse",
    "STOP by reply": "STOP par réponse",
    "read by no rule": "lue par aucune règle",
    "left in the inbox by a rule": "laissée dans la boîte par une règle",
    "no known campaign": "aucune campagne connue",
    "answered": "répondu",
    "answer refused by OVH": "réponse refusée par OVH",
    "answer under way": "réponse en cours",
    "not answered": "sans réponse",
    "Calls of OVH": "Appels d'OVH",
    "Calls of OVH, last {n} days": "Appels d'OVH, {n} derniers jours",
    "Called about": "Objet de l'appel",
    "Calls received": "Reçus",
    "Repeated": "Répétés",
    "Not stored": "Non enregistrés",
    "without a valid secret": "sans secret valable",
    "delivery receipts": "accusés de réception",
    "replies": "réponses",
    "other addresses": "autres adresses",
    # conversation
    "Conversation": "Conversation",
    "Conversation with {number}": "Conversation avec {number}",
    "Messages and replies": "Messages et réponses",
    "The newest is first.": "Le plus récent est en premier.",
    "Who": "Qui",
    "the person": "la personne",
    "answer, rule {name}": "réponse envoyée, règle {name}",
    "campaign": "campagne",
    "A campaign's message is here once its delivery receipt is collected, with its placeholders: what each person read "
    "is not kept, nor are answers.": (
        "Le message d'une campagne est ici dès que son accusé de réception est collecté, avec ses champs : ce que "
        "chaque personne a lu n'est pas conservé, ni les réponses envoyées."
    ),
}
