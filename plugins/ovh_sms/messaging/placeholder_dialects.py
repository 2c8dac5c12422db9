"""Placeholders as other programs write them, such as ``{prenom}``: OVH would send them as they stand.

``{{…}}`` and a few other forms stand in no text that people write, so they are always refused. ``<<prenom>>`` and
``{ prenom }`` are refused if a word in them is near a column's name, or one that lists usually give to a name.
``[prenom]``, ``%prenom%``, ``*prenom*`` and what has only a beginning may be text: their name must be a column's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from ovh_sms.messaging.column_names import clean_name, column_called, near_name, plain_letters

_TIGHT = r"(\w[^{}\[\]<>()*|%#$!~;:,\r\n]{0,60}?)(?<!\s)"
_NAME = r"\s*(\w[^{}\[\]<>()*|%#$\r\n]{0,60}?)\s*"


class _Certainty(IntEnum):
    """Makes a form a placeholder: its signs alone, a word in it, or all of its name."""

    SIGNS = 1
    WORD = 2
    NAME = 3


#: Forms with what makes them sure; the longer ones come first.
_FORMS = tuple(
    (certainty, re.compile(form.replace("NAME", _NAME).replace("TIGHT", _TIGHT)))
    for certainty, forms in (
        (
            _Certainty.SIGNS,
            (
                *(r"\{\{([^\r\n]{1,200}?)\}\}\}?", r"\{%([^\r\n]{1,200}?)%\}", r"<%([^\r\n]{1,200}?)%>"),
                *(r"<\?([^\r\n]{1,200}?)\?>", r"\*\|NAME\|\*", r"[$#@]\{NAME\}", r"\{!([^{}\r\n]{1,100})\}"),
                *(r"\{([^\W\d][\w.-]*(?:\|[^{}\r\n]*)?)\}", r"\[\[NAME\]\]", r"\$\(NAME\)", r"\[object (Object)\]"),
            ),
        ),
        (_Certainty.WORD, (r"\{([^{}\r\n]{1,60})\}", r"<<NAME>>")),
        (
            _Certainty.NAME,
            (
                *(r"\[NAME\]", r"<NAME>", r"%%NAME%%", r"%TIGHT%", r"(?<!\w)\$TIGHT\$", r"«NAME»", r"__NAME__"),
                *(r"\|TIGHT\|", r"\(\(NAME\)\)", r"\*TIGHT\*", r"!TIGHT!", r"~TIGHT~", r"&TIGHT;", "\uff03TIGHT\uff03"),
                *(r"(?<!\w)[$@:%](\w+)", r"\{(\w+)(?![^{}\r\n]{0,60}\})"),
            ),
        ),
    )
    for form in forms
)
#: Only with one of these signs can a value be a placeholder: a person may be called ``*Nom*``.
_SIGNS_IN_VALUES = re.compile(r"[{\[<%«]|\*\||\$\(")
#: Words before a name, as in ``[Votre prénom]``.
_OWNER = re.compile(r"(?:votre|vos|ton|le|la|son|your|the)\s+(?=\w)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:_[^\W_]+)*")
#: What lists call a person's names, in letters alone.
_PERSONAL = frozenset(
    (
        *("prenom", "nom", "nomcomplet", "civilite", "firstname", "lastname", "fname", "lname", "name", "fullname"),
        *("vorname", "nachname", "nombre", "apellido", "nome", "cognome", "voornaam", "achternaam"),
    )
)


class DialectPlaceholder(NamedTuple):
    """Text that stands in a message, and the column that is probably meant; empty if no column is."""

    shown: str
    meant: str


def find_dialect_placeholders(text: str, columns: Sequence[str]) -> list[DialectPlaceholder]:
    """Find what looks like a placeholder of another program.

    :param text: the message without its placeholders.
    :param columns: the contact list's column names.
    """
    found: dict[str, str] = {}
    for shown, name, certainty in _candidates(text):
        words = [name] if certainty is _Certainty.NAME else [name, *_WORD.findall(name)]
        meant = next(filter(None, (_meant(word, columns) for word in words)), "")
        personal = any(plain_letters(_OWNER.sub("", word)) in _PERSONAL for word in words)
        near = "" if meant or certainty is _Certainty.NAME else _near(words, columns)
        if certainty is _Certainty.SIGNS or meant or near or personal:
            found.setdefault(shown, meant or near or near_name(name, columns))
    return [DialectPlaceholder(shown, meant) for shown, meant in found.items()]


def is_dialect_placeholder(value: str, columns: Sequence[str]) -> bool:
    """Return whether a value of a list holds a placeholder that another program left there.

    :param columns: names of columns of the list.
    """
    return _SIGNS_IN_VALUES.search(value) is not None and bool(find_dialect_placeholders(value, columns))


def column_meant(name: str, columns: Sequence[str]) -> str:
    """Return the column that a name means apart from case and accents, or the name itself if it is a person's name.

    :returns: an empty text if the name means nothing of the kind.
    """
    return _meant(name, columns) or (name if plain_letters(name) in _PERSONAL else "")


def _candidates(text: str) -> Iterator[tuple[str, str, _Certainty]]:
    """Yield each form with its name and what makes it sure."""
    for certainty, pattern in _FORMS:
        for match in pattern.finditer(text):
            yield match[0], match[1], certainty
        if certainty is _Certainty.SIGNS:
            text = pattern.sub("\n", text)


def _near(words: Sequence[str], columns: Sequence[str]) -> str:
    """The column whose name is nearest to one of some words."""
    return next(filter(None, (near_name(word, columns) for word in words)), "")


def _meant(name: str, columns: Sequence[str]) -> str:
    """The column that is called so, apart from case and accents; one of them if there are several."""
    same = column_called(name, columns)
    if same:
        return same
    wanted = {plain_letters(clean_name(each)) for each in (name, _OWNER.sub("", name))}
    return next((column for column in columns if column and plain_letters(column) in wanted), "")
