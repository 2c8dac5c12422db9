"""Rows of Excel workbooks, read one by one."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from ovh_sms.errors import ContactsError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

    from ovh_sms.contacts.convert import LocalList

_SAVE_XLSX = "Open it in Excel and save it as .xlsx without a password, or as CSV UTF-8; give that file."


def workbook_rows(
    source: LocalList, sheet: str | None, *, seen: Callable[[Sequence[str]], None] | None = None
) -> Iterator[Sequence[object]]:
    """Yield a sheet's rows as wide as its header; rows without any value are blank, at the end they are none.

    :param source: a local workbook.
    :param sheet: name of the sheet; the first that is not hidden where not given.
    :param seen: called with the names of the sheets, the one that is read first.
    :raises ContactsError: the workbook is damaged, or has no such sheet.
    """
    # By its handle, as openpyxl refuses files whose name does not end in .xlsx.
    with warnings.catch_warnings(), source.path.open("rb") as handle:
        warnings.simplefilter("ignore")  # styles and rules that openpyxl does not know do not matter here
        book = _open_workbook(source, handle)
        try:
            page = _sheet(book, source, sheet)
            others = [each.title for each in book.worksheets if each.title != page.title]
            if seen:
                seen([page.title, *others])
            yield from _sheet_rows(page, source, others)
        except (ContactsError, MemoryError):
            raise
        except Exception as error:  # openpyxl lets through whatever a damaged archive makes of it
            raise damaged(source, "an Excel workbook", error) from None
        finally:
            book.close()


def _sheet_rows(page: Any, source: LocalList, others: Sequence[str]) -> Iterator[Sequence[object]]:
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
            f"The sheet {page.title} of the contact list {source.name} is empty; "
            f"other sheets: {', '.join(others) or 'none'}.",
            action="Name the sheet that holds the contacts in 'sheet'.",
        )


def _open_workbook(source: LocalList, handle: BinaryIO) -> Workbook:
    from openpyxl import load_workbook

    try:
        return load_workbook(handle, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets through whatever a damaged archive makes of it
        raise damaged(source, "an Excel workbook", error) from None


def _sheet(book: Workbook, source: LocalList, sheet: str | None) -> Any:
    pages = {page.title: page for page in book.worksheets}
    seen = [
        page for page in pages.values() if page.sheet_state == "visible"
    ]  # nobody looks at what is hidden
    found = next(iter(seen), None) if sheet is None else pages.get(sheet)
    if found is None:
        wanted = f"has no sheet {sheet}" if sheet else "shows no sheet"
        raise ContactsError(
            f"Contact list {source.name} {wanted}; sheets found: {', '.join(pages) or 'none'}.",
            action="Correct 'sheet', or leave it out to take the first that is not hidden.",
        )
    return found


def check_workbook(source: LocalList) -> None:
    """Tell a workbook from the many other things that are zip archives.

    :param source: a local zip archive.
    :raises ContactsError: it is no workbook, or damaged.
    """
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = set(archive.namelist())
    except Exception as error:  # zipfile has errors of many kinds for a damaged archive
        raise damaged(source, "an Excel workbook or another zip archive", error) from None
    if "xl/workbook.xml" not in names:
        kind = "a binary Excel workbook (.xlsb)" if "xl/workbook.bin" in names else "a zip archive"
        raise ContactsError(
            f"Contact list {source.name} is {kind}, not an Excel workbook (.xlsx).", action=_SAVE_XLSX
        )


def old_or_encrypted(source: LocalList) -> ContactsError:
    """Say why a workbook in the old container cannot be read.

    :param source: a local file that starts as one.
    :returns: the error to raise.
    """
    marker, kept, encrypted = "EncryptedPackage".encode("utf-16-le"), b"", False
    with source.path.open("rb") as handle:
        while not encrypted and (chunk := handle.read(1 << 20)):
            encrypted = marker in kept + chunk
            kept = chunk[-len(marker) :]
    kind = "an Excel workbook protected by a password" if encrypted else "an old Excel workbook (.xls)"
    return ContactsError(f"Contact list {source.name} is {kind}.", action=_SAVE_XLSX)


def damaged(source: LocalList, kind: str, error: Exception) -> ContactsError:
    """Say that a list is damaged.

    :param source: the list.
    :param kind: what it seems to be.
    :param error: what reading it raised.
    :returns: the error to raise.
    """
    # The error's own text may quote a cell, that is a person's data: its class alone is told.
    return ContactsError(
        f"Contact list {source.name} is {kind} that cannot be read ({type(error).__name__}).",
        action="It may be cut off or damaged: export it again.",
    )
