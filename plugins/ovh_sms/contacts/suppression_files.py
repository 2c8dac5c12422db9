"""Suppression lists: numbers that get no SMS, from OVH and from a campaign's own files.

A number in a file that cannot be read stops the campaign. If it were left out silently, a person who asked for no
more SMS would get one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain, islice

from ovh_sms.contacts.contact_file import ContactFile
from ovh_sms.contacts.contact_table import SAMPLE_LINES
from ovh_sms.contacts.csv_records import Record, RecordReader, RowForm
from ovh_sms.contacts.csv_separator import find_separator
from ovh_sms.contacts.encoding import find_encoding
from ovh_sms.contacts.header import trim
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import is_number_name
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise
from ovh_sms.messaging.reject_reasons import RejectReason


def read_suppressed(file: ContactFile, *, region: str = "FR") -> set[str]:
    """Read a suppression file.

    :param file: one number a line, with or without a header; or a CSV file whose header names the number's column as
        in a contact list. An empty one suppresses nobody.
    :param region: ISO 3166 code of the country of numbers without country code.
    :raises ContactsError: a line holds no readable number; names file and line, never the number.
    """
    try:
        if not file.path.is_file():
            raise ContactsError(f"Suppression file {file.name} is not a file.", action="Check its path.")
        if file.path.stat().st_size == 0:
            return set()
        return set(_numbers(file, region))
    except UnicodeError:
        raise ContactsError(
            f"Suppression file {file.name} is no text in one encoding.", action="Save it in UTF-8."
        ) from None


def _numbers(file: ContactFile, region: str) -> Iterator[str]:
    given = file.options(ContactOptions())
    encoding = given.encoding or _encoding(file)
    with file.path.open(encoding=encoding, newline="") as lines:
        sample = list(islice(lines, SAMPLE_LINES))
        if sample:
            sample[0] = sample[0].removeprefix("\ufeff")
        reader = RecordReader(chain(sample, lines), given.separator or find_separator(sample))
        first = next(reader, None)
        if first is None:
            return
        index, is_header = _column(first, file, region)
        reader.form = RowForm(reader.separator, len(trim(first.fields)), len(first.fields), index)
        for record in reader if is_header else chain([first], reader):
            yield _number(record, index, file, region)


def _column(first: Record, file: ContactFile, region: str) -> tuple[int, bool]:
    """Position of the number, and whether the first line is a header."""
    names = trim(first.fields)
    named = [at for at, name in enumerate(names) if is_number_name(name)]
    if len(named) == 1:
        return named[0], True
    if len(names) == 1 and not named:
        # A word alone is a header; what has a digit is meant as a number, readable or not.
        return 0, not any(character.isdigit() for character in names[0])
    raise ContactsError(
        f"Suppression file {file.name}, line {first.line}: {len(names)} columns, and "
        f"{'several hold' if named else 'none is called as one that holds'} the number.",
        action="Give one number a line, or a header with one column called number.",
    )


def _number(record: Record, index: int, file: ContactFile, region: str) -> str:
    raw = "" if record.broken else record.fields[index]
    number, reason = normalise(raw, region=region, allow_fiction=True, also_accept=EVERY_TYPE)
    if number is None:
        why = "the row is broken" if record.broken else (reason or RejectReason.INVALID_NUMBER).meaning
        raise ContactsError(
            f"Suppression file {file.name}, line {record.line}: no readable number ({why}).",
            action="Correct or remove the line; nothing was sent.",
        )
    return number


def _encoding(file: ContactFile) -> str:
    try:
        return find_encoding(file.path).name
    except ContactsError as error:
        text = file.renamed(error).what.replace("Contact list", "Suppression file", 1)
        raise ContactsError(text, action=error.action) from None


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
        number = normalise(entry, region=region, allow_fiction=True, also_accept=EVERY_TYPE).e164
        if number:
            found.add(int(number[1:]))
    return found
