"""The marks of a sheet beside its values: hidden rows and columns, merged cells, number formats, errors.

The rows of a sheet that is spelt as usual are searched by patterns. Anything unusual is left to the exact reader.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from ovh_sms.contacts.read.number_formats import TOO_NARROW
from ovh_sms.contacts.read.sheet_cells import (
    LAST_ROW,
    NOT_COMPUTED,
    column_index,
    is_hidden,
    not_computed,
    reference,
    sheet_rows,
)  # fmt: skip
from ovh_sms.contacts.read.workbook_archive import MOST_SMALL_BYTES
from ovh_sms.contacts.read.workbook_xml import DamagedWorkbook, parse

_MOST_MERGED = 200_000
_CELL = re.compile(
    rb'<c r="[A-Z]{1,3}([0-9]{1,7})"(?: s="[0-9]{1,5}")?(?: t="(?:s|n|b|str|e|inlineStr)")?'
    rb'(?: (?:cm|vm|ph)="[^"<>]*")*/?>'
)
_LETTERS = re.compile(rb'<c r="([A-Z]+)')
_STYLE = re.compile(rb'<c r="([A-Z]+)([0-9]+)" s="([0-9]+)"')
_NEGATIVE = re.compile(rb'<c r="([A-Z]+)([0-9]+)" s="([0-9]+)"(?: t="n")?[^<>]*>(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?<v>-')
#: A number that calamine cannot hold as a duration.
_FAR = re.compile(rb' s="([0-9]+)"[^<>]*>(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?<v>-?(?:[0-9]{9,}|[0-9.]+[Ee][+]?[0-9])')
_ROW = re.compile(rb'<row r="([0-9]{1,7})"')
_HIDDEN = re.compile(rb'<row r="([0-9]{1,7})"(?=[^<>]*? (?:hidden="(?:1|true)"|ht="0(?:\.0*)?"))')
_MAY_HIDE = re.compile(rb' hidden="(?:0|1|true|false)"')
_ERROR = re.compile(rb'<c r="([A-Z]+)([0-9]+)"[^<>]* t="e"[^<>]*>(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?<v>([^<]*)</v>')
_FORMULA = re.compile(
    rb'<c r="([A-Z]+)([0-9]+)"(?: s="[0-9]+")?(?: t="(\w+)")?[^<>]*>'
    rb"(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)(?:<v>([^<]*)</v>)?"
)


@dataclass
class SheetMarks:
    """The marks of a sheet.

    ``merged`` holds first row, last row and column of each merged area; ``styles`` the rows and styles of the cells
    with a format, by column; ``instead`` the texts of cells whose value is none. Rows count from 1, columns from 0.
    ``usual`` is False if the rows are to be read exactly; styles and errors are then found there.
    """

    hidden_rows: array[int] = field(default_factory=lambda: array("I"))
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    styles: dict[int, tuple[array[int], array[int]]] = field(default_factory=dict)
    instead: dict[int, dict[int, str]] = field(default_factory=dict)
    usual: bool = True

    def hides(self, column: int) -> bool:
        """Return whether a column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)

    def take(self, tag: str, given: dict[str, str]) -> None:
        """Take an element beside the rows."""
        if tag == "col" and is_hidden(given):
            self.hidden_columns.append((int(given["min"]) - 1, int(given["max"]) - 1))
        elif tag == "mergeCell":
            first, _, last = given["ref"].partition(":")
            (top, left), (bottom, _) = reference(first), reference(last or first)
            if bottom > top:
                self.merged.append((top, bottom, left))
            if len(self.merged) > _MOST_MERGED:
                raise DamagedWorkbook("more merged cells than a list has")


def measure(chunks: Iterable[bytes]) -> tuple[int, int] | None:
    """Measure a sheet before another reader makes a table of it: one cell far away makes it huge.

    :returns: its last row and the number of its columns; None if the sheet is not spelt as usual.
    """
    stream = iter(chunks)
    head, rest = _head(stream)
    if head is None:
        return None
    rows, held, known = 0, b"", {b"A"}
    for chunk in chain([rest], stream):
        held += chunk
        last = held.rfind(b"<row ")
        if b"</sheetData>" in chunk:
            last = len(held)
        data, held = held[:last], held[last:]
        if last <= 0 and len(held) < MOST_SMALL_BYTES:
            continue
        lines = _ROW.search(data, max(data.rfind(b"<row "), 0))
        rows = max(rows, int(lines[1]) if lines else 0)
        cells = data.partition(b"</sheetData>")[0]
        if rows > LAST_ROW:
            return None
        while found := re.search(rb'<c(?! r="(?:%b)[0-9]{1,%d}")' % (b"|".join(known), len(str(rows))), cells):
            new = _LETTERS.match(cells, found.start())
            if new is None or new[1] in known:
                return None
            known.add(new[1])
    return rows, max(column_index(each.decode()) for each in known) + 1


