"""CSV copies of contact lists that are not CSV: workbooks, Parquet files, rows of a database.

A copy is UTF-8 with ``;`` and one line per row. Line n of the copy is row n of the original, so that a rejected row
can be found there. Rows are streamed; nothing in them is logged.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TextIO

from ovh_sms.contacts.cell_text import cell_text
from ovh_sms.contacts.contact_file import COPY_ENCODING, COPY_SEPARATOR, ContactFile, check_is_file
from ovh_sms.contacts.parquet_files import parquet_columns, parquet_lines
from ovh_sms.contacts.workbooks import check_workbook, old_or_encrypted, workbook_rows
from ovh_sms.errors import ContactsError

Kind = Literal["csv", "xlsx", "parquet"]
#: Called with the number of rows copied so far.
RowsCopied = Callable[[int], None]

BLOCK_ROWS = 10_000

_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_SUFFIXES: dict[str, Kind] = {".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet", ".pq": "parquet"}
_KINDS = {"xlsx": "an Excel workbook", "parquet": "a Parquet file"}


def copy_as_csv(
    file: ContactFile, *, folder: Path, sheet: str | None = None, rows_copied: RowsCopied | None = None
) -> ContactFile:
    """Copy a contact list as CSV; one that is CSV already is returned as it is.

    :param folder: where the copy goes; the caller removes it.
    :param sheet: name of the workbook's sheet; the first visible one by default.
    :raises ContactsError: the file cannot be read, is damaged, or has no such sheet.
    """
    kind = file_kind(file)
    if sheet is not None and kind != "xlsx":
        raise ContactsError(
            f"A sheet is named, but the contact list {file.name} is not an Excel workbook.",
            action="Remove 'sheet', or give the workbook.",
        )
    if kind == "csv":
        return file
    target = folder / "list.csv"
    sheets: list[str] = []
    if kind == "xlsx":
        write_rows(target, workbook_rows(file, sheet, report_sheets=sheets.extend), rows_copied=rows_copied)
    else:
        _write_parquet(target, file, rows_copied)
    return ContactFile(target, file.name, converted=True, sheets=tuple(sheets))


def file_kind(file: ContactFile) -> Kind:
    """Recognise the kind of a file by its first bytes; its suffix does not matter.

    :returns: ``csv`` also for a file that is not text: reading it raises the error.
    :raises ContactsError: it does not exist, is an encrypted or old workbook, or is not what its suffix says.
    """
    head = _first_bytes(file)
    if head == _OLE:
        raise old_or_encrypted(file)
    if head == _ZIP:
        check_workbook(file)
        return "xlsx"
    if head == _PARQUET:
        return "parquet"
    expected = _SUFFIXES.get(Path(file.name).suffix.lower())
    if expected:
        state = "empty" if not head else f"not {_KINDS[expected]}, although its name says so"
        raise ContactsError(f"Contact list {file.name} is {state}.", action="Check the export that wrote it.")
    return "csv"


def write_rows(target: Path, rows: Iterable[Sequence[object]], *, rows_copied: RowsCopied | None = None) -> int:
    """Write rows as a CSV list.

    :param rows: the header, then one sequence of values a row; an empty sequence is a blank line.
    :param rows_copied: called every :data:`BLOCK_ROWS` rows, with rows written so far.
    """
    count = 0
    with target.open("w", encoding=COPY_ENCODING, newline="") as handle:
        write = csv.writer(handle, delimiter=COPY_SEPARATOR, lineterminator="\n").writerow
        for count, row in enumerate(rows, 1):
            _write(write, handle, row)
            if rows_copied and count % BLOCK_ROWS == 0:
                rows_copied(count)
    return count


def name_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Give nameless columns of a query or a Parquet file a name: ``column_3`` for the third."""
    return tuple(name if name.strip() else f"column_{at}" for at, name in enumerate(columns, 1))


def _first_bytes(file: ContactFile) -> bytes:
    if any("\ud800" <= character <= "\udfff" for character in file.name):
        shown = file.name.encode("utf-8", "backslashreplace").decode("utf-8")
        raise ContactsError(f"The name of the contact list {shown} is not UTF-8.", action="Rename the file.")
    try:
        check_is_file(file.path, file.name)
        with file.path.open("rb") as handle:
            return handle.read(4)
    except OSError as error:
        raise ContactsError(
            f"Contact list {file.name} cannot be opened: {error.strerror}.",
            action="Check its path and its permissions.",
        ) from error


def _write(write: Callable[[list[str]], Any], handle: TextIO, row: Sequence[object]) -> None:
    if not row:
        handle.write("\n")
        return
    # A row of one empty value would be a blank line, which is no row: a separator behind it makes it one.
    cells = [cell_text(value) for value in row]
    write(cells if len(cells) > 1 else [*cells, ""])


def _write_parquet(target: Path, file: ContactFile, rows_copied: RowsCopied | None) -> None:
    """Write a Parquet file as :func:`write_rows` would, but columns at a time."""
    count = write_rows(target, [name_columns(parquet_columns(file))])
    with target.open("ab") as handle:
        for lines, rows in parquet_lines(file, rows=BLOCK_ROWS):
            handle.write(lines)
            count += rows
            if rows_copied:
                rows_copied(count)
