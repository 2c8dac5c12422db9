"""A campaign's own suppression files: numbers that get no SMS, whatever the contact list says.

A number that cannot be read stops the campaign: left out silently, somebody who asked for silence would be
written to.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from ovh_sms.contacts.columns import is_number_name, trim
from ovh_sms.contacts.convert import LocalList
from ovh_sms.contacts.encoding import find_encoding
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.reader import SAMPLE_LINES, find_separator
from ovh_sms.contacts.records import Record, RecordReader
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.numbers import EVERY_TYPE, normalise
from ovh_sms.messaging.reasons import RejectReason


def read_suppressed(source: LocalList, *, region: str = "FR") -> set[str]:
    """Read a suppression file.

    :param source: one number a line, with or without a header; or a CSV file whose header names the number's
        column as in a contact list. A local file; an empty one suppresses nobody.
    :param region: ISO 3166 code of the country of numbers without country code.
    :returns: the numbers as E.164, of every type: which of them could get an SMS at all is the campaign's to say.
    :raises ContactsError: a line holds no readable number; names file and line, never the number.
    """
    try:
        if not source.path.is_file():
            raise ContactsError(f"Suppression file {source.name} is not a file.", action="Check its path.")
        if source.path.stat().st_size == 0:
            return set()
        return set(_numbers(source, region))
    except UnicodeError:
        raise ContactsError(
            f"Suppression file {source.name} is no text in one encoding.", action="Save it in UTF-8."
        ) from None


def _numbers(source: LocalList, region: str) -> Iterator[str]:
    given = source.options(ContactOptions())
    encoding = given.encoding or _encoding(source)
    with source.path.open(encoding=encoding, newline="") as lines:
        sample = list(islice(lines, SAMPLE_LINES))
        if sample:
            sample[0] = sample[0].removeprefix("\ufeff")
        reader = RecordReader(chain(sample, lines), given.separator or find_separator(sample))
        first = next(reader, None)
        if first is None:
            return
        index, is_header = _column(first, source, region)
        reader.width = len(trim(first.fields))
        for record in reader if is_header else chain([first], reader):
            yield _number(record, index, source, region)


def _column(first: Record, source: LocalList, region: str) -> tuple[int, bool]:
    """Position of the number, and whether the first line is a header."""
    names = trim(first.fields)
    named = [at for at, name in enumerate(names) if is_number_name(name)]
    if len(named) == 1:
        return named[0], True
    if len(names) == 1 and not named:
        # A word alone is a header; what has a digit is meant as a number, readable or not.
        return 0, not any(character.isdigit() for character in names[0])
    raise ContactsError(
        f"Suppression file {source.name}, line {first.line}: {len(names)} columns, and "
        f"{'several hold' if named else 'none is called as one that holds'} the number.",
        action="Give one number a line, or a header with one column called number.",
    )


def _number(record: Record, index: int, source: LocalList, region: str) -> str:
    raw = "" if record.broken else record.fields[index]
    number, reason = normalise(raw, region=region, allow_fiction=True, also_accept=EVERY_TYPE)
    if number is None:
        why = "the row is broken" if record.broken else (reason or RejectReason.INVALID_NUMBER).meaning
        raise ContactsError(
            f"Suppression file {source.name}, line {record.line}: no readable number ({why}).",
            action="Correct or remove the line; nothing was sent.",
        )
    return number


def _encoding(source: LocalList) -> str:
    try:
        return find_encoding(source.path)
    except ContactsError as error:
        text = source.renamed(error).what.replace("Contact list", "Suppression file", 1)
        raise ContactsError(text, action=error.action) from None
