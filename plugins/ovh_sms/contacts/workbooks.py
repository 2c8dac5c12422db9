"""Rows of Excel workbooks, read one by one."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from ovh_sms.contacts.contact_file import ContactFile
from ovh_sms.errors import ConfigurationError, ContactsError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_SAVE_XLSX = "Open it in Excel and save it as .xlsx without a password, or as CSV UTF-8; give that file."


def workbook_rows(
    file: ContactFile, sheet: str | None, *, report_sheets: Callable[[Sequence[str]], None] | None = None
) -> Iterator[Sequence[object]]:
    """Yield a sheet's rows as wide as its header; rows without any value are blank, those at the end are left out.

    :param sheet: name of the sheet; the first visible one by default.
    :param report_sheets: called with the names of the sheets, the one that is read first.
    :raises ContactsError: the workbook is damaged, or has no such sheet.
    """
    # By its handle, as openpyxl refuses files whose name does not end in .xlsx.
    with warnings.catch_warnings(), file.path.open("rb") as handle:
        warnings.simplefilter("ignore")  # unknown styles and rules do not matter here
        book = _open_workbook(file, handle)
        try:
            page = _sheet(book, file, sheet)
            others = [each.title for each in book.worksheets if each.title != page.title]
            if report_sheets:
                report_sheets([page.title, *others])
            yield from _sheet_rows(page, file, others)
        except (ContactsError, MemoryError):
            raise
        except Exception as error:  # openpyxl raises errors of many kinds for a damaged archive
            raise file.damaged("an Excel workbook", error) from None
        finally:
            book.close()


def _sheet_rows(page: Any, file: ContactFile, others: Sequence[str]) -> Iterator[Sequence[object]]:
    page.reset_dimensions()  # the size stated in the file is often wrong
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
            f"The sheet {page.title} of the contact list {file.name} is empty; "
            f"other sheets: {', '.join(others) or 'none'}.",
            action="Name the sheet that holds the contacts in 'sheet'.",
        )


def _open_workbook(file: ContactFile, handle: BinaryIO) -> Workbook:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise ConfigurationError(
            f"{file.name} is an Excel workbook, and openpyxl is not installed. The list was not read.",
            action="Install it: pip install 'airflow-provider-ovh-sms[excel]'. Or save the list as CSV UTF-8.",
        ) from error
    try:
        return load_workbook(handle, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises errors of many kinds for a damaged archive
        raise file.damaged("an Excel workbook", error) from None


def _sheet(book: Workbook, file: ContactFile, sheet: str | None) -> Any:
    pages = {page.title: page for page in book.worksheets}
    visible = [page for page in pages.values() if page.sheet_state == "visible"]
    found = next(iter(visible), None) if sheet is None else pages.get(sheet)
    if found is None:
        wanted = f"has no sheet {sheet}" if sheet else "shows no sheet"
        raise ContactsError(
            f"Contact list {file.name} {wanted}; sheets found: {', '.join(pages) or 'none'}.",
            action="Correct 'sheet', or leave it out to take the first that is not hidden.",
        )
    return found


def check_workbook(file: ContactFile) -> None:
    """Check that a zip archive is a workbook.

    :raises ContactsError: it is no workbook, or damaged.
    """
    try:
        with zipfile.ZipFile(file.path) as archive:
            names = set(archive.namelist())
    except Exception as error:  # zipfile has errors of many kinds for a damaged archive
        raise file.damaged("an Excel workbook or another zip archive", error) from None
    if "xl/workbook.xml" not in names:
        kind = "a binary Excel workbook (.xlsb)" if "xl/workbook.bin" in names else "a zip archive"
        raise ContactsError(f"Contact list {file.name} is {kind}, not an Excel workbook (.xlsx).", action=_SAVE_XLSX)


def old_or_encrypted(file: ContactFile) -> ContactsError:
    """Return the error of a workbook in the old container: protected by a password, or .xls."""
    marker, kept, encrypted = "EncryptedPackage".encode("utf-16-le"), b"", False
    with file.path.open("rb") as handle:
        while not encrypted and (chunk := handle.read(1 << 20)):
            encrypted = marker in kept + chunk
            kept = chunk[-len(marker) :]
    kind = "an Excel workbook protected by a password" if encrypted else "an old Excel workbook (.xls)"
    return ContactsError(f"Contact list {file.name} is {kind}.", action=_SAVE_XLSX)
