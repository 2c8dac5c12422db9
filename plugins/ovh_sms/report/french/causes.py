"""Causes of a delivery status, and reject reasons with their meanings."""

SENTENCES = {
    "no detail from the operator": "sans détail de l'opérateur",
    " or ": " ou ",
    "operator code {code}": "code d'opérateur {code}",
    "retrying: phone not reached": "nouvel essai : téléphone non joint",
    "retrying: operator not reached": "nouvel essai : opérateur non joint",
    "accepted by the operator": "accepté par l'opérateur",
    "delivered": "distribué",
    "undelivered": "non distribué",
    "final state unknown": "état final inconnu",
    "expired": "expiré",
    "undeliverable as it is": "non distribuable tel quel",
    "subscriber without credit": "abonné sans crédit",
    "invalid, opted-out or barred number": "numéro invalide, désinscrit ou bloqué",
    "phone absent": "téléphone absent",
    "network failure": "panne du réseau",
    "phone failure, as a full memory": "défaut du téléphone, comme une mémoire pleine",
    "phone incompatible": "téléphone incompatible",
    "suspected as spam": "suspecté d'être du spam",
    "content refused": "contenu refusé",
    "parental lock": "contrôle parental",
    "operator failure": "panne de l'opérateur",
    "number ported": "numéro porté",
    "roaming": "itinérance",
    "not yet known": "pas encore connu",
    "no error": "sans erreur",
    "internal error": "erreur interne",
    "phone unreachable": "téléphone injoignable",
    "equipment failure": "panne d'équipement",
    "subscriber failure": "défaut de l'abonné",
    "timed out": "délai dépassé",
    "undeliverable": "non distribuable",
    "account without credit": "compte sans crédit",
    "template missing": "modèle absent",
    "opted out (STOP)": "désinscrit (STOP)",
    "destination forbidden": "destination interdite",
    "sender sends too fast": "l'expéditeur envoie trop vite",
    "bad destination": "mauvaise destination",
    "bad content": "mauvais contenu",
    "content not GSM-7": "contenu hors GSM-7",
    "bad length": "mauvaise longueur",
    "pending": "en attente",
    "unknown failure": "échec inconnu",
    "deleted": "supprimé",
    "rejected": "rejeté",
    # reject reasons
    "broken row": "ligne défectueuse",
    "hidden": "masquée",
    "split row": "ligne coupée",
    "quoted line": "ligne entre guillemets",
    "lost separator": "séparateur perdu",
    "no number": "sans numéro",
    "spreadsheet damage": "abîmé par un tableur",
    "invalid number": "numéro invalide",
    "unknown country": "pays inconnu",
    "wrong country": "mauvais pays",
    "fiction number": "numéro de fiction",
    "not mobile": "pas un mobile",
    "suppressed": "désinscrit",
    "failed before": "déjà en échec",
    "unreachable": "injoignable",
    "no consent": "sans consentement",
    "no valid until": "sans fin de validité",
    "line break": "saut de ligne",
    "misread text": "texte mal lu",
    "escaped text": "texte échappé",
    "looks like placeholder": "ressemble à un champ",
    "address value": "valeur d'adresse",
    "empty value": "valeur vide",
    "not GSM-7": "hors GSM-7",
    "too long": "trop long",
    "unknown time zone": "fuseau inconnu",
    "no fit hour": "pas d'heure possible",
    "duplicate": "doublon",
    "too many texts": "trop de textes",
    "already sent": "déjà envoyé",
    "opted out since": "STOP depuis",
    "the row has more fields than the header, no field for the number, or a quote that does not fit": (
        "la ligne a plus de champs que l'en-tête, pas de champ pour le numéro, ou un guillemet en trop"
    ),
    "the sheet hides the row, by a filter or by hand": "la feuille masque la ligne, par un filtre ou à la main",
    "a line break without quotes seems to cut the row in two": (
        "un saut de ligne sans guillemets semble couper la ligne en deux"
    ),
    "the whole line is in quotes, so that it is one value": (
        "toute la ligne est entre guillemets, si bien qu'elle est une seule valeur"
    ),
    "a separator is missing beside a value in quotes": "il manque un séparateur près d'une valeur entre guillemets",
    "the number is empty": "le numéro est vide",
    "a spreadsheet has turned the number into a rounded figure, or a value into an error such as #N/A": (
        "un tableur a arrondi le numéro, ou changé une valeur en une erreur telle que #N/A"
    ),
    "no such phone number can exist": "un tel numéro ne peut pas exister",
    "the row's country names no country for certain": "le pays de la ligne n'en désigne aucun avec certitude",
    "the number has the calling code of another country than the row names": (
        "le numéro a l'indicatif d'un autre pays que celui de la ligne"
    ),
    "the number belongs to the range kept for fiction (06 39 98 xx xx)": (
        "le numéro est de la plage réservée à la fiction (06 39 98 xx xx)"
    ),
    "a check of the number found that it is invalid or cannot be reached": (
        "une vérification du numéro a montré qu'il est invalide ou injoignable"
    ),
    "earlier runs could not reach the number for good, as many as `dead_after` names": (
        "des exécutions précédentes n'ont définitivement pas pu joindre le numéro, autant que `dead_after` en nomme"
    ),
    "the number is valid but cannot receive SMS": "le numéro est valide mais ne peut pas recevoir de SMS",
    "the person asked for no more SMS (STOP), or the number is on a suppression list": (
        "la personne ne veut plus de SMS (STOP), ou le numéro est sur une liste d'exclusion"
    ),
    "the row does not show the consent that the campaign asks for": (
        "la ligne ne montre pas le consentement que la campagne demande"
    ),
    "the row does not say for certain until when its message is of use": (
        "la ligne ne dit pas avec certitude jusqu'à quand son message sert"
    ),
    "a value the message uses holds a line break, and the campaign rejects such rows": (
        "une valeur du message contient un saut de ligne, et la campagne écarte de telles lignes"
    ),
    "a value the message uses is UTF-8 that another program has read in another encoding": (
        "une valeur du message est de l'UTF-8 qu'un autre programme a lu dans un autre encodage"
    ),
    "a value the message uses is escaped for a program, such as `&#39;`, `\\n` or `Le%20Goff`": (
        "une valeur du message est échappée pour un programme, comme `&#39;`, `\\n` ou `Le%20Goff`"
    ),
    "the values the message uses hold two `#`, which OVH may take for a placeholder, or one of another program": (
        "les valeurs du message contiennent deux `#`, qu'OVH peut prendre pour un champ, ou celui d'un autre logiciel"
    ),
    "a value that the message puts into a web address must be encoded for it": (
        "une valeur que le message met dans une adresse web doit être encodée pour elle"
    ),
    "a value the message uses is empty, and the campaign rejects such rows": (
        "une valeur du message est vide, et la campagne écarte de telles lignes"
    ),
    "a value the message uses holds a character that OVH refuses in a list": (
        "une valeur du message contient un caractère qu'OVH refuse dans une liste"
    ),
    "the message with its values takes more than 255 segments, which no network carries": (
        "le message avec ses valeurs dépasse 255 segments, qu'aucun réseau ne transporte"
    ),
    "nobody knows the time zone of the number, and advertising keeps to the receivers' hours": (
        "personne ne connaît le fuseau du numéro, et la publicité respecte les heures des destinataires"
    ),
    "where the number is, the hours for the message begin too late, or never": (
        "là où est le numéro, les heures du message commencent trop tard, ou jamais"
    ),
    "the message would leave after the end of its use, which `valid_until` names": (
        "le message partirait après la fin de son utilité, que donne `valid_until`"
    ),
    (
        "an earlier row with this number was accepted, or already sent to; with `duplicates: number_and_text`, an "
        "earlier row with this number and text"
    ): (
        "une ligne précédente de ce numéro a été acceptée, ou déjà servie ; avec `duplicates: number_and_text`, une "
        "ligne de ce numéro et de ce texte"
    ),
    "ten earlier rows have given the number ten other texts": (
        "dix lignes précédentes ont donné au numéro dix autres textes"
    ),
    "another run has sent the person the same message within `duplicate_window`, or may have done so": (
        "une autre exécution a envoyé le même message à la personne dans `duplicate_window`, ou peut l'avoir fait"
    ),
    "the person asked for no more SMS (STOP) after the list was prepared and before its batch was submitted": (
        "la personne a demandé de ne plus recevoir de SMS (STOP) après la préparation de la liste et avant la "
        "soumission de son lot"
    ),
}
