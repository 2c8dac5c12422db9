"""Rows of Excel workbooks as the sheet shows them, in blocks."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.cell_text import CellForm, tidy
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.contacts.read.date_formats import as_moment
from ovh_sms.contacts.read.sheet_blocks import CellBlock, SheetBlock, SheetForm, TextBlock, in_full
from ovh_sms.contacts.read.sheet_cells import CellWriter, sheet_rows
from ovh_sms.contacts.read.sheet_marks import find_marks, measure, read_marks
from ovh_sms.contacts.read.workbook_archive import SAVE_XLSX, SheetPart, WorkbookArchive
from ovh_sms.contacts.read.workbook_xml import DamagedWorkbook
from ovh_sms.errors import ConfigurationError, ContactsError
from ovh_sms.messaging.column_names import listed

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

#: Rows of a block, and characters of one that is read exactly.
BLOCK_ROWS, _BLOCK_CHARACTERS = 10_000, 4 << 20
#: Errors of a damaged archive, beside those of calamine.
_DAMAGES = (
    BadZipFile, OSError, DamagedWorkbook, ExpatError, zlib.error, ValueError, KeyError, EOFError, struct.error,
    NotImplementedError, OverflowError,
)  # fmt: skip
#: Bytes of a sheet that are unpacked once and held while it is searched.
_MOST_KEPT = 48 << 20
#: Cells, bytes of the sheet and bytes of its texts that calamine may hold at once; larger sheets are streamed.
_MOST_CELLS, _MOST_SHEET_BYTES, _MOST_TEXT_BYTES = 1_500_000, 256 << 20, 128 << 20


@contextmanager
def open_sheet(file: ContactFile, sheet: str | None, options: ContactOptions) -> Iterator[Iterator[SheetBlock]]:
    """Open a sheet of a workbook.

    :param sheet: its name; the first visible one by default.
    :returns: a context manager; its value yields blocks of rows as the sheet shows them, blank ones included.
    :raises ContactsError: the workbook is damaged or too large, or has no such sheet; also an error raised inside of
        the block, with the names of the sheet and of the others.
    """
    if find_spec("python_calamine") is None:
        raise ConfigurationError(
            f"{file.name} is an Excel workbook, and python-calamine is not installed. The list was not read.",
            action="Install it: pip install 'airflow-provider-ovh-sms[excel]'. Or save the list as CSV UTF-8.",
        )
    others: list[str] = []
    page = ""
    try:
        with _reading(file):
            archive = WorkbookArchive(file)
        with archive:
            found = _sheet(archive, file, sheet)
            page, others = found.name, [each.name for each in archive.sheets if each != found]
            yield _read(file, _blocks(archive, file, found, options))
    except ContactsError as error:
        raise _with_sheets(error, file, page, others) from None


@contextmanager
def _reading(file: ContactFile) -> Iterator[None]:
    """Raise the errors of reading a workbook, of many kinds, as one of the contact list."""
    try:
        yield
    except _DAMAGES as error:
        raise file.damaged("an Excel workbook", error) from None
    except Exception as error:
        if type(error).__module__.startswith("python_calamine"):
            raise file.damaged("an Excel workbook", error) from None
        raise


def _read(file: ContactFile, blocks: Iterator[SheetBlock]) -> Iterator[SheetBlock]:
    """Read blocks; the errors of their users are not those of the workbook."""
    while True:
        with _reading(file):
            block = next(blocks, None)
        if block is None:
            return
        yield block


def _blocks(
    archive: WorkbookArchive, file: ContactFile, sheet: SheetPart, options: ContactOptions
) -> Iterator[SheetBlock]:
    cells = CellWriter(archive)
    formatted = {style: cells.is_time(style) for style in range(len(archive.formats)) if not cells.is_plain(style)}
    chunks: Callable[[], Iterable[bytes]] = partial(archive.chunks, sheet.part)
    if archive.size(sheet.part) <= _MOST_KEPT:
        unpacked = list(chunks())
        chunks = partial(iter, unpacked)
    import_module("python_calamine")  # not in the thread: this one imports meanwhile, too
    with ThreadPoolExecutor(1, thread_name_prefix="sheet") as thread:
        # calamine reads without Python's lock, while the marks are searched
        page = thread.submit(_open_page, file, sheet) if _fits(archive, sheet, chunks()) else None
        marks = find_marks(chunks(), formatted, stale=archive.stale) or read_marks(chunks())
        import_module("ovh_sms.messaging.number_columns")  # needed next; calamine still reads
        form = SheetForm(marks, cells, _date_writer(options, archive), shows_hidden=options.hidden_rows == "send")
        if page and marks.usual:
            yield from _by_calamine(page.result(), form)
        else:
            yield from _by_stream(archive, sheet, form)


def _fits(archive: WorkbookArchive, sheet: SheetPart, chunks: Iterable[bytes]) -> bool:
    """Return whether calamine can hold a sheet in little memory."""
    if archive.size(sheet.part) > _MOST_SHEET_BYTES:
        return False
    size = measure(chunks)
    cells = size[0] * size[1] if size else _MOST_CELLS + 1
    return cells <= _MOST_CELLS and cells * archive.longest_shared_text() <= _MOST_TEXT_BYTES


def _open_page(file: ContactFile, sheet: SheetPart) -> CalamineSheet:
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(str(file.path)) as book:
        return book.get_sheet_by_name(sheet.name)


def _by_calamine(page: CalamineSheet, form: SheetForm) -> Iterator[SheetBlock]:
    line, left = 1, page.start[1] if page.start else 0
    # from the sheet's first row, but from the first column with a value; an error is none to calamine
    last = max(form.rows_with_errors, default=0)
    rows: Iterator[list[Any]] = chain(page.iter_rows(), repeat([""] * page.width, max(last - page.total_height, 0)))
    while block := list(islice(rows, BLOCK_ROWS)):
        yield CellBlock(form, line, block, left)
        line += len(block)


def _by_stream(archive: WorkbookArchive, sheet: SheetPart, form: SheetForm) -> Iterator[SheetBlock]:
    shared = archive.shared_texts()
    rows: list[dict[int, str]] = []
    full: dict[tuple[int, int], str] = {}
    first, size = 1, 0
    for row in sheet_rows(archive.chunks(sheet.part), lambda *_: None):
        if row.number < first + len(rows):
            raise DamagedWorkbook("rows out of order")
        while row.number >= first + BLOCK_ROWS or size > _BLOCK_CHARACTERS:
            rows += [{}] * (min(row.number - first, BLOCK_ROWS) - len(rows))
            yield TextBlock(form, first, rows, full)
            rows, full, first, size = [], {}, first + len(rows), 0
        rows += [{}] * (row.number - first - len(rows))
        shown = {}
        for cell in row.cells:
            text = shown[cell.column] = tidy(form.cells.text(cell, shared, form.date_format))
            size += len(text)
            if cell.kind == "n" and cell.text and not form.cells.is_plain(cell.style):
                full[row.number, cell.column] = in_full(text, float(cell.text))
        rows.append(shown)
    if rows:
        yield TextBlock(form, first, rows, full)


def _date_writer(options: ContactOptions, archive: WorkbookArchive) -> Callable[[float], str] | None:
    if options.date_format is None:
        return None
    form = CellForm(options.date_format)

    def write(days: float) -> str:
        moment = as_moment(days, epoch_1904=archive.epoch_1904)
        return "###" if moment is None else form.moment(moment)

    return write


NAME_IT = "Name the sheet that holds the contacts in 'sheet'."


def _with_sheets(error: ContactsError, file: ContactFile, page: str, others: Sequence[str]) -> ContactsError:
    """Return an error with the names of the sheet that was read and of the others."""
    if not others:
        return error
    what, action = error.what.replace(str(file.path), f"{file.path} (sheet {page})", 1), error.action
    if page not in what:
        what = f"Contact list {file.path} (sheet {page}): {what}"
    if action != NAME_IT:
        action = f"{action} If the contacts are on another sheet, name it in 'sheet'."
    return ContactsError(f"{what.removesuffix('.')}; other sheets: {', '.join(others)}.", action=action)


def _sheet(archive: WorkbookArchive, file: ContactFile, sheet: str | None) -> SheetPart:
    pages = {page.name: page for page in archive.sheets}
    visible = [page for page in pages.values() if page.visible]
    found = next(iter(visible), None) if sheet is None else pages.get(sheet)
    if found is None:
        wanted = f"has no sheet {sheet}" if sheet else "shows no sheet"
        raise ContactsError(
            f"Contact list {file.name} {wanted}; sheets found: {listed(pages) or 'none'}.",
            action="Correct 'sheet', or leave it out to take the first that is not hidden.",
        )
    return found


def old_or_encrypted(file: ContactFile) -> ContactsError:
    """Return the error of a workbook in the old container: protected by a password, or .xls."""
    marker, kept, encrypted = "EncryptedPackage".encode("utf-16-le"), b"", False
    with file.path.open("rb") as handle:
        while not encrypted and (chunk := handle.read(1 << 20)):
            encrypted = marker in kept + chunk
            kept = chunk[-len(marker) :]
    kind = "an Excel workbook protected by a password" if encrypted else "an old Excel workbook (.xls)"
    return ContactsError(f"Contact list {file.name} is {kind}.", action=SAVE_XLSX)
