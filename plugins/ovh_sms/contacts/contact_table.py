"""Opens a contact list: finds its encoding, separator and header, then yields its rows one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from ovh_sms.contacts.contact_file import check_is_file
from ovh_sms.contacts.csv_records import Record, RecordReader
from ovh_sms.contacts.encoding import find_encoding
from ovh_sms.contacts.header import is_number_name, read_header, trim
from ovh_sms.contacts.options import SEPARATORS, ContactOptions
from ovh_sms.errors import ContactsError

#: Lines read to find the separator, and the longest line that can belong to a list.
SAMPLE_LINES = 200
MAX_LINE_CHARACTERS = 1 << 20
_STATED = re.compile(r'"?sep=([^"\w])"?[;,|\t ]*', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ContactTable:
    """An open contact list: its form, and its rows still to be read, once.

    ``columns`` are the trimmed names in the file's order, ``number_index`` the number's position in them;
    ``header_lines`` is how many lines end with the header, ``fields`` how many fields it has, nameless ones included.
    """

    path: Path
    encoding: str
    separator: str
    columns: tuple[str, ...]
    number_index: int
    header_lines: int
    fields: int
    records: Iterator[Record]


@contextmanager
def open_contacts(path: Path, options: ContactOptions) -> Iterator[ContactTable]:
    """Open a contact list and read its header.

    :param path: a local CSV file, or a text file with the header ``number`` and one number per line.
    :returns: a context manager; the table's records can be read inside it.
    :raises ContactsError: the file cannot be read as a contact list; names the file and the line.
    """
    try:
        check_is_file(path, str(path))
        encoding = options.encoding or find_encoding(path)
        handle = path.open(encoding=encoding, newline="")
    except OSError as error:
        raise ContactsError(
            f"Contact list {path} cannot be opened: {error.strerror}.", action="Check its path and its permissions."
        ) from error
    with handle:
        lines = _lines(handle, path, encoding)
        sample = list(islice(lines, SAMPLE_LINES))
        if sample:
            sample[0] = sample[0].removeprefix("\ufeff")
        stated = stated_separator(sample)
        separator = options.separator or stated
        if separator is None:
            separator = find_separator(sample, number_column=options.number_column)
        reader = RecordReader(chain(sample, lines), separator)
        if stated:
            reader.step()
        first = next(reader, None)
        if first is None:
            raise ContactsError(
                f"Contact list {path} is empty.", action="Give a file with a header and one contact per line."
            )
        if first.broken:
            raise ContactsError(
                f"Contact list {path}, line {first.line}: a quote in the header does not fit.",
                action="Remove the quotes from the header.",
            )
        try:
            header = read_header(
                first.fields,
                path=path,
                line=first.line,
                number_column=options.number_column,
                separator_found=options.separator is None,
            )
        except ContactsError as error:
            raise _wrong_separator(options, first, sample[1 if stated else 0 :], path) or error from None
        reader.width, reader.number_index = len(header.columns), header.number_index
        yield ContactTable(
            path=path,
            encoding=encoding,
            separator=separator,
            columns=header.columns,
            number_index=header.number_index,
            header_lines=reader.taken,
            fields=len(first.fields),
            records=_at_least_one(reader, path),
        )


def _wrong_separator(options: ContactOptions, header: Record, lines: Sequence[str], path: Path) -> ContactsError | None:
    """The error of a separator that finds one column in a header for which another separator finds several."""
    if options.separator is None or len(header.fields) > 1:
        return None
    found = find_separator(lines, number_column=options.number_column)
    if found == options.separator or found not in header.fields[0]:
        return None
    return ContactsError(
        f"Contact list {path}, line {header.line}: the separator given is {_separator_shown(options.separator)}, "
        f"but the line seems separated by {_separator_shown(found)}.",
        action="Correct 'separator', or leave it out to have it found.",
    )


def _separator_shown(separator: str) -> str:
    return "a tab" if separator == "\t" else f"'{separator}'"


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
        reader = RecordReader(sample, separator)
        header = next(reader, None)
        if header is None or header.broken or len(header.fields) < 2:
            continue
        columns = trim(header.fields)
        reader.width = len(columns)
        rows = [not record.broken for record in reader]
        named = number_column.strip() in columns if number_column else any(map(is_number_name, columns))
        score = (named, sum(rows) / len(rows) if rows else 0.0, len(columns))
        if score > best_score:
            best, best_score = separator, score
    return best


def _at_least_one(reader: RecordReader, path: Path) -> Iterator[Record]:
    """Yield the rows; a header without any is an error."""
    first = next(reader, None)
    if first is None:
        raise no_contact(path)
    yield first
    yield from reader


def _lines(handle: TextIO, path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines of a text with their terminators; one that is too long is an error."""
    number = 0
    while True:
        number += 1
        try:
            line = handle.readline(MAX_LINE_CHARACTERS + 1)
        except UnicodeError as error:
            raise not_that_encoding(path, encoding, number) from error
        if not line:
            return
        if len(line) > MAX_LINE_CHARACTERS:
            raise line_too_long(path, number)
        yield line


def line_too_long(path: Path, number: int) -> ContactsError:
    """Return the error of a line that cannot belong to a contact list."""
    return ContactsError(
        f"Contact list {path}, line {number}: the line is longer than {MAX_LINE_CHARACTERS:,} characters.",
        action="This is hardly a contact list; check the file.",
    )


def not_that_encoding(path: Path, encoding: str, line: int) -> ContactsError:
    """Return the error of a contact list that is not in the expected encoding."""
    return ContactsError(
        f"Contact list {path} is not {encoding} text (near line {line}).",
        action="Save it in UTF-8, or correct the encoding given.",
    )


def no_contact(path: Path) -> ContactsError:
    """Return the error of a header without rows: more likely a failed export than a wish."""
    return ContactsError(f"Contact list {path} has a header but no contact.", action="Check the export that wrote it.")
