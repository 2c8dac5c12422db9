"""Drafts: the lines of a file that is about to be written, with the people they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from list_proof.csv_files import Dialect
from list_proof.true_tables import Person, Table


@dataclass(frozen=True)
class Typed:
    """A value that is no text: a number or date with the number format of its cell, or a formula with its result."""

    value: Any
    form: str = "General"
    formula: str = ""


Cell = str | Typed | None


class NotPossible(Exception):
    """A draft cannot be damaged so: it has no such column, for example."""


@dataclass
class Line:
    """One line of a draft, or one row of a sheet.

    :param person: the true row that it holds; ``also`` are others that damage has put into it.
    :param touched: it is damaged, so that it may be rejected.
    :param silent: nothing of it may be sent.
    :param counts: it is a row in the account.
    :param reason: why it is rejected, if only one reason is right.
    :param text: the line as written, instead of its cells; ``data`` its bytes, instead of its text.
    """

    cells: list[Cell]
    person: Person | None = None
    also: list[Person] = field(default_factory=list)
    touched: bool = False
    silent: bool = False
    hidden: bool = False
    counts: bool = True
    reason: str = ""
    text: str | None = None
    data: bytes | None = None
    end: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether it is a person's row that no damage has changed."""
        return self.person is not None and not self.touched and self.text is None


@dataclass
class Draft:
    """A file before it is written; damages change it.

    :param kind: ``csv``, ``xlsx`` or ``parquet``.
    :param above: lines above the header.
    :param merged: areas of one column: the first and the last of its lines, from 0, and the column.
    :param arrow_types: types of a Parquet file's columns that are not text.
    :param writer: the program that writes a workbook.
    :param message: the message as its author has written it, if not as the table says.
    :param addresses: what stands before the values of a column in a web address, by column.
    :param must_be_read: the list is sound: it is not refused, and neither is a row that no damage has touched.
    :param refusal: a part of the error's sentence with which the list is refused.
    :param left_over: columns whose empty values leave something odd; ``None`` if that does not matter.
    """

    table: Table
    kind: str
    rng: Random
    dialect: Dialect
    header: Line
    lines: list[Line]
    above: list[Line] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    hidden_columns: set[int] = field(default_factory=set)
    hide_by_filter: bool = False
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    arrow_types: dict[int, str] = field(default_factory=dict)
    epoch_1904: bool = False
    writer: str = ""
    message: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    must_be_read: bool = False
    refusal: str = ""
    left_over: set[str] | None = None

    @property
    def sent_message(self) -> str:
        """The message of the campaign."""
        return self.message or self.table.message

    @property
    def columns(self) -> list[str]:
        return self.table.columns

    @property
    def number_at(self) -> int:
        return self.columns.index(self.table.number_column)

    @property
    def used_at(self) -> list[int]:
        return [self.columns.index(name) for name in self.table.used]

    def every_line(self) -> Iterator[Line]:
        """All lines in the file's order."""
        yield from self.above
        yield self.header
        yield from self.lines

    def some(self, most: int = 6, *, touched: bool = True, where: Callable[[Line], bool] | None = None) -> list[Line]:
        """Choose some sound lines, in the file's order; by default they are touched now."""
        width = len(self.columns)
        sound = [at for at, line in enumerate(self.lines) if line.is_sound and len(line.cells) >= width]
        free = [at for at in sound if not where or where(self.lines[at])]
        if not free:
            raise NotPossible
        chosen = sorted(self.rng.sample(free, min(len(free), self.rng.randint(1, most))))
        found = [self.lines[at] for at in chosen]
        for line in found:
            line.touched = touched
        return found

    def written(self, line: Line) -> str:
        """A line of a CSV file as its dialect writes it, without its end."""
        return line.text if line.text is not None else self.dialect.join([str(cell or "") for cell in line.cells])

    def neighbours(self, line: Line) -> None:
        """Touch the lines beside one: a value may go on there, in a CSV file."""
        if self.kind != "csv":
            return
        at = next(at for at, each in enumerate(self.lines) if each is line)
        for near in self.lines[max(at - 1, 0) : at + 2]:
            near.touched = True

    def insert(self, new: Line) -> None:
        """Insert a line among the others."""
        self.lines.insert(self.rng.randint(1, len(self.lines)), new)


def draft_of(table: Table, kind: str, dialect: Dialect, rng: Random) -> Draft:
    """Write a table down as a person would, every value as text."""

    def cells(person: Person) -> list[Cell]:
        return [person.written if how == "number" else person.values[name] for name, how in table.kinds.items()]

    lines = [Line(cells(each), each) for each in table.people]
    header: list[Cell] = [*table.columns]
    return Draft(table, kind, rng, dialect, Line(header, counts=False), lines)
