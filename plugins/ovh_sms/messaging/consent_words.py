"""Columns of a contact list that say whether a person agrees to be written to, by their names and words."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class ColumnKind(StrEnum):
    """The kind of a column that says something about its person.

    A column that is only ``maybe`` one says nothing if it holds a value that is no answer.
    """

    CONSENT = "consent"
    OPPOSITION = "opposition"
    STATUS = "status"
    MAYBE_CONSENT = "maybe consent"
    MAYBE_OPPOSITION = "maybe opposition"

    @property
    def is_certain(self) -> bool:
        """Whether the name alone makes it such a column."""
        return self not in (ColumnKind.MAYBE_CONSENT, ColumnKind.MAYBE_OPPOSITION)

    @property
    def is_consent(self) -> bool:
        """Whether a yes in it agrees."""
        return self in (ColumnKind.CONSENT, ColumnKind.MAYBE_CONSENT)


_WHAT = "(etre|recevoir|contact|appel|sms|envo|sollicit|derang|demarch|ecrire|joindre|relanc|message)"
_OFFERS = "(sms|marketing|pub|communic|contact|recevoir|news)"
_NAMES = (
    (f"desinscri|desabonn|unsub|opt(ed|ing)?out|ne(souhaite|veut|desire|doit)?(pas|plus){_WHAT}"
     "|ne(souhaite|veut|desire)(pas|plus)|donot(contact|call|sms|text|disturb|mail|send|solicit)|dontc(ontact|all)"
     "|dont(sms|text)|opposition|oppose|bla?o?cklist|listenoire|stop(sms|pub)|smsstop|^refus|refus.*sms"
     f"|^(pas|plus)(de)?(sms|pub|contact|message|demarch|sollicit)|abgemeldet|widerspr|sperr|bloctel|listerouge"
     "|afgemeld|^npc$|^dnc$", ColumnKind.OPPOSITION),
    ("^stop|stop$|refus|nocontact|^no(more)?(sms|text|marketing)|^baja$|^ne(pas|plus)", ColumnKind.MAYBE_OPPOSITION),
    ("opt(ed)?in|consent|consens|rgpd|gdpr|autoris(?!.*(parent|image|photo|sortie|prelev|paie|transport))"
     f"|accordsms|^j?accept(?!a|ed)|accepte.*{_OFFERS}|{_OFFERS}.*accept|abonne.*{_OFFERS}|{_OFFERS}.*abonne|subscri"
     "|einwilligung|zustimmung|toestemming|permission|souhaiterecevoir|^recevoir|(sms|marketing).*stat(us|ut)",
     ColumnKind.CONSENT),
    ("^(statut|status|etat|stato|estado)", ColumnKind.STATUS),
    ("newsletter|^(?!.*(nb|nombre|count|total|sent|envoye|recu|dernier|last|text|message|cout|cost|prix|credit|num"
     "|date|segment|^id|id$)).*sms", ColumnKind.MAYBE_CONSENT),
)  # fmt: skip
_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in _NAMES)
#: What a column says about another channel does not matter.
_BY_MAIL, _NOT_BY_MAIL = re.compile("mail|courrier|postal"), re.compile("sms|tel|phone|mobile")
_BY_VOICE = re.compile("telephon|phone|tel$|appel")
_YES = frozenset(("oui", "o", "yes", "y", "1", "true", "vrai", "x", "ok", "ja", "si", "on", "wahr"))
_NO = frozenset(("non", "n", "no", "0", "false", "faux", "nein", "nee", "ko", "off", "jamais", "never", "falsch"))
#: Words that object wherever they stand in a value, in plain letters.
_OBJECTS = re.compile(
    r"\b(?:(?<!non )stop(?:ped|pee?|sms)?|desinscri\w*|desabonn\w*|opt(?:ed)? ?out|unsub\w*|bl(?:ack|ock) ?list\w*"
    rf"|ne (?:\w+ )?(?:pas|plus) {_WHAT}\w*|do not|don t|pas de sms|no sms|npc|dnc|oppos\w*|abgemeldet)\b"
)
#: Words that begin a value without consent.
_REFUSES = re.compile(
    r"(?:non?|n|not|pas|aucune?|refus\w*|declin\w*|revo[kq]\w*|withdr\w*|denied|retire\w*|resili\w*|reject\w*|rejet\w*"
    r"|jamais|never|nein|nee|kein\w*|sans|pending|en attente|unconfirmed)\b"
)
#: A figure that means no, and signs.
_NO_SIGN = re.compile(r"-\s*\d+(?:[.,]0+)?|0[.,]0+|[\u2717\u2718\u2716\u274c\u2610]\ufe0f?")
_DAY = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?:[ T].*)?")


def kind_of_column(name: str) -> ColumnKind | None:
    """Return what a column seems to say by its name: Opt-in SMS, ne pas contacter, statut … ``None`` if nothing."""
    plain = plain_word(name)
    kind = next((kind for pattern, kind in _KINDS if pattern.search(plain)), None)
    if _BY_MAIL.search(plain) and not _NOT_BY_MAIL.search(plain):
        return None
    if kind is ColumnKind.CONSENT and _BY_VOICE.search(plain) and "sms" not in plain:
        return None
    return kind


def says_no(value: str, kind: ColumnKind) -> bool:
    """Return whether a value of such a column, which is not blank, seems to say that its person wants no message."""
    is_no = plain_word(value) in _NO or _NO_SIGN.fullmatch(value.strip()) is not None
    if kind in (ColumnKind.OPPOSITION, ColumnKind.MAYBE_OPPOSITION):
        return not is_no
    objects = _OBJECTS.search(_words(value)) is not None
    return objects or (kind.is_consent and (is_no or _REFUSES.match(_words(value)) is not None))


def is_answer(value: str, kind: ColumnKind) -> bool:
    """Return whether a value is a plain yes or no; or, of somebody who may object, a day or a word such as ``STOP``."""
    if plain_word(value) in _YES | _NO or _NO_SIGN.fullmatch(value.strip()):
        return True
    words = _words(value)
    objects = _DAY.fullmatch(value.strip()) or _OBJECTS.search(words) or _REFUSES.match(words)
    return kind is ColumnKind.MAYBE_OPPOSITION and objects is not None


def is_day(value: str) -> bool:
    """Return whether a value is a day in figures."""
    return _DAY.fullmatch(value.strip()) is not None


def plain_word(text: str) -> str:
    """Write a word for a comparison: its letters and digits, without case and accents."""
    return "".join(c for c in plain_text(text) if c.isalnum() and c.isascii())


def plain_text(text: str) -> str:
    """Write a text for a comparison: without case, accents and further blanks, but with its punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _words(text: str) -> str:
    """The words of a text, in plain letters."""
    return " ".join(re.findall("[a-z0-9]+", plain_text(text)))
