"""Opens a contact list: finds its encoding, separator and header, then yields its rows one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.contact_file import check_is_file
from ovh_sms.contacts.read.csv_records import Record, RecordReader, RowForm
from ovh_sms.contacts.read.csv_separator import find_separator, first_records, stated_separator, wrong_separator
from ovh_sms.contacts.read.encoding import FoundEncoding, find_encoding
from ovh_sms.contacts.read.header import header_at, read_header, usual_fields
from ovh_sms.contacts.read.used_columns import used_columns
from ovh_sms.errors import ContactsError, EmptyList
from ovh_sms.messaging.misread_text import repair

#: Lines read to find the separator, and the longest line that can belong to a list.
SAMPLE_LINES = 200
MAX_LINE_CHARACTERS = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ContactTable:
    """An open contact list: its form, and its rows still to be read, once.

    :param certainty: how sure the encoding is, from 0 to 1.
    :param columns: the names in the file's order, as people read them.
    :param used: position of the column that each placeholder of the message means.
    :param header_line: line the header begins in; ``header_lines`` is how many lines end with it.
    """

    path: Path
    encoding: str
    certainty: float
    columns: tuple[str, ...]
    form: RowForm
    used: Mapping[str, int]
    header_line: int
    header_lines: int
    records: Iterator[Record]

    @property
    def separator(self) -> str:
        """The character between columns."""
        return self.form.separator

    @property
    def number_index(self) -> int:
        """Position of the number's column."""
        return self.form.number_index


@contextmanager
def open_contacts(path: Path, options: ContactOptions, message: str = "") -> Iterator[ContactTable]:
    """Open a contact list and read its header.

    :param path: a local CSV file, or a text file with the header ``number`` and one number per line.
    :param message: the campaign's message, whose placeholders name columns.
    :returns: a context manager; the table's records can be read inside it.
    :raises ContactsError: the file cannot be read as a contact list; names the file and the line.
    """
    try:
        check_is_file(path, str(path))
        found = FoundEncoding(options.encoding, 1.0) if options.encoding else find_encoding(path)
        encoding = found.name
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
        shown = list(map(repair, sample)) if options.repair_encoding else sample
        stated = stated_separator(shown)
        separator = options.separator or stated or find_separator(shown, number_column=options.number_column)
        first, rows = header_record(first_records(shown, separator), path, options)
        try:
            header = read_header(
                first.fields,
                path=path,
                line=first.line,
                number_column=options.number_column,
                separator_found=options.separator is None,
                rows=rows,
                region=options.region,
            )
        except ContactsError as error:
            given = options.separator or stated
            raise wrong_separator(given, first, shown[1 if stated else 0 :], path, options) or error from None
        used = used_columns(message, header, options)
        width = len(header.columns)
        fields = usual_fields(first.fields, width, rows)
        form = RowForm(separator, width, fields, header.number_index, frozenset(used.values()))
        reader = RecordReader(chain(sample, lines), separator)
        while next(reader).line != first.line:
            pass
        reader.form = form
        yield ContactTable(
            path=path,
            encoding=encoding,
            certainty=found.certainty,
            columns=header.columns,
            form=form,
            used=used,
            header_line=first.line,
            header_lines=reader.taken,
            records=_at_least_one(reader, path),
        )


def header_record(records: list[Record], path: Path, options: ContactOptions) -> tuple[Record, list[Record]]:
    """Return the header among the first rows, and those below it.

    :raises ContactsError: there is none.
    """
    if not records:
        raise ContactsError(
            f"Contact list {path} is empty.", action="Give a file with a header and one contact per line."
        )
    at = header_at(records, options.number_column)
    if options.header_line is not None:
        found = [place for place, record in enumerate(records) if record.line == options.header_line]
        if not found:
            raise ContactsError(
                f"Contact list {path}: no header begins in line {options.header_line}.",
                action="Correct 'header_line', or leave it out to have the header found.",
            )
        (at,) = found
    if records[at].broken:
        raise ContactsError(
            f"Contact list {path}, line {records[at].line}: a quote in the header does not fit.",
            action="Remove the quotes from the header.",
        )
    return records[at], records[at + 1 :]


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


def no_contact(path: Path) -> EmptyList:
    """Return the error of a header without rows: more likely a failed export than a wish."""
    return EmptyList(
        f"Contact list {path} has a header but no contact.",
        action="Check the export that wrote it; 'empty_list: skip' skips a run without contacts.",
    )
