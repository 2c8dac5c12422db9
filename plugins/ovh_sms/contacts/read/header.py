"""The header of a contact list: its line, its columns, and the position of the phone number.

Names of columns are no personal data and are shown in full. They are not if no column is the number's: the file may be
no list at all, and its first line anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ovh_sms.contacts.read.csv_records import Record, is_number_like
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import clean_name, find_column, is_number_name, listed, near_name
from ovh_sms.messaging.dates import DATE
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise

#: Records from the top among which the header may be.
MOST_ABOVE = 30
_DIGIT = re.compile(r"\d")
_PHONE = re.compile(r"[+\d][\d .()/-]{6,}\d")
#: So many in one cell of the first line are somebody's phone number.
_DIGITS_OF_A_CONTACT = 8


class Header(NamedTuple):
    """The column names in the file's order, as people read them, and the position of the number."""

    columns: tuple[str, ...]
    number_index: int


def header_at(records: Sequence[Record], number_column: str | None) -> int:
    """Find the header among the first records of a list: the first one is if none names the number's column."""
    named: list[int] = []
    for at, record in enumerate(records[:MOST_ABOVE]):
        if any(is_number_like(DATE.sub("", field)) for field in record.fields):
            break  # a contact: no header stands below it
        columns = trim(record.fields)
        if not record.broken and names_the_number(columns, number_column):
            named.append(at)
    # A title may be "Mobile" alone.
    several = [at for at in named if sum(map(bool, trim(records[at].fields))) > 1]
    return (several or named or [0])[0]


def read_header(
    fields: Sequence[str],
    *,
    path: Path,
    line: int,
    number_column: str | None,
    separator_found: bool = True,
    rows: Sequence[Record] = (),
    region: str = "FR",
) -> Header:
    """Read the header of a contact list.

    :param fields: the header's fields as written; nameless ones at the end are dropped.
    :param path: the contact list, for errors; so is ``line``.
    :param number_column: name of the number's column, or None to recognise it.
    :param separator_found: whether the separator was found in the file, so that another one may be meant.
    :param rows: the first rows below.
    :raises ContactsError: no column or more than one can be the number's; lists the columns if it is a header.
    """
    columns = trim(fields)
    where = f"Contact list {path}, line {line}"
    is_header = names_the_number(columns, number_column)
    if any(map(_is_phone_inside if is_header else _is_contact_like, columns)):  # not listed: this is somebody's number
        raise ContactsError(
            f"{where}: the first line seems to be a contact, not column names.",
            action=f"Add a header line, as number;prenom;nom; a name has less than {_DIGITS_OF_A_CONTACT} digits.",
        )
    if number_column is not None:
        at = find_column(number_column, columns)
        candidates = [] if at is None else [at]
    else:
        candidates = [at for at, name in enumerate(columns) if is_number_name(name)]
        if len(candidates) > 1:
            candidates = [at for at in candidates if _may_hold_numbers(rows, at)] or candidates
    if len(candidates) == 1:
        return Header(columns, candidates[0])
    if candidates:
        raise ContactsError(
            f"{where}: more than one column can hold the number: {listed(columns[at] for at in candidates)}.",
            action="Say which in number_column.",
        )
    if not _is_list(rows, len(columns), region):
        raise ContactsError(
            f"{where}: no column holds the number, and no row below shows one. This seems to be no contact list.",
            action="Check the path; or call the column number, or name it in number_column.",
        )
    raise _no_number(columns, number_column, where, separator_found)


def trim(fields: Sequence[str]) -> tuple[str, ...]:
    """Clean the names of a header, and drop nameless columns at its end."""
    names = [clean_name(field) for field in fields]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def usual_fields(header: Sequence[str], width: int, rows: Sequence[Record]) -> int:
    """Return how many fields a row has at most: the header's; or more, all blank, if nearly every row has them."""
    most = len(header)
    counts = [len(row.fields) for row in rows if not row.broken and not any(map(str.strip, row.fields[width:]))]
    longer = [count for count in counts if count > most]
    usual = max(set(longer), key=longer.count) if longer else most
    return usual if longer.count(usual) * 10 >= len(rows) * 9 else most


def names_the_number(columns: Sequence[str], number_column: str | None) -> bool:
    """Return whether a column is called as the number's."""
    if number_column is None:
        return any(map(is_number_name, columns))
    wanted = clean_name(number_column).casefold()
    return any(column.casefold() == wanted for column in columns if column)


def _no_number(columns: Sequence[str], number_column: str | None, where: str, separator_found: bool) -> ContactsError:
    """Return the error of a list whose number's column is not known."""
    if number_column is not None:
        near = near_name(clean_name(number_column), columns)
        meant = f" (did you mean {near}?)" if near else ""
        return ContactsError(
            f"{where}: no column is called {number_column}{meant}; columns found: {listed(filter(None, columns))}.",
            action="Correct number_column or the header.",
        )
    too_few = "; if this is one column too few, name the separator" if separator_found else ""
    return ContactsError(
        f"{where}: no column holds the number; columns found: {listed(filter(None, columns))}.",
        action=f"Call it number, or name it in number_column{too_few}.",
    )


def _may_hold_numbers(rows: Sequence[Record], at: int) -> bool:
    """Return whether a column is empty in the first rows or holds a number: "SMS" may hold yes and no."""
    values = [row.fields[at] for row in rows if len(row.fields) > at and row.fields[at].strip()]
    return not values or any(map(is_number_like, values))


def _is_list(rows: Sequence[Record], width: int, region: str) -> bool:
    """Return whether half of the values of a column are phone numbers; one in a log or a letter makes no list."""
    for at in range(width):
        values = [row.fields[at] for row in rows if len(row.fields) > at and row.fields[at].strip()]
        likely = [value for value in values if is_number_like(value)]
        if not likely or 2 * len(likely) < len(values):
            continue
        read = [normalise(each, region=region, allow_fiction=True, also_accept=EVERY_TYPE).e164 for each in likely]
        if 2 * sum(map(bool, read)) >= len(values):
            return True
    return False


def _is_contact_like(name: str) -> bool:
    """Return whether a cell has enough digits for a phone number, dates left out; fewer are enough without letters."""
    name = DATE.sub("", name)
    digits = len(_DIGIT.findall(name))
    return digits >= _DIGITS_OF_A_CONTACT or (digits >= 6 and not any(c.isalpha() for c in name))


def _is_phone_inside(name: str) -> bool:
    """Return whether a cell of a header holds a phone number."""
    return any(
        normalise(found, allow_fiction=True, also_accept=EVERY_TYPE).e164
        for found in _PHONE.findall(DATE.sub("", name))
    )
