"""Placeholders as other programs write them, such as ``{prenom}``: OVH would send them as they stand.

Braces around a name stand in no text that people write, so they are always refused. ``[prenom]``, ``<prenom>`` and
``%prenom%`` may be text, so they are refused if the name is a column's, or one that lists usually give to a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ovh_sms.messaging.column_names import clean_name, find_column, near_name, plain_letters

_NAME = r"\s*(\w[^{}\[\]<>()*|%#$\r\n]{0,60}?)\s*"
#: Forms that no text of people has; the longer ones come first.
_CERTAIN = tuple(
    re.compile(form.replace("NAME", _NAME))
    for form in (
        r"\{\{\{?NAME\}\}\}?", r"\{%NAME%\}", r"\*\|NAME\|\*", r"[$#@]\{NAME\}", r"\{NAME\}", r"<<NAME>>",
        r"\[\[NAME\]\]", r"\$\(NAME\)",
    )
)  # fmt: skip
_POSSIBLE = tuple(
    re.compile(form.replace("NAME", _NAME))
    for form in (r"\[NAME\]", r"<NAME>", r"%%NAME%%", r"%NAME%", r"\$NAME\$", r"«NAME»", r"__NAME__", r"\|NAME\|")
)
_LEADING = re.compile(r"(?<!\w)[$@:](\w+)")
#: What lists call a person's names, in letters alone.
_PERSONAL = frozenset(
    (
        *("prenom", "nom", "nomcomplet", "civilite", "firstname", "lastname", "fname", "lname", "name", "fullname"),
        *("vorname", "nachname", "nombre", "apellido", "nome", "cognome", "voornaam", "achternaam"),
    )
)


class ForeignPlaceholder(NamedTuple):
    """Text that stands in a message, and the column that is probably meant; empty if no column is."""

    shown: str
    meant: str


def find_foreign(text: str, columns: Sequence[str]) -> list[ForeignPlaceholder]:
    """Find what looks like a placeholder of another program.

    :param text: the message without its placeholders.
    :param columns: the contact list's column names.
    """
    found: dict[str, str] = {}
    for shown, name, certain in _candidates(text):
        meant = _meant(name, columns)
        if certain or meant or plain_letters(name) in _PERSONAL:
            found.setdefault(shown, meant or near_name(name, columns))
    return [ForeignPlaceholder(shown, meant) for shown, meant in found.items()]


def _candidates(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each form with its name, and whether it can be nothing else."""
    for patterns, certain in ((_CERTAIN, True), (_POSSIBLE, False), ((_LEADING,), False)):
        for pattern in patterns:
            for match in pattern.finditer(text):
                yield match[0], match[1], certain
            text = pattern.sub("\n", text) if certain else text


def _meant(name: str, columns: Sequence[str]) -> str:
    """The column that is called so, apart from case and accents."""
    at = find_column(name, columns)
    if at is not None:
        return columns[at]
    wanted = plain_letters(clean_name(name))
    return next((column for column in columns if column and plain_letters(column) == wanted), "")
