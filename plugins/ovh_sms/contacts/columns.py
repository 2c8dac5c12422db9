"""What the header of a contact list says: its columns, and which of them holds the phone number."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
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
_DIGITS = re.compile(r"\d")


class Header(NamedTuple):
    """The trimmed column names, in the file's order, and the position of the number."""

    columns: tuple[str, ...]
    number_index: int


def read_header(fields: Sequence[str], *, path: Path, line: int, number_column: str | None) -> Header:
    """Read the header of a contact list.

    :param fields: the header's fields as written; nameless ones at the end are dropped.
    :param path: the list, for messages.
    :param line: the header's line, for messages.
    :param number_column: name of the number's column, or None to recognise it.
    :returns: trimmed names and the number's position.
    :raises ContactsError: no column, or more than one, can be the number's, or two have one name; lists them.
    """
    columns = trim(fields)
    where = f"Contact list {path}, line {line}"
    if any(_looks_like_number(name) for name in columns):  # not listed: this is somebody's number
        raise ContactsError(
            f"{where}: the first line holds a contact, not column names.",
            action="Add a header line, as number;prenom;nom.",
        )
    found = ", ".join(name for name in columns if name)
    twice = [name for name, times in Counter(name for name in columns if name).items() if times > 1]
    if twice:
        raise ContactsError(
            f"{where}: more than one column is called {', '.join(twice)}; columns found: {found}.",
            action="Rename or remove all but one.",
        )
    if number_column is not None:
        return Header(columns, _named(columns, number_column.strip(), where))
    candidates = [at for at, name in enumerate(columns) if is_number_name(name)]
    if len(candidates) == 1:
        return Header(columns, candidates[0])
    if candidates:
        raise ContactsError(
            f"{where}: more than one column can hold the number: {', '.join(columns[at] for at in candidates)}.",
            action="Say which in number_column.",
        )
    raise ContactsError(
        f"{where}: no column holds the number; columns found: {found}.",
        action="Call it number, or name it in number_column; if this is one column too few, name the separator.",
    )


def trim(fields: Sequence[str]) -> tuple[str, ...]:
    """Trim the names of a header.

    :param fields: the header's fields as written.
    :returns: the names without blanks around them, and without nameless columns at the end.
    """
    names = [field.lstrip("\ufeff").strip() for field in fields]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def is_number_name(name: str) -> bool:
    """Tell whether a column is called as one that holds a phone number.

    :param name: a header name, in any case, with or without accents.
    :returns: True for number, Numéro, téléphone mobile, GSM …
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if c.isalnum() and c.isascii()) in NUMBER_NAMES


def _named(columns: tuple[str, ...], name: str, where: str) -> int:
    """Position of the column a person named."""
    if name and name in columns:
        return columns.index(name)
    near = next((column for column in columns if column and column.casefold() == name.casefold()), None)
    meant = f" (did you mean {near}?)" if near else ""
    raise ContactsError(
        f"{where}: no column is called {name}{meant}; columns found: {', '.join(c for c in columns if c)}.",
        action="Correct number_column or the header.",
    )


def _looks_like_number(name: str) -> bool:
    return len(_DIGITS.findall(name)) >= 6 and not any(c.isalpha() for c in name)
