"""The separator of a CSV file: stated in its first line, or found in its first lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ovh_sms.contacts.options import SEPARATORS, ContactOptions
from ovh_sms.contacts.read.csv_records import Record, RecordReader
from ovh_sms.contacts.read.header import header_at, names_the_number, trim
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import is_number_name

_STATED = re.compile(r'"?sep=([^"\w])"?[;,|\t ]*', re.IGNORECASE)


def stated_separator(sample: Sequence[str]) -> str | None:
    """Return the separator stated in a first line ``sep=;``, as Excel writes it; such a line is no header."""
    found = _STATED.fullmatch(sample[0].strip("\r\n")) if sample else None
    return found[1] if found else None


def find_separator(sample: Sequence[str], *, number_column: str | None = None) -> str:
    """Find the separator of a contact list in its first lines; quotes are respected.

    The best separator, first, makes a column of the header the number's; then, cuts the most rows into as many fields
    as the header; then, gives the most columns.

    :param sample: the first lines, with their terminators.
    :param number_column: name of the number's column, if known.
    :returns: one of :data:`SEPARATORS`; ``;`` for a list of one column.
    """
    best, best_score = SEPARATORS[0], (False, 0.0, 1)
    for separator in SEPARATORS:
        records = first_records(sample, separator)
        if not records:
            continue
        at = header_at(records, number_column)
        header, rows = records[at], records[at + 1 :]
        if header.broken or len(header.fields) < 2:
            continue
        columns = trim(header.fields)
        width = len(columns)
        fits = [len(row.fields) >= width and not any(map(str.strip, row.fields[width:])) for row in rows]
        named = names_the_number(columns, number_column)
        score = (named, sum(fits) / len(fits) if fits else 0.0, width)
        if score > best_score:
            best, best_score = separator, score
    return best


def first_records(sample: Sequence[str], separator: str) -> list[Record]:
    """Read the first records, without a line that states the separator."""
    reader = RecordReader(sample, separator)
    if stated_separator(sample):
        reader.step()
    return list(reader)


def wrong_separator(
    given: str | None, header: Record, lines: Sequence[str], path: Path, options: ContactOptions
) -> ContactsError | None:
    """The error of a separator that finds one column in a header for which another separator finds several."""
    if len(header.fields) > 1:
        return None
    name = header.fields[0]
    inside = [each for each in SEPARATORS if each in name and any(map(is_number_name, name.split(each)))]
    if inside and next(filter(str.strip, lines), "").lstrip().startswith('"'):
        return ContactsError(
            f"Contact list {path}, line {header.line}: each line is in quotes as a whole, so that it is one value.",
            action="Remove the quotes around whole lines: export the list again, or save it from a text editor.",
        )
    if given is None:
        return None
    found = find_separator(lines, number_column=options.number_column)
    if found == given or found not in name:
        return None
    how = "given" if options.separator else "that 'sep=' states"
    return ContactsError(
        f"Contact list {path}, line {header.line}: the separator {how} is {_separator_shown(given)}, "
        f"but the line seems separated by {_separator_shown(found)}.",
        action="Correct 'separator', or leave it out to have it found.",
    )


def _separator_shown(separator: str) -> str:
    return "a tab" if separator == "\t" else f"'{separator}'"
