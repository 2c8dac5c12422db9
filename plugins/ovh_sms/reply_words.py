"""The words of replies: how they are read, and those by which people in six languages opt out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Action of a reply that opts out, and of one that no rule knows: events of a rule have other names.
OPT_OUT, INBOX = "opt_out", "inbox"
#: Letters by Unicode's tables that nobody sees.
_FILLERS = "\u115f\u1160"


def words_of(text: str) -> tuple[str, ...]:
    """Read the words of a reply: in lower case, without accents, punctuation, emoji and invisible characters."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (each for each in plain if unicodedata.category(each) not in ("Mn", "Cf") and each not in _FILLERS)
    return tuple("".join(each if each.isalnum() else " " for each in kept).split())


def _phrases(*texts: str) -> frozenset[tuple[str, ...]]:
    return frozenset(words_of(each) for each in texts)


#: Words that opt out in any campaign.
CERTAIN = _phrases(
    *("STOP", "STOP ALL", "STOPALL", "STOP TOUT", "ARRET", "ARRETER", "ARRETEZ", "ARRETE"),
    *("DESABONNER", "ME DESABONNER", "DESABONNEMENT", "DESABONNEZ MOI", "DESABONNER MOI", "DESABONNE MOI"),
    *("DESABONNE", "DESINSCRIRE MOI"),
    *("DESINSCRIRE", "ME DESINSCRIRE", "DESINSCRIPTION", "DESINSCRIVEZ MOI", "DESINSCRIS MOI"),
    *("UNSUBSCRIBE", "UNSUBSCRIBE ME", "OPT OUT", "OPTOUT", "UNSUB", "STOPSMS", "STOPPUB"),
    *("STOPP", "ABMELDEN", "ABBESTELLEN", "AUSTRAGEN", "ABMELDUNG"),
    *("BAJA", "DAR DE BAJA", "DARME DE BAJA", "DARSE DE BAJA"),
    *("DISISCRIVI", "DISISCRIVIMI", "DISISCRIVERMI", "CANCELLAMI", "DISISCRIZIONE"),
    *("AFMELDEN", "UITSCHRIJVEN", "STOPPEN"),
)
#: Words that opt out unless the campaign gives them another meaning: an appointment may be cancelled by ``CANCEL``.
USUAL = _phrases("QUIT", "CANCEL", "CANCELAR", "CANCELLA", "ALTO", "PARAR", "END", "REVOKE")
#: Greetings and thanks, which change no meaning at either end of a reply.
POLITE = _phrases(
    *(
        "merci",
        "merci beaucoup",
        "merci bcp",
        "merci d avance",
        "non merci",
        "svp",
        "stp",
        "s il vous plait",
        "s il te plait",
        "bonjour",
    ),
    *("bonsoir", "cordialement", "bien cordialement", "cdlt", "cdt", "salut", "slt", "bonne journee"),
    *("please", "pls", "plz", "thanks", "thank you", "thx", "hello", "hi", "thanks a lot"),
    *("bitte", "danke", "vielen dank", "hallo", "guten tag"),
    *("gracias", "muchas gracias", "por favor", "hola"),
    *("grazie", "grazie mille", "per favore", "per piacere", "ciao", "buongiorno"),
    *("alstublieft", "alsjeblieft", "aub", "bedankt", "dank u", "dank je", "dankjewel"),
)
#: Words beside STOP that change no meaning: "STOP au 36180", "STOP PUB", "ok stop", "stop les messages".
BESIDE_STOP = frozenset(
    (
        *("au", "a", "to", "an", "al", "naar", "sms", "pub", "pubs", "publicite", "publicites"),
        *("ok", "les", "des", "vos", "aux", "message", "messages", "texto", "textos"),
        *("la", "de", "du", "ces", "tout", "tous", "toutes", "all", "the"),
    )
)
_LONGEST_POLITE = max(map(len, POLITE))


def without_courtesy(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out greetings and thanks at both ends; all of them stay if nothing else is there."""
    left = words
    while True:
        sizes = range(min(_LONGEST_POLITE, len(left) - 1), 0, -1)
        shorter = next((left[size:] for size in sizes if left[:size] in POLITE), None) or next(
            (left[:-size] for size in sizes if left[-size:] in POLITE), None
        )
        if not shorter:
            return left
        left = shorter


def once(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the word of a reply that only repeats it, and that of one that spells it: "S.T.O.P."."""
    if len(words) > 1 and len(set(words)) == 1:
        return words[:1]
    if len(words) > 2 and all(len(each) == 1 and each.isalpha() for each in words):
        return ("".join(words),)
    return words


#: A short number to which people in France answer STOP, however it is grouped, also right behind a word.
_SHORT_NUMBER = re.compile(r"(?<!\d)(?<!\d )3[68] ?\d ?\d ?\d(?! ?\d)")
#: A letter that somebody held down: "STOPPPP".
_HELD_DOWN = re.compile(r"([a-z])\1{2,}")


def opting_out(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the words by which a reply opts out in any campaign, or usually does; ``None`` if it does not.

    :param words: of the reply, without courtesy at its ends.
    """
    every = tuple(_HELD_DOWN.sub(r"\1", _SHORT_NUMBER.sub(" ", " ".join(words))).split())
    left = tuple(each for each in _without_polite(every) if each not in BESIDE_STOP)
    for said in (once(every), once(left)):
        if said in CERTAIN or said in USUAL:
            return said
    return left[:1] if left and all((each,) in CERTAIN for each in left) else None


def _without_polite(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out greetings and thanks anywhere, as in "STOP merci STOP"."""
    left: tuple[str, ...] = ()
    at = 0
    while at < len(words):
        sizes = range(min(_LONGEST_POLITE, len(words) - at), 0, -1)
        size = next((each for each in sizes if words[at : at + each] in POLITE), 0)
        left += () if size else words[at : at + 1]
        at += size or 1
    return left


def always_opting_out(words: Iterable[str]) -> frozenset[str]:
    """Return those of a rule's words that opt out in any campaign, as they are written."""
    found = {each: opting_out(without_courtesy(words_of(each))) for each in words}
    return frozenset(each for each, stop in found.items() if stop in CERTAIN)
