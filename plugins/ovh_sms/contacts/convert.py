"""Contact lists that are no CSV, written as one: workbooks, Parquet files, rows of a database.

The copy is UTF-8 with ``;`` and holds one line per row, so that line n of the copy is row n of the source and a
rejected row can be found there. Rows pass one by one; what a source holds is never logged.
"""

from __future__ import annotations

import csv
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TextIO

from ovh_sms.contacts.cells import cell_text
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.errors import ContactsError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

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
_SAVE_XLSX = "Open it in Excel and save it as .xlsx without a password, or as CSV UTF-8; give that file."


@dataclass(frozen=True)
class LocalList:
    """A contact list that can be read as CSV.

    :param path: the list itself, or a copy that is removed after use.
    :param name: what the list is called towards people: its path, its address, its connection.
    :param converted: whether the file is a copy in the form that this module writes.
    """

    path: Path
    name: str
    converted: bool = False

    def options(self, options: ContactOptions) -> ContactOptions:
        """Say how the file is to be read.

        :param options: as the campaign's author gave them; separator and encoding are meant for CSV.
        :returns: the same, with separator and encoding of the copy where it is one.
        """
        return replace(options, separator=SEPARATOR, encoding=ENCODING) if self.converted else options

    def renamed(self, error: ContactsError) -> ContactsError:
        """Tell an error about the file by the name that people know.

        :param error: an error whose text may name the copy.
        :returns: the same error with the list's own name.
        """
        return ContactsError(error.what.replace(str(self.path), self.name), action=error.action)


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
    rows = _xlsx_rows(source, sheet) if kind == "xlsx" else _parquet_rows(source)
    write_rows(target, rows, copied=copied)
    return LocalList(target, source.name, converted=True)


def kind_of(source: LocalList) -> Kind:
    """Tell what a file is by its first bytes, whatever it is called.

    :param source: a local file.
    :returns: ``csv`` also for what is no text at all: reading it says why it is no list.
    :raises ContactsError: it is not there, an encrypted or old workbook, or not what its suffix says.
    """
    path = source.path
    if not path.is_file():
        raise ContactsError(
            f"Contact list {source.name} is not a file.", action="Check the path of the contacts."
        )
    try:
        with path.open("rb") as handle:
            head = handle.read(4)
    except OSError as error:
        raise ContactsError(
            f"Contact list {source.name} cannot be opened: {error.strerror}.", action="Check its permissions."
        ) from error
    if head == _OLE:
        raise _old_or_encrypted(source)
    if head == _ZIP:
        _check_workbook(source)
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
    with target.open("w", encoding=ENCODING, newline="", errors="backslashreplace") as handle:
        write = csv.writer(handle, delimiter=SEPARATOR, lineterminator="\n").writerow
        for count, row in enumerate(rows, 1):
            _write(write, handle, row)
            if copied and count % BATCH_ROWS == 0:
                copied(count)
    return count


def _write(write: Callable[[list[str]], Any], handle: TextIO, row: Sequence[object]) -> None:
    if not row:
        handle.write("\n")
        return
    # A row of one empty value would be a blank line, which is no row: a separator behind it makes it one.
    cells = [cell_text(value) for value in row]
    write(cells if len(cells) > 1 else [*cells, ""])


def _xlsx_rows(source: LocalList, sheet: str | None) -> Iterator[Sequence[object]]:
    """Yield a sheet's rows as wide as its header; rows without any value are blank, at the end they are none."""
    # By its handle, as openpyxl refuses files whose name does not end in .xlsx.
    with warnings.catch_warnings(), source.path.open("rb") as handle:
        warnings.simplefilter("ignore")  # styles and rules that openpyxl does not know do not matter here
        book = _open_workbook(source, handle)
        try:
            page = _sheet(book, source, sheet)
            yield from _sheet_rows(page, source)
        except (KeyError, ValueError, TypeError, OSError, zipfile.BadZipFile, SyntaxError) as error:
            raise _damaged(source, "an Excel workbook", error) from None
        finally:
            book.close()


def _sheet_rows(page: Any, source: LocalList) -> Iterator[Sequence[object]]:
    page.reset_dimensions()  # what the file says about its size is often wrong
    width = blank = 0
    for row in page.iter_rows(values_only=True):
        filled = next((at for at in range(len(row), 0, -1) if row[at - 1] not in (None, "")), 0)
        if not filled:
            blank += 1
            continue
        yield from [()] * blank
        width, blank = width or filled, 0
        yield (*row[:filled], *[None] * (width - filled))
    if not width:
        raise ContactsError(
            f"The sheet {page.title} of the contact list {source.name} is empty.",
            action="Name the sheet that holds the contacts in 'sheet'.",
        )


def _open_workbook(source: LocalList, handle: BinaryIO) -> Workbook:
    from openpyxl import load_workbook

    try:
        return load_workbook(handle, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets through whatever a damaged archive makes of it
        raise _damaged(source, "an Excel workbook", error) from None


def _sheet(book: Workbook, source: LocalList, sheet: str | None) -> Any:
    pages = {page.title: page for page in book.worksheets}
    found = next(iter(pages.values()), None) if sheet is None else pages.get(sheet)
    if found is None:
        wanted = f"has no sheet {sheet}" if sheet else "has no sheet"
        raise ContactsError(
            f"Contact list {source.name} {wanted}; sheets found: {', '.join(pages) or 'none'}.",
            action="Correct 'sheet', or leave it out to take the first.",
        )
    return found


def _parquet_rows(source: LocalList) -> Iterator[Sequence[object]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source.path) as file:
            yield tuple(file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(source, "a Parquet file", error) from None


def _check_workbook(source: LocalList) -> None:
    """Tell a workbook from the many other things that are zip archives."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged(source, "an Excel workbook or another zip archive", error) from None
    if "xl/workbook.xml" not in names:
        kind = "a binary Excel workbook (.xlsb)" if "xl/workbook.bin" in names else "a zip archive"
        raise ContactsError(
            f"Contact list {source.name} is {kind}, not an Excel workbook (.xlsx).", action=_SAVE_XLSX
        )


def _old_or_encrypted(source: LocalList) -> ContactsError:
    marker, kept, encrypted = "EncryptedPackage".encode("utf-16-le"), b"", False
    with source.path.open("rb") as handle:
        while not encrypted and (chunk := handle.read(1 << 20)):
            encrypted = marker in kept + chunk
            kept = chunk[-len(marker) :]
    kind = "an Excel workbook protected by a password" if encrypted else "an old Excel workbook (.xls)"
    return ContactsError(f"Contact list {source.name} is {kind}.", action=_SAVE_XLSX)


def _damaged(source: LocalList, kind: str, error: Exception) -> ContactsError:
    # The error's own text may quote a cell, that is a person's data: its class alone is told.
    return ContactsError(
        f"Contact list {source.name} is {kind} that cannot be read ({type(error).__name__}).",
        action="It may be cut off or damaged: export it again.",
    )
