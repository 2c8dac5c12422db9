"""The words of replies: how they are read, and those by which people in six languages opt out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

#: Action of a reply that opts out, and of one that no rule knows: events of a rule have other names.
OPT_OUT, INBOX = "opt_out", "inbox"
#: Accents and other marks on one letter that are read.
_MOST_MARKS = 30
#: Letters and signs by Unicode's tables that nobody sees.
_FILLERS = "\u115f\u1160\u2800"
#: Letters whose capital resembles a Latin one, in lower case: Cyrillic, Greek, small capitals, Turkish.
_ALIKE = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0445\u0443\u0455\u0456\u0458"
    "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7"
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\ua731"
    "\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22\u0131\u00f8",
    "abekmhopctxysij" + "abezhikmnoptyx" + "abcdefghijklmnoprs" + "tuvwyzio",
)


def words_of(text: str) -> tuple[str, ...]:
    """Read the words of a reply: in lower case, without accents, punctuation, emoji and invisible characters."""
    text = "".join(_without_piles(text))
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_ALIKE)
    kept = (each for each in plain if not _is_invisible(each))
    return tuple("".join(each if each.isalnum() else " " for each in kept).split())


def _without_piles(text: str) -> Iterator[str]:
    """Leave out marks behind the 30th on one letter, as Unicode's stream-safe format does: sorting takes long."""
    marks = 0
    for each in text:
        marks = marks + 1 if unicodedata.combining(each) else 0
        if marks <= _MOST_MARKS:
            yield each


def _is_invisible(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in ("Mn", "Cf") or character in _FILLERS or (kind == "Cc" and not character.isspace())


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
#: The same for words that usually opt out: "the end" is none.
BESIDE_USUAL = frozenset(("ok", "sms", "pub", "pubs", "all", "message", "messages", "texto", "textos"))
_LONGEST_POLITE = max(map(len, POLITE))


def without_courtesy(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out greetings and thanks at both ends; all of them stay if nothing else is there."""
    start, end = 0, len(words)
    while True:
        sizes = range(min(_LONGEST_POLITE, end - start - 1), 0, -1)
        if first := next((size for size in sizes if words[start : start + size] in POLITE), 0):
            start += first
        elif last := next((size for size in sizes if words[end - size : end] in POLITE), 0):
            end -= last
        else:
            return words[start:end]


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
    plain = _without_polite(every)
    left = tuple(each for each in plain if each not in BESIDE_STOP)
    for said in (once(every), once(left)):
        if said in CERTAIN:
            return said
    for said in (once(every), once(tuple(each for each in plain if each not in BESIDE_USUAL))):
        if said in USUAL:
            return said
    return left[:1] if left and all((each,) in CERTAIN for each in left) else None


def _without_polite(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out greetings and thanks anywhere, as in "STOP merci STOP"."""
    left: list[str] = []
    at = 0
    while at < len(words):
        sizes = range(min(_LONGEST_POLITE, len(words) - at), 0, -1)
        size = next((each for each in sizes if words[at : at + each] in POLITE), 0)
        left += () if size else words[at : at + 1]
        at += size or 1
    return tuple(left)


def always_opting_out(words: Iterable[str]) -> frozenset[str]:
    """Return those of a rule's words that opt out in any campaign, as they are written."""
    found = {each: opting_out(without_courtesy(words_of(each))) for each in words}
    return frozenset(each for each, stop in found.items() if stop in CERTAIN)
