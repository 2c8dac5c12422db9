"""Opens a contact list of any kind: CSV, an Excel workbook, a Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.contact_file import ContactFile, ContactRows, RowBlock, check_is_file
from ovh_sms.contacts.read.contact_table import ContactTable, open_contacts
from ovh_sms.errors import ContactsError

Kind = Literal["csv", "xlsx", "parquet"]

_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_SUFFIXES: dict[str, Kind] = {".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet", ".pq": "parquet"}
_KINDS = {"xlsx": "an Excel workbook", "parquet": "a Parquet file"}
_HTML = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<body", b"<style")
_XML_SHEET = (b"urn:schemas-microsoft-com:office:spreadsheet", b"Excel.Sheet")


@contextmanager
def open_rows(
    file: ContactFile, options: ContactOptions, message: str, sheet: str | None = None
) -> Iterator[ContactRows]:
    """Open a contact list and find its header.

    :param message: the campaign's message, whose placeholders name columns.
    :param sheet: name of the workbook's sheet; the first visible one by default.
    :raises ContactsError: the file cannot be read, is damaged, or has no such sheet.
    """
    if file.rows is not None:
        from ovh_sms.contacts.read.query_contacts import open_query

        with open_query(file, file.rows, options, message) as found:
            yield found
        return
    kind = file_kind(file)
    if sheet is not None and kind != "xlsx":
        raise ContactsError(
            f"A sheet is named, but the contact list {file.name} is not an Excel workbook.",
            action="Remove 'sheet', or give the workbook.",
        )
    if kind == "csv":
        with open_contacts(file.path, options, message) as table:
            yield _of_table(table, options)
    elif kind == "xlsx":
        from ovh_sms.contacts.read.sheet_contacts import open_workbook

        with open_workbook(file, sheet, options, message) as rows:
            yield rows
    else:
        from ovh_sms.contacts.read.parquet_files import open_parquet

        with open_parquet(file, options, message) as rows:
            yield rows


def file_kind(file: ContactFile) -> Kind:
    """Recognise the kind of a file by its first bytes; its suffix does not matter.

    :returns: ``csv`` also for a file that is not text: reading it raises the error.
    :raises ContactsError: it does not exist, is an encrypted or old workbook, or is not what its suffix says.
    """
    start = _first_bytes(file)
    head = start[:4]
    if head == _OLE:
        from ovh_sms.contacts.read.workbooks import old_or_encrypted

        raise old_or_encrypted(file)
    if head == _ZIP:
        return "xlsx"
    if head == _PARQUET:
        return "parquet"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_HTML) or any(each.lower() in text for each in _XML_SHEET):
        form = "a web page (HTML)" if text.startswith(_HTML) else "an XML spreadsheet of Excel 2003"
        raise ContactsError(
            f"Contact list {file.name} is {form}, not a list. It was not read.",
            action="Open it in Excel and save it as .xlsx or CSV UTF-8; or export the list in another form.",
        )
    expected = _SUFFIXES.get(Path(file.name).suffix.lower())
    if expected:
        state = "empty" if not head else f"not {_KINDS[expected]}, although its name says so"
        raise ContactsError(f"Contact list {file.name} is {state}.", action="Check the export that wrote it.")
    return "csv"


def _of_table(table: ContactTable, options: ContactOptions) -> ContactRows:
    def blocks(needed: Mapping[str, int]) -> Iterator[Callable[[], RowBlock]]:
        from ovh_sms.contacts.read.csv_blocks import can_read
        from ovh_sms.contacts.read.csv_rows import csv_row_blocks, record_row_blocks

        if table.separator.isascii() and can_read(table.encoding):
            return csv_row_blocks(table, needed, checked=options.encoding is None)
        return record_row_blocks(table, needed)

    return ContactRows(
        path=table.path,
        kind="csv",
        encoding=table.encoding,
        certainty=table.certainty,
        separator=table.separator,
        header_line=table.header_line,
        columns=table.columns,
        number_index=table.number_index,
        used=table.used,
        blocks=blocks,
    )


def _first_bytes(file: ContactFile) -> bytes:
    if any("\ud800" <= character <= "\udfff" for character in file.name):
        shown = file.name.encode("utf-8", "backslashreplace").decode("utf-8")
        raise ContactsError(f"The name of the contact list {shown} is not UTF-8.", action="Rename the file.")
    try:
        check_is_file(file.path, file.name)
        with file.path.open("rb") as handle:
            return handle.read(1024)
    except OSError as error:
        raise ContactsError(
            f"Contact list {file.name} cannot be opened: {error.strerror}.",
            action="Check its path and its permissions.",
        ) from error
