"""Suppression lists: numbers that get no SMS, from OVH and from a campaign's own files.

A number in a file that cannot be read stops the campaign. If it were left out silently, a person who asked for no
more SMS would get one. A row that holds an e-mail address and no number is about e-mails: it is counted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import NamedTuple

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.contacts.read.contact_rows import file_kind
from ovh_sms.contacts.read.contact_table import SAMPLE_LINES
from ovh_sms.contacts.read.csv_records import RecordReader, RowForm
from ovh_sms.contacts.read.csv_separator import find_separator, stated_separator
from ovh_sms.contacts.read.encoding import find_encoding
from ovh_sms.contacts.read.header import trim
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import is_number_name
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise
from ovh_sms.messaging.reject_reasons import RejectReason

_HASH = re.compile(r"[0-9a-f]{64}", re.IGNORECASE | re.ASCII)
_HASH_NAME = re.compile(r"sha[-_ ]?256|hash|hach|empreinte", re.IGNORECASE)
#: Behind the name of one of several columns: Téléphone 2, mobile_1.
_COUNTED = re.compile(r"[\s_-]*[1-9]$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Row(NamedTuple):
    """A row of a suppression file: its line, its fields, and whether it is broken."""

    line: int
    fields: Sequence[str]
    broken: bool = False


@dataclass
class SuppressionFile:
    """The content of a suppression file.

    :param people: numbers as E.164, and SHA-256 digests of numbers as 64 hexadecimal digits.
    :param without_number: rows that hold an e-mail address and no number; they suppress nobody.
    """

    people: set[str] = field(default_factory=set)
    without_number: int = 0


def read_suppressed(file: ContactFile, *, region: str = "FR") -> SuppressionFile:
    """Read a suppression file.

    :param file: one number a line, with or without a header; or a table of any kind whose header names the columns of
        numbers as in a contact list, or of their SHA-256. An empty one suppresses nobody.
    :param region: ISO 3166 code of the country of numbers without country code.
    :raises ContactsError: a line holds no readable number; names file and line, never the number.
    """
    try:
        if not file.path.is_file():
            raise ContactsError(f"Suppression file {file.name} is not a file.", action="Check its path.")
        found = SuppressionFile()
        if file.path.stat().st_size:
            _read(file, region, found)
        return found
    except UnicodeError:
        raise ContactsError(
            f"Suppression file {file.name} is no text in one encoding.", action="Save it in UTF-8."
        ) from None
    except ContactsError as error:
        what = file.renamed(error).what.replace("Contact list", "Suppression file", 1)
        raise ContactsError(what, action=error.action) from None


def _read(file: ContactFile, region: str, found: SuppressionFile) -> None:
    rows = _rows(file)
    first = next(rows, None)
    if first is None:
        return
    columns, is_header = _columns(first, file)
    for row in rows if is_header else chain([first], rows):
        people = [] if row.broken else [_person(row, at, file, region) for at in columns]
        known = {person for person in people if person}
        if known:
            found.people |= known
        elif not row.broken and any(_EMAIL.fullmatch(each.strip()) for each in row.fields):
            found.without_number += 1
        else:
            why = "the row is broken" if row.broken else RejectReason.NO_NUMBER.meaning
            raise _unreadable(file, row.line, why)


def _rows(file: ContactFile) -> Iterator[Row]:
    """The rows of a file of any kind, those that a sheet hides among them."""
    kind, options = file_kind(file), ContactOptions(hidden_rows="send")
    if kind == "xlsx":
        from ovh_sms.contacts.read.sheet_contacts import sheet_lines

        return (Row(*each) for each in sheet_lines(file, options))
    if kind == "parquet":
        from ovh_sms.contacts.read.parquet_files import parquet_rows

        return (Row(*each) for each in parquet_rows(file, options))
    return _csv_rows(file, options)


def _csv_rows(file: ContactFile, options: ContactOptions) -> Iterator[Row]:
    encoding = options.encoding or find_encoding(file.path).name
    with file.path.open(encoding=encoding, newline="") as lines:
        sample = list(islice(lines, SAMPLE_LINES))
        if sample:
            sample[0] = sample[0].removeprefix("\ufeff")
        stated = stated_separator(sample)
        reader = RecordReader(chain(sample, lines), options.separator or stated or find_separator(sample))
        if stated:
            reader.step()
        for record in reader:
            if reader.form is None:
                names = trim(record.fields)
                number = next(iter(_number_columns(names)), 0)
                reader.form = RowForm(reader.separator, len(names), len(record.fields), number)
            yield Row(record.line, record.fields, record.broken)


def _columns(first: Row, file: ContactFile) -> tuple[list[int], bool]:
    """Positions of the numbers, and whether the first row is a header."""
    names = trim(first.fields)
    named = _number_columns(names)
    if named:
        return named, True
    if len(names) == 1:
        # A word alone is a header; what has a digit or is an address is meant as a person, readable or not.
        return [0], not any(character.isdigit() or character == "@" for character in names[0])
    raise ContactsError(
        f"Suppression file {file.name}, line {first.line}: {len(names)} columns, and none is called as one that holds "
        "the number.",
        action="Give one number a line, or a header with a column called number.",
    )


def _number_columns(names: Sequence[str]) -> list[int]:
    return [at for at, name in enumerate(names) if is_number_name(_COUNTED.sub("", name)) or _HASH_NAME.search(name)]


def _person(row: Row, at: int, file: ContactFile, region: str) -> str | None:
    """The number of a field, or its digest; None for none."""
    raw = row.fields[at].strip() if at < len(row.fields) else ""
    if not raw or _EMAIL.fullmatch(raw):
        return None
    if _HASH.fullmatch(raw):
        return raw.lower()
    number, reason = normalise(raw, region=region, allow_fiction=True, also_accept=EVERY_TYPE)
    if number is None:
        raise _unreadable(file, row.line, (reason or RejectReason.INVALID_NUMBER).meaning)
    return number


def _unreadable(file: ContactFile, line: int, why: str) -> ContactsError:
    return ContactsError(
        f"Suppression file {file.name}, line {line}: no readable number ({why}).",
        action="Correct or remove the line; nothing was sent.",
    )


def suppressed_numbers(numbers: Collection[str], *, region: str) -> set[int]:
    """Read suppressed numbers in any form.

    :param numbers: OVH's suppression list, or the campaign's own.
    :returns: the numbers as integers without ``+``; entries that are no number are left out.
    """
    found = set()
    for entry in numbers:
        if entry.startswith("+") and entry[1:].isascii() and entry[1:].isdigit():
            found.add(int(entry[1:]))
            continue
        if _HASH.fullmatch(entry):
            continue
        number = normalise(entry, region=region, allow_fiction=True, also_accept=EVERY_TYPE).e164
        if number:
            found.add(int(number[1:]))
    return found


class HashedNumbers:
    """Suppressed numbers known only by the SHA-256 of their E.164 form, with its plus or without."""

    def __init__(self, entries: Collection[str]) -> None:
        self._digests = {bytes.fromhex(entry) for entry in entries if _HASH.fullmatch(entry)}

    def __bool__(self) -> bool:
        return bool(self._digests)

    def contains(self, number: int) -> bool:
        """Return whether a number, E.164 without its plus, is suppressed."""
        digits = b"%d" % number
        return any(hashlib.sha256(each).digest() in self._digests for each in (b"+" + digits, digits))
