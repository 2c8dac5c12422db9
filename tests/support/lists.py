"""Contact lists of several kinds, made at run time."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from ovh_sms.contacts.read.contact_file import ContactFile


def no_fetch(*_: object) -> ContactFile:
    raise AssertionError("a local file is not fetched")


def workbook(path: Path, rows: list[list[Any]], title: str = "Clients") -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(row)
    book.save(path)
    return path


def table(path: Path, delimiter: str = ";") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle, delimiter=delimiter))
