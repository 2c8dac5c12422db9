"""Blocks of a sheet's rows as texts: formats, errors and merged cells applied, hidden rows known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Protocol

from ovh_sms.contacts.read.cell_text import CellForm, tidy
from ovh_sms.contacts.read.number_formats import general
from ovh_sms.contacts.read.sheet_cells import CellWriter, boolean
from ovh_sms.contacts.read.sheet_marks import SheetMarks

_FORM = CellForm()


class SheetForm:
    """The written form of a sheet's values, with the values merged into later rows."""

    def __init__(
        self, marks: SheetMarks, cells: CellWriter, date_format: Callable[[float], str] | None, *, shows_hidden: bool
    ) -> None:
        import numpy as np

        self.marks, self.cells, self.date_format = marks, cells, date_format
        self.hidden_rows = np.sort(np.array([] if shows_hidden else marks.hidden_rows, dtype=np.int64))
        self.shows_hidden = shows_hidden
        self.styles = {
            column: (np.frombuffer(rows, dtype=np.uint32), np.frombuffer(styles, dtype=np.uint32))
            for column, (rows, styles) in marks.styles.items()
        }
        self.rows_with_errors = {row for texts in marks.instead.values() for row in texts}
        self._areas: dict[int, list[tuple[int, int]]] = {}
        for top, bottom, column in sorted(marks.merged):
            self._areas.setdefault(column, []).append((top, bottom))
        self._texts: dict[tuple[int, int], str] = {}

    def hides(self, column: int) -> bool:
        """Return whether a column is not read, as it is hidden."""
        return not self.shows_hidden and self.marks.hides(column)

    def merge(self, column: int, line: int, texts: list[str]) -> None:
        """Write the value of each merged area of a column into all its rows."""
        end = line + len(texts)
        for top, bottom in self._areas.get(column, ()):
            if bottom < line or top >= end:
                continue
            text = texts[top - line] if top >= line else self._texts.get((column, top), "")
            self._texts[column, top] = text
            start, stop = max(top, line), min(bottom + 1, end)
            texts[start - line : stop - line] = [text] * (stop - start)


class SheetBlock(Protocol):
    """Rows of a sheet that follow each other; the first is in ``line``."""

    form: SheetForm
    line: int
    width: int

    def __len__(self) -> int: ...

    def texts(self, column: int, *, as_number: bool = False) -> list[str]:
        """The texts of a column.

        :param as_number: whether it holds phone numbers: one that its format shortens is written in full.
        """

    def blank(self, row: int) -> bool:
        """Whether a row has no value of its own."""

    def beyond(self, width: int) -> dict[int, str]:
        """The first text behind so many columns, by row."""

    def head(self, rows: int) -> SheetBlock:
        """The first rows as a block."""


