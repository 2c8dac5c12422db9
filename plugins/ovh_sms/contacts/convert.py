"""Contact lists that are no CSV, written as one: workbooks, Parquet files, rows of a database.

The copy is UTF-8 with ``;`` and holds one line per row, so that line n of the copy is row n of the source and a
rejected row can be found there. Rows pass one by one; what a source holds is never logged.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TextIO

from ovh_sms.contacts.cells import cell_text
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.parquet_files import parquet_columns, parquet_lines
from ovh_sms.contacts.reader import check_is_file
from ovh_sms.contacts.workbooks import check_workbook, old_or_encrypted, workbook_rows
from ovh_sms.errors import ContactsError

Kind = Literal["csv", "xlsx", "parquet"]
#: Called with rows copied so far.
Copied = Callable[[int], None]

BATCH_ROWS = 10_000
SEPARATOR, ENCODING = ";", "utf-8"

_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_SUFFIXES: dict[str, Kind] = {
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_KINDS = {"xlsx": "an Excel workbook", "parquet": "a Parquet file"}


@dataclass(frozen=True)
class LocalList:
    """A contact list that can be read as CSV.

    :param path: the list itself, or a copy that is removed after use.
    :param name: what the list is called towards people: its path, its address, its connection.
    :param converted: whether the file is a copy in the form that this module writes.
    :param sheets: of a workbook's copy, the sheet that was read, then the others.
    """

    path: Path
    name: str
    converted: bool = False
    sheets: tuple[str, ...] = ()

    def options(self, options: ContactOptions) -> ContactOptions:
        """Say how the file is to be read.

        :param options: as the campaign's author gave them; separator and encoding are meant for CSV.
        :returns: the same, with separator and encoding of the copy where it is one.
        """
        return replace(options, separator=SEPARATOR, encoding=ENCODING) if self.converted else options

    def renamed(self, error: ContactsError) -> ContactsError:
        """Tell an error about the file by the name that people know.

        :param error: an error whose text may name the copy.
        :returns: the same error with the list's own name; of several sheets with the one that was read and the others.
        """
        if len(self.sheets) < 2:
            return ContactsError(error.what.replace(str(self.path), self.name), action=error.action)
        read, *others = self.sheets
        what = error.what.replace(str(self.path), f"{self.name} (sheet {read})")
        if what == error.what:
            what = f"Contact list {self.name} (sheet {read}): {what}"
        return ContactsError(
            f"{what.removesuffix('.')}; other sheets: {', '.join(others)}.",
            action=f"{error.action} If the contacts are on another sheet, name it in 'sheet'.",
        )


def as_csv(
    source: LocalList, *, folder: Path, sheet: str | None = None, copied: Copied | None = None
) -> LocalList:
    """Make a list readable as CSV; one that is CSV already is left as it is.

    :param source: a local file of any kind.
    :param folder: where the copy goes; whoever made the folder removes it.
    :param sheet: name of the workbook's sheet; the first one where not given.
    :param copied: called now and then with rows copied so far.
    :returns: the list to read.
    :raises ContactsError: the file is of a kind that cannot be read, damaged, or has no such sheet.
    """
    kind = kind_of(source)
    if sheet is not None and kind != "xlsx":
        raise ContactsError(
            f"A sheet is named, but the contact list {source.name} is no Excel workbook.",
            action="Remove 'sheet', or give the workbook.",
        )
    if kind == "csv":
        return source
    target = folder / "list.csv"
    sheets: list[str] = []
    if kind == "xlsx":
        write_rows(target, workbook_rows(source, sheet, seen=sheets.extend), copied=copied)
    else:
        _write_parquet(target, source, copied)
    return LocalList(target, source.name, converted=True, sheets=tuple(sheets))


def kind_of(source: LocalList) -> Kind:
    """Tell what a file is by its first bytes, whatever it is called.

    :param source: a local file.
    :returns: ``csv`` also for what is no text at all: reading it says why it is no list.
    :raises ContactsError: it is not there, an encrypted or old workbook, or not what its suffix says.
    """
    path = source.path
    if any("\ud800" <= character <= "\udfff" for character in source.name):
        shown = source.name.encode("utf-8", "backslashreplace").decode("utf-8")
        raise ContactsError(f"The name of the contact list {shown} is not UTF-8.", action="Rename the file.")
    try:
        check_is_file(path, source.name)
        with path.open("rb") as handle:
            head = handle.read(4)
    except OSError as error:
        raise ContactsError(
            f"Contact list {source.name} cannot be opened: {error.strerror}.",
            action="Check its path and its permissions.",
        ) from error
    if head == _OLE:
        raise old_or_encrypted(source)
    if head == _ZIP:
        check_workbook(source)
        return "xlsx"
    if head == _PARQUET:
        return "parquet"
    said = _SUFFIXES.get(Path(source.name).suffix.lower())
    if said:
        state = "empty" if not head else f"not {_KINDS[said]}, although its name says so"
        raise ContactsError(
            f"Contact list {source.name} is {state}.", action="Check the export that wrote it."
        )
    return "csv"


def write_rows(target: Path, rows: Iterable[Sequence[object]], *, copied: Copied | None = None) -> int:
    """Write rows as a CSV list.

    :param target: the file to write.
    :param rows: the header, then one sequence of values a row; an empty sequence is a blank line.
    :param copied: called every :data:`BATCH_ROWS` rows, with rows written so far.
    :returns: rows written, the header included.
    """
    count = 0
    with target.open("w", encoding=ENCODING, newline="") as handle:
        write = csv.writer(handle, delimiter=SEPARATOR, lineterminator="\n").writerow
        for count, row in enumerate(rows, 1):
            _write(write, handle, row)
            if copied and count % BATCH_ROWS == 0:
                copied(count)
    return count


def named(columns: Sequence[str]) -> tuple[str, ...]:
    """Give columns without a name one, so that they are columns of the list.

    :param columns: names, of a query or a Parquet file.
    :returns: the names; ``column_3`` for the third, if it has none.
    """
    return tuple(name if name.strip() else f"column_{at}" for at, name in enumerate(columns, 1))


def _write(write: Callable[[list[str]], Any], handle: TextIO, row: Sequence[object]) -> None:
    if not row:
        handle.write("\n")
        return
    # A row of one empty value would be a blank line, which is no row: a separator behind it makes it one.
    cells = [cell_text(value) for value in row]
    write(cells if len(cells) > 1 else [*cells, ""])


def _write_parquet(target: Path, source: LocalList, copied: Copied | None) -> None:
    """Write a Parquet file as a CSV list: what :func:`write_rows` would write, but columns at a time."""
    count = write_rows(target, [named(parquet_columns(source))])
    with target.open("ab") as handle:
        for lines, rows in parquet_lines(source, rows=BATCH_ROWS):
            handle.write(lines)
            count += rows
            if copied:
                copied(count)
