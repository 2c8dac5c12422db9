"""Changes of a draft's table: names, columns, and the message."""

from __future__ import annotations

from collections.abc import Callable

from list_proof.csv_files import UNICODE
from list_proof.drafts import Draft, Line
from list_proof.true_tables import Person


def in_unicode(draft: Draft) -> None:
    """Write a file in an encoding that holds every character."""
    draft.dialect.encoding = draft.rng.choice(UNICODE)


def person_of(line: Line) -> Person:
    assert line.person
    return line.person


def rename(draft: Draft, old: str, new: str) -> None:
    """Call a column otherwise, in the list and in the message."""
    if old == new:
        return
    table = draft.table
    draft.header.cells[draft.columns.index(old)] = new
    table.kinds = {new if name == old else name: kind for name, kind in table.kinds.items()}
    table.pattern[1::2] = [new if name == old else name for name in table.used]
    for each in table.people:
        each.values = {new if name == old else name: value for name, value in each.values.items()}


def use(draft: Draft, name: str) -> str:
    """Call one of the used columns so, if there is none of that name; returns the name."""
    if name in draft.columns and name not in draft.table.used:
        rename(draft, name, f"{name} bis")
    if name not in draft.table.used:
        rename(draft, draft.rng.choice(draft.table.used), name)
    return name


def set_value(draft: Draft, line: Line, name: str, shown: str, meant: str | None = None) -> None:
    """Write a value into the file, and its meaning into the truth."""
    person_of(line).values[name] = shown if meant is None else meant
    line.cells[draft.columns.index(name)] = shown


def insert_column(draft: Draft, name: str, cell_of: Callable[[Line], str], *, kind: str = "other") -> None:
    """Put a column into a list, at any place; it holds what a function says for each line."""
    if name in draft.columns:
        rename(draft, name, f"{name} bis")
    at = draft.rng.randint(0, len(draft.columns))
    kinds = [*draft.table.kinds.items()]
    kinds.insert(at, (name, kind))
    draft.table.kinds = dict(kinds)
    draft.header.cells.insert(at, name)
    for line in draft.lines:
        cell = cell_of(line)
        line.cells.insert(at, cell)
        person_of(line).values[name] = cell


def reject(line: Line, reason: str = "") -> None:
    """Nothing of a line may be sent."""
    line.touched = line.silent = True
    line.reason = reason


def reject_all(draft: Draft) -> None:
    """Nobody may get a text of a list."""
    for line in draft.lines:
        reject(line)


def say(draft: Draft, text: str) -> None:
    """Put a text into the message: before it, behind it or between two of its columns."""
    at = draft.rng.randrange(0, len(draft.table.pattern), 2)
    draft.table.pattern[at] += text