class CellBlock:
    """Rows as calamine reads them."""

    def __init__(self, form: SheetForm, line: int, rows: Sequence[Sequence[Any]], left: int) -> None:
        self.form, self.line, self._rows, self._left = form, line, rows, left
        self._right = left + len(rows[0])
        self.width = max([self._right, *(column + 1 for column in form.marks.instead)])

    def __len__(self) -> int:
        return len(self._rows)

    def texts(self, column: int, *, as_number: bool = False) -> list[str]:
        """The texts of a column."""
        texts = [""] * len(self)
        if self._left <= column < self._right:
            values = [row[column - self._left] for row in self._rows]
            texts = _plain_texts(values)
            self._apply_formats(column, values, texts, as_number)
        for row, text in self.form.marks.instead.get(column, {}).items():
            if self.line <= row < self.line + len(texts):
                texts[row - self.line] = text
        self.form.merge(column, self.line, texts)
        return texts

    def blank(self, row: int) -> bool:
        """Whether a row has no value."""
        cells = self._rows[row]
        if self.line + row in self.form.rows_with_errors:
            return False
        return cells.count("") == len(cells) or not any(
            cell != "" and (not isinstance(cell, str) or cell.strip()) for cell in cells
        )

    def beyond(self, width: int) -> dict[int, str]:
        """The first text behind so many columns, by row."""
        found: dict[int, str] = {}
        for column in range(self.width - 1, width - 1, -1):
            if not self.form.hides(column):
                found.update((row, text) for row, text in enumerate(self.texts(column)) if text.strip())
        return found

    def head(self, rows: int) -> SheetBlock:
        """The first rows as a block."""
        return CellBlock(self.form, self.line, self._rows[:rows], self._left)

    def _apply_formats(self, column: int, values: Sequence[Any], texts: list[str], as_number: bool) -> None:
        if column not in self.form.styles:
            return
        rows, styles = self.form.styles[column]
        start, stop = rows.searchsorted((self.line, self.line + len(values)))
        known: dict[tuple[Any, int], str] = {}
        for row, style in zip(rows[start:stop].tolist(), styles[start:stop].tolist(), strict=True):
            value = values[row - self.line]
            key = (value, style)
            if value == "" or isinstance(value, bool):
                continue
            if key not in known:
                known[key] = self._shown(value, style, as_number)
            texts[row - self.line] = known[key]

    def _shown(self, value: Any, style: int, as_number: bool) -> str:
        cells = self.form.cells
        if isinstance(value, str):
            return tidy(cells.words(value, style))
        number = cells.days(value) if isinstance(value, date | time | timedelta) else float(value)
        shown = cells.number(number, style, self.form.date_format)
        return in_full(shown, number) if as_number else shown


class TextBlock:
    """Rows read exactly, as texts by column; ``full`` holds numbers that their format shortens."""

    def __init__(
        self, form: SheetForm, line: int, rows: Sequence[Mapping[int, str]], full: Mapping[tuple[int, int], str]
    ) -> None:
        self.form, self.line, self._rows, self._full = form, line, rows, full
        self.width = max((max(row, default=-1) for row in rows), default=-1) + 1

    def __len__(self) -> int:
        return len(self._rows)

    def texts(self, column: int, *, as_number: bool = False) -> list[str]:
        """The texts of a column."""
        texts = [row.get(column, "") for row in self._rows]
        for (line, at), text in self._full.items() if as_number else ():
            if at == column:
                texts[line - self.line] = text
        self.form.merge(column, self.line, texts)
        return texts

    def blank(self, row: int) -> bool:
        """Whether a row has no value."""
        return not any(map(str.strip, self._rows[row].values()))

    def beyond(self, width: int) -> dict[int, str]:
        """The first text behind so many columns, by row."""
        found: dict[int, str] = {}
        for at, row in enumerate(self._rows) if self.width > width else ():
            texts = (text for column, text in row.items() if column >= width and not self.form.hides(column))
            if text := next(filter(str.strip, texts), ""):
                found[at] = text
        return found

    def head(self, rows: int) -> SheetBlock:
        """The first rows as a block."""
        return TextBlock(self.form, self.line, self._rows[:rows], {})


def in_full(shown: str, number: float) -> str:
    """Write a phone number kept as a number in full, if its format shows less of it."""
    if number <= 0 or not number.is_integer():
        return shown
    plain = str(int(number))
    digits = "".join(each for each in shown if each.isdigit())
    return shown if digits.endswith(plain.lstrip("-")) else plain


def _plain_texts(values: Sequence[Any]) -> list[str]:
    """Write values without a format, each distinct number once."""
    kinds = set(map(type, values))
    if kinds <= {str}:
        texts = list(values)
        return texts if "".join(texts).isprintable() else list(map(tidy, texts))
    if kinds == {float} and all(map(float.is_integer, values)):
        return list(map(str, map(int, values)))
    if kinds <= {str, float}:
        known = {value: general(value) if isinstance(value, float) else tidy(value) for value in set(values)}
        return [known[value] for value in values]
    return list(map(_plain_text, values))


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return boolean(value)
    return general(value) if isinstance(value, float) else _FORM.text(value)
