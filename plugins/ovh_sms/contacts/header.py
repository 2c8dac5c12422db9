"""The header of a contact list: its columns, and the position of the phone number."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ovh_sms.errors import ContactsError

_NAMES = """
    number phone phonenumber telephone telephonenumber tel mobile mobilephone mobilenumber mobiletelephone
    cell cellphone cellnumber gsm msisdn portable smsnumber
    numero numerodetelephone numerotelephone numerotel numeromobile numerodemobile numeroportable
    numerodeportable numerosms telephonemobile telephoneportable telmobile telportable
    ndetelephone ntelephone ntel nmobile nportable
"""
#: Header names taken for the number, without accents, blanks and punctuation.
NUMBER_NAMES = frozenset(_NAMES.split())
_DIGIT = re.compile(r"\d")
#: So many in one cell of the first line are somebody's phone number.
_DIGITS_OF_A_CONTACT = 8
#: Characters of a column name that a message shows.
_SHOWN = 40


class Header(NamedTuple):
    """The trimmed column names in the file's order, and the position of the number."""

    columns: tuple[str, ...]
    number_index: int


def read_header(
    fields: Sequence[str], *, path: Path, line: int, number_column: str | None, separator_found: bool = True
) -> Header:
    """Read the header of a contact list.

    :param fields: the header's fields as written; nameless ones at the end are dropped.
    :param path: the contact list, for errors; so is ``line``.
    :param number_column: name of the number's column, or None to recognise it.
    :param separator_found: whether the separator was found in the file, so that another one may be meant.
    :raises ContactsError: no column or more than one can be the number's, or two share a name; lists the columns.
    """
    columns = trim(fields)
    where = f"Contact list {path}, line {line}"
    if any(_is_contact_like(name) for name in columns):  # not listed: this is somebody's number
        raise ContactsError(
            f"{where}: the first line seems to be a contact, not column names.",
            action=f"Add a header line, as number;prenom;nom; a name has less than {_DIGITS_OF_A_CONTACT} digits.",
        )
    found = _shown(columns)
    twice = [name for name, times in Counter(name for name in columns if name).items() if times > 1]
    if twice:
        raise ContactsError(
            f"{where}: more than one column is called {_shown(twice)}; columns found: {found}.",
            action="Rename or remove all but one.",
        )
    if number_column is not None:
        return Header(columns, _named(columns, number_column.strip(), where))
    candidates = [at for at, name in enumerate(columns) if is_number_name(name)]
    if len(candidates) == 1:
        return Header(columns, candidates[0])
    if candidates:
        raise ContactsError(
            f"{where}: more than one column can hold the number: {_shown(columns[at] for at in candidates)}.",
            action="Say which in number_column.",
        )
    too_few = "; if this is one column too few, name the separator" if separator_found else ""
    raise ContactsError(
        f"{where}: no column holds the number; columns found: {found}.",
        action=f"Call it number, or name it in number_column{too_few}.",
    )


def trim(fields: Sequence[str]) -> tuple[str, ...]:
    """Trim the names of a header, and drop nameless columns at its end."""
    names = [field.lstrip("\ufeff").strip() for field in fields]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def is_number_name(name: str) -> bool:
    """Return whether a column name means a phone number: number, Numéro, téléphone mobile, GSM …"""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if c.isalnum() and c.isascii()) in NUMBER_NAMES


def _named(columns: tuple[str, ...], name: str, where: str) -> int:
    """Position of the column named in ``number_column``."""
    if name and name in columns:
        return columns.index(name)
    near = next((column for column in columns if column and column.casefold() == name.casefold()), None)
    meant = f" (did you mean {_shown([near])}?)" if near else ""
    raise ContactsError(
        f"{where}: no column is called {name}{meant}; columns found: {_shown(columns)}.",
        action="Correct number_column or the header.",
    )


def _is_contact_like(name: str) -> bool:
    """Return whether a cell has enough digits for a phone number; fewer are enough without letters."""
    digits = len(_DIGIT.findall(name))
    return digits >= _DIGITS_OF_A_CONTACT or (digits >= 6 and not any(c.isalpha() for c in name))


def _shown(names: Iterable[str]) -> str:
    """Column names for an error, without digits: a list without a header has a contact in their place."""
    masked = (_DIGIT.sub("*", name) for name in names if name)
    return ", ".join(name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}…" for name in masked)