def find_marks(chunks: Iterable[bytes], formatted: Mapping[int, bool], *, stale: bool) -> SheetMarks | None:
    """Search the rows of a sheet for its marks.

    :param formatted: the styles that change a value, and whether they show a date or time: no cell shows one before 0.
    :param stale: whether formulas are yet to be computed.
    :returns: None if the sheet is not spelt as usual.
    """
    marks, stream = SheetMarks(), iter(chunks)
    head, rest = _head(stream)
    if head is None:
        return None
    parse([head, b"<sheetData/></worksheet>"], marks.take)
    styles = {str(style).encode(): is_time for style, is_time in formatted.items()}
    search = _Search(marks, styles, stale)
    tail = search.body(chain([rest], stream))
    if tail is None:
        return None
    parse(chain([b"<worksheet>", tail], stream), marks.take)
    return marks


def read_marks(chunks: Iterable[bytes]) -> SheetMarks:
    """Read the marks of any sheet exactly, but for those of single cells."""
    marks = SheetMarks(usual=False)
    for row in sheet_rows(chunks, marks.take):
        if row.hidden:
            marks.hidden_rows.append(row.number)
        if len(marks.hidden_rows) > LAST_ROW:
            raise DamagedWorkbook("more rows than a sheet has")
    return marks


def _head(chunks: Iterator[bytes]) -> tuple[bytes | None, bytes]:
    """Read up to the rows; None if the sheet is not spelt as usual."""
    head = b""
    for chunk in chunks:
        head += chunk
        before, found, rest = head.partition(b"<sheetData>")
        if found:
            usual = b"<worksheet" in before and not before.startswith((b"\xff\xfe", b"\xfe\xff"))
            return (before if usual else None), rest
        if len(head) > MOST_SMALL_BYTES:
            break
    return None, b""


class _Search:
    def __init__(self, marks: SheetMarks, styles: dict[bytes, bool], stale: bool) -> None:
        self._marks, self._styles, self._stale = marks, styles, stale
        self._count = 0

    def body(self, chunks: Iterable[bytes]) -> bytes | None:
        """Search the rows; returns what is behind them, None if they are not spelt as usual."""
        held = b""
        for chunk in chunks:
            held += chunk
            end = held.rfind(b"</sheetData>", max(len(held) - len(chunk) - 12, 0))
            cut = end if end >= 0 else held.rfind(b"<row ")
            if cut > 0 and not self._rows(held[:cut]):
                return None
            if end >= 0:
                return held[end + len(b"</sheetData>") :]
            held = held[max(cut, 0) :]
            if len(held) > MOST_SMALL_BYTES:
                return None
        return None

    def _rows(self, data: bytes) -> bool:
        """Search whole rows; returns False if they are not spelt as usual."""
        if (b"hidden" in data or b' ht="0' in data) and not self._hidden(data):
            return False
        has_errors, has_formulas = b' t="e"' in data, b"<f" in data
        if not (self._styles or has_errors or has_formulas):
            return True
        lines = _CELL.findall(data)
        if b"<!" in data or len(lines) != data.count(b"<c") or not set(lines) <= set(_ROW.findall(data)):
            return False
        if self._styles and not self._formats(data):
            return False
        for letters, line, text in _ERROR.findall(data) if has_errors else ():
            self._replace(letters, line, text.decode())
        for letters, line, kind, text in _FORMULA.findall(data) if has_formulas else ():
            if not_computed(kind.decode() or "n", text.decode(), stale=self._stale):
                self._replace(letters, line, NOT_COMPUTED)
        return True

    def _hidden(self, data: bytes) -> bool:
        rows = _ROW.findall(data)
        self._count += len(rows)
        if b"<!" in data or len(rows) != data.count(b"<row") or self._count > LAST_ROW:
            return False
        if data.count(b"hidden") != len(_MAY_HIDE.findall(data)):  # another spelling, or a word of a contact
            return False
        self._marks.hidden_rows.extend(map(int, _HIDDEN.findall(data)))
        return True

    def _formats(self, data: bytes) -> bool:
        """Search the cells with a format; returns False if calamine cannot hold one of them."""
        if any(self._styles.get(style) for style in _FAR.findall(data)):
            return False
        for letters, line, style in _STYLE.findall(data):
            if style in self._styles:
                column = column_index(letters.decode())
                rows, styles = self._marks.styles.setdefault(column, (array("I"), array("I")))
                rows.append(int(line))
                styles.append(int(style))
        for letters, line, style in _NEGATIVE.findall(data) if b"<v>-" in data else ():
            if self._styles.get(style):
                self._replace(letters, line, TOO_NARROW)
        return True

    def _replace(self, letters: bytes, line: bytes, text: str) -> None:
        self._marks.instead.setdefault(column_index(letters.decode()), {})[int(line)] = text
