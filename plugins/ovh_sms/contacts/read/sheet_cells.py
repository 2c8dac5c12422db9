"""Rows of a sheet from its XML, read exactly and as a stream: for sheets of any size and spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from ovh_sms.contacts.read.date_formats import FIRST_RIGHT_DAY, serial
from ovh_sms.contacts.read.number_formats import cell_format
from ovh_sms.contacts.read.workbook_archive import WorkbookArchive
from ovh_sms.contacts.read.workbook_xml import DamagedWorkbook, SharedTexts, parsing

#: The last row and column of a sheet.
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
#: A cell whose formula was never computed, as the error of a spreadsheet.
NOT_COMPUTED = "#CALC!"
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_TRUE = ("1", "true", "on")


class Cell(NamedTuple):
    """A cell as it is written: column from 0, index of its style, type, text, and whether it has a formula."""

    column: int
    style: int
    kind: str
    text: str | None
    has_formula: bool


class Row(NamedTuple):
    """A row as it is written; the number counts from 1."""

    number: int
    hidden: bool
    cells: list[Cell]


def sheet_rows(chunks: Iterable[bytes], other: Callable[[str, dict[str, str]], None]) -> Iterator[Row]:
    """Read the rows of a sheet.

    :param other: called with the tags, and their attributes, that are neither row nor cell.
    """
    reader = _Reader(other)
    for _ in parsing(chunks, reader.start, reader.end, reader.data):
        yield from reader.rows
        reader.rows.clear()


def is_hidden(given: dict[str, str]) -> bool:
    """Return whether a row or column is hidden, or has no height or width."""
    size = given.get("ht", given.get("width", "1"))
    return given.get("hidden") in _TRUE or not size.strip("0.")


def column_index(letters: str) -> int:
    """Return the position of a column, from 0."""
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1


def reference(text: str) -> tuple[int, int]:
    """Return row, from 1, and column, from 0, of a reference such as ``B2``."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise DamagedWorkbook("a cell without a place")
    return int(found[2]), column_index(found[1])


class CellWriter:
    """Writes cells as the sheet shows them."""

    def __init__(self, archive: WorkbookArchive) -> None:
        self._formats = archive.formats
        self._epoch_1904, self._stale = archive.epoch_1904, archive.stale

    def is_plain(self, style: int) -> bool:
        """Return whether a style changes no value."""
        return cell_format(self._code(style)).plain

    def days(self, value: date | time | timedelta) -> float:
        """Return a date, time or duration as the workbook counts it."""
        if isinstance(value, timedelta):
            return value / timedelta(days=1)
        if isinstance(value, time):
            return (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86_400
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        days = serial(moment, epoch_1904=self._epoch_1904)
        return days - 1 if not self._epoch_1904 and days < FIRST_RIGHT_DAY else days

    def is_time(self, style: int) -> bool:
        """Return whether a style shows a date or a time."""
        return cell_format(self._code(style)).is_time

    def number(self, value: float, style: int, date_format: Callable[[float], str] | None = None) -> str:
        """Write a number by the format of its style.

        :param date_format: writes dates instead, if the campaign wants them in a form of its own.
        """
        form = cell_format(self._code(style), self._epoch_1904)
        if date_format is not None and form.has_day:
            return date_format(value)
        return form.number(value)

    def words(self, text: str, style: int) -> str:
        """Write a text by the format of its style."""
        return cell_format(self._code(style)).words(text)

    def text(self, cell: Cell, shared: list[str], date_format: Callable[[float], str] | None = None) -> str:
        """Write a cell."""
        if cell.has_formula and not_computed(cell.kind, cell.text, stale=self._stale):
            return NOT_COMPUTED
        text = cell.text or ""
        if cell.kind == "s":
            at = int(text or -1)
            if not 0 <= at < len(shared):
                raise DamagedWorkbook("a text that is not there")
            return self.words(unescaped(shared[at]), cell.style)
        if cell.kind in ("str", "inlineStr"):
            return self.words(unescaped(text), cell.style)
        if cell.kind == "b":
            return boolean(text in _TRUE)
        if not text or cell.kind == "e":
            return text
        if cell.kind == "d":
            moment = datetime.fromisoformat(text).replace(tzinfo=None)
            return self.number(serial(moment, epoch_1904=self._epoch_1904), cell.style, date_format)
        return self.number(float(text), cell.style, date_format)

    def _code(self, style: int) -> str:
        return self._formats[style] if 0 <= style < len(self._formats) else "General"


def unescaped(text: str) -> str:
    """Undo the escapes of a workbook: ``_x000D_`` is a line break, ``_x005F_`` a low line."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def boolean(value: bool) -> str:
    """Write a truth value as a French Excel shows it."""
    return "VRAI" if value else "FAUX"


def not_computed(kind: str, text: str | None, *, stale: bool) -> bool:
    """Return whether the value beside a formula is none: nothing, or the 0 of a program that cannot compute."""
    return (not text and kind not in ("str", "inlineStr")) or (stale and text == "0")


class _Reader:
    """Collects rows from the events of a parser."""

    def __init__(self, other: Callable[[str, dict[str, str]], None]) -> None:
        self.rows: list[Row] = []
        self._other = other
        self._row: Row | None = None
        self._number = self._column = 0
        self._given: dict[str, str] = {}
        self._has_formula = False
        self._value: list[str] | None = None
        self._into: list[str] | None = None
        self._inline = SharedTexts()

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "c":
            self._given, self._has_formula, self._value = given, False, None
        elif tag == "v":
            self._into = self._value = []
        elif tag == "f":
            self._has_formula = True
        elif tag == "row":
            self._number = int(given.get("r", self._number + 1))
            if not 0 < self._number <= LAST_ROW:
                raise DamagedWorkbook("a row that no sheet has")
            self._row, self._column = Row(self._number, is_hidden(given), []), -1
        elif tag in ("is", "t", "rPh"):
            self._inline.start(tag, given)
        elif self._row is None:
            self._other(tag, given)

    def data(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)
        else:
            self._inline.data(text)

    def end(self, tag: str) -> None:
        if tag == "v":
            self._into = None
        elif tag == "c" and self._row is not None:
            self._end_cell(self._row)
        elif tag == "row" and self._row is not None:
            self.rows.append(self._row)
            self._row = None
        elif tag in ("is", "t", "rPh"):
            self._inline.end(tag)

    def _end_cell(self, row: Row) -> None:
        given, place = self._given, self._given.get("r")
        line, self._column = reference(place) if place else (row.number, self._column + 1)
        if line != row.number or self._column >= LAST_COLUMN:
            raise DamagedWorkbook("a cell outside of its row")
        text = None if self._value is None else "".join(self._value)
        kind = given.get("t", "n")
        if kind == "inlineStr" and self._inline.found:
            text = self._inline.found.pop()
        self._inline.found.clear()
        if text or self._has_formula:
            row.cells.append(Cell(self._column, int(given.get("s", 0)), kind, text, self._has_formula))
