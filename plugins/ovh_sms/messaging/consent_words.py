"""Columns of a contact list that say whether a person agrees to be written to, by their names and words."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

_NAMES = (
    ("desinscri|desabonn|unsubscri|optout|ne(pas|plus)(contacter|appeler|sms)|donot|dontc|opposition|oppose|bla?o?cklist|listenoire"
     "|^stop|stop$|stopsms|refus|abgemeldet|widerspr|sperr|bloctel|nocontact|listerouge|^baja$|afgemeld", "opposition"),
    ("optin|consent|consens|rgpd|gdpr|autoris|accordsms|accepte|abonne|subscri|einwilligung|zustimmung|toestemming"
     "|permission|souhaiterecevoir", "consent"),
    ("^(statut|status|etat|stato|estado)", "status"),
)  # fmt: skip
_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in _NAMES)
_YES = frozenset(("oui", "o", "yes", "y", "1", "true", "vrai", "x", "ok", "ja", "si", "on", "wahr"))
_NO = frozenset(("non", "n", "no", "0", "false", "faux", "nein", "nee", "ko", "off", "jamais", "never", "falsch"))
_STOP = re.compile(
    "stop(sms)?|optout|unsubscribed?|desinscrite?|desabonnee?|refus(ee?)?|opposee?|blackliste?e?d?|nepascontacter|npc"
    "|donotcontact|dnc|abgemeldet"
)


class ColumnKind(StrEnum):
    """The kind of a column that says something about its person."""

    CONSENT = "consent"
    OPPOSITION = "opposition"
    STATUS = "status"


def kind_of_column(name: str) -> ColumnKind | None:
    """Return what a column seems to say by its name: Opt-in SMS, ne pas contacter, statut … ``None`` if nothing."""
    plain = plain_word(name)
    return next((ColumnKind(kind) for pattern, kind in _KINDS if pattern.search(plain)), None)


def says_no(value: str, kind: ColumnKind) -> bool:
    """Return whether a value of such a column seems to say that its person wants no message."""
    plain = plain_word(value)
    if kind is ColumnKind.OPPOSITION:
        return bool(value.strip()) and plain not in _NO
    return _STOP.fullmatch(plain) is not None or (kind is ColumnKind.CONSENT and plain in _NO)


def says_yes(value: str) -> bool:
    """Return whether a value is a plain yes, as ``Oui`` or ``x``."""
    return plain_word(value) in _YES


def plain_word(text: str) -> str:
    """Write a word for a comparison: its letters and digits, without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum() and c.isascii())
