"""Damages of whole rows: lost, joined, cut, repeated, shifted."""

from __future__ import annotations

import copy

from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Line, NotPossible


@damage("csv", "xlsx", "parquet")
def nothing(draft: Draft) -> None:
    """A sound list."""


@damage("csv", "xlsx")
def blank_rows(draft: Draft) -> None:
    for _ in range(draft.rng.randint(1, 5)):
        draft.insert(Line([], counts=False))


@damage("csv")
def separator_rows(draft: Draft) -> None:
    for _ in range(draft.rng.randint(1, 5)):
        blank = draft.rng.choice(("", " ", "" if draft.dialect.misread_as else "\u00a0"))
        draft.insert(Line([], text=draft.dialect.separator.join([blank] * len(draft.columns)), counts=False))


@damage("csv", "xlsx", "parquet")
def repeated_header(draft: Draft) -> None:
    for _ in range(draft.rng.randint(1, 3)):
        draft.insert(Line([*draft.header.cells], touched=True))


@damage("csv", "xlsx", "parquet", refused=True)
def other_list_below(draft: Draft) -> None:
    """Another list was put below, whose columns stand in another order."""
    order = [at for at in range(len(draft.columns)) if at != draft.number_at]
    draft.rng.shuffle(order)
    order.insert(draft.number_at if draft.rng.random() < 0.7 else 0, draft.number_at)
    at = draft.rng.randint(1, len(draft.lines) - 1)
    for line in draft.lines[at:]:
        line.cells, line.touched = [line.cells[each] for each in order], True
    draft.lines.insert(at, Line([draft.header.cells[each] for each in order], touched=True))


@damage("csv", "xlsx")
def total_below(draft: Draft) -> None:
    draft.lines.append(Line([f"Total : {len(draft.lines)} contacts"], touched=True))
    draft.neighbours(draft.lines[-1])


@damage("csv", "xlsx")
def comment_among_the_rows(draft: Draft) -> None:
    note = Line([draft.rng.choice(("# relancés en mars", "--- Suisse ---", "Groupe B"))], touched=True)
    draft.insert(note)
    draft.neighbours(note)


@damage("csv")
def extra_field(draft: Draft) -> None:
    for line in draft.some():
        cells = [draft.dialect.field(str(cell or "")) for cell in line.cells]
        cells.insert(draft.rng.randint(0, len(cells)), draft.rng.choice(("Rue Y", "bis", "2")))
        line.text = draft.dialect.separator.join(cells)


@damage("csv")
def separator_inside_a_value(draft: Draft) -> None:
    for line in draft.some(where=lambda line: '"' not in draft.written(line)):
        cells = [str(cell or "") for cell in line.cells]
        at = draft.rng.choice([at for at in range(len(cells)) if at != draft.number_at])
        cells[at] = f"12{draft.dialect.separator}{cells[at]}"
        line.text = draft.dialect.separator.join(cells)


@damage("csv")
def blank_fields_in_every_row(draft: Draft) -> None:
    more = draft.dialect.separator * draft.rng.randint(1, 3)
    for line in draft.lines:
        line.text = draft.written(line) + more


@damage("csv")
def blank_fields_in_some_rows(draft: Draft) -> None:
    for line in draft.some():
        line.text = draft.written(line) + draft.dialect.separator * draft.rng.randint(1, 3)


@damage("csv")
def empty_fields_left_out(draft: Draft) -> None:
    """Programs leave out empty fields at a row's end."""
    behind = len(draft.columns) - draft.number_at - 1
    if not behind:
        raise NotPossible
    for line in draft.some(30, touched=False):
        assert line.person
        missing = draft.rng.randint(1, behind)
        line.person.values.update(dict.fromkeys(draft.columns[-missing:], ""))
        line.cells = line.cells[:-missing]


@damage("csv")
def line_end_lost(draft: Draft) -> None:
    first = draft.some(1)[0]
    at = next(at for at, line in enumerate(draft.lines) if line is first)
    if at + 1 == len(draft.lines):
        raise NotPossible
    following = draft.lines.pop(at + 1)
    assert following.person
    first.text = draft.written(first) + draft.written(following)
    first.also.append(following.person)


@damage("csv")
def line_break_without_quotes(draft: Draft) -> None:
    """A program writes a cell's line break as it is: one row becomes two lines."""
    for line in draft.some(3, where=lambda line: '"' not in draft.written(line)):
        draft.neighbours(line)
        text = draft.written(line)
        blanks = [at for at, each in enumerate(text) if each == " "]
        cut = draft.rng.choice(blanks) if blanks and draft.rng.random() < 0.8 else draft.rng.randint(1, len(text) - 1)
        at = next(at for at, each in enumerate(draft.lines) if each is line)
        second = Line([], line.person, touched=True, text=text[cut:].strip())
        line.text, second.counts = text[:cut], bool(text[cut:].strip(f" {draft.dialect.separator}"))
        draft.lines.insert(at + 1, second)


@damage("csv")
def file_cut_off(draft: Draft) -> None:
    """The file ends inside of a row, before its last column; a shorter last value cannot be seen by anybody."""
    last = draft.some(1, where=lambda line: '"' not in draft.written(line))[0]
    text = draft.written(last)
    at = next(at for at, line in enumerate(draft.lines) if line is last)
    del draft.lines[at + 1 :]
    last.text, draft.dialect.last_end = text[: draft.rng.randint(1, text.rindex(draft.dialect.separator))], False
    last.counts = bool(last.text.strip(f"{draft.dialect.separator} "))


@damage("csv")
def two_kinds_of_line_ends(draft: Draft) -> None:
    for line in draft.some(50, touched=False):
        line.end = draft.rng.choice(("\r\n", "\n"))


@damage("csv", "xlsx", "parquet")
def row_twice(draft: Draft) -> None:
    for line in draft.some(touched=False):
        draft.insert(copy.copy(line))


@damage("csv", "xlsx", "parquet")
def same_number_other_person(draft: Draft) -> None:
    lines = draft.some(4)
    for line, other in zip(lines[::2], lines[1::2], strict=False):
        assert line.person
        assert other.person
        line.person.number, line.cells[draft.number_at] = other.person.number, other.cells[draft.number_at]


@damage("csv", "xlsx")
def shifted_row(draft: Draft) -> None:
    """A cell too many at the left, or one too few."""
    for line in draft.some():
        if draft.rng.random() < 0.5 or not draft.number_at:
            line.cells = ["", *line.cells]
        else:
            line.cells = line.cells[1:]


@damage("csv", "xlsx", "parquet")
def number_in_another_column(draft: Draft) -> None:
    for line in draft.some():
        other = draft.rng.choice([at for at in range(len(draft.columns)) if at != draft.number_at])
        here = draft.number_at
        line.cells[here], line.cells[other] = line.cells[other], line.cells[here]


@damage("csv")
def other_separator_in_some_rows(draft: Draft) -> None:
    mine = draft.dialect.separator
    other = draft.rng.choice([each for each in ";,\t|" if each != mine])
    for line in draft.some(where=lambda line: other not in draft.written(line) and '"' not in draft.written(line)):
        line.text = draft.written(line).replace(mine, other)
        draft.neighbours(line)
