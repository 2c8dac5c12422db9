"""Damages of quotes and of separators beside them."""

from __future__ import annotations

from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Line, NotPossible


def quoted(draft: Draft) -> None:
    draft.dialect.quoting = "all"


@damage("csv")
def separator_lost_beside_quotes(draft: Draft) -> None:
    quoted(draft)
    for line in draft.some():
        between = f'"{draft.dialect.separator}"'
        text = draft.written(line)
        at = draft.rng.choice([at for at in range(len(text)) if text.startswith(between, at)])
        line.text = text[: at + 1] + text[at + 2 :]


@damage("csv")
def separator_lost_beside_the_number(draft: Draft) -> None:
    for line in draft.some(where=lambda line: '"' not in draft.written(line)):
        cells = [str(cell or "") for cell in line.cells]
        at = draft.number_at
        at = at - 1 if at == len(cells) - 1 or (at and draft.rng.random() < 0.5) else at
        if not cells[at] or not cells[at + 1]:
            line.touched = False
            continue
        cells[at : at + 2] = [cells[at] + draft.rng.choice(("", " ")) + cells[at + 1]]
        line.text = draft.dialect.separator.join(cells)


@damage("csv")
def quote_never_closed(draft: Draft) -> None:
    for line in draft.some(2, where=lambda line: '"' not in draft.written(line)):
        cells = [str(cell or "") for cell in line.cells]
        at = draft.rng.randrange(len(cells))
        cells[at] = '"' + cells[at]
        line.text = draft.dialect.separator.join(cells)
        behind = next(at for at, each in enumerate(draft.lines) if each is line)
        for each in draft.lines[behind : behind + 100]:
            each.touched = each.touched or '"' in draft.written(each)


@damage("csv")
def quote_lost(draft: Draft) -> None:
    """A list in quotes lacks one of them: rows of other people may stand inside of quotes."""
    quoted(draft)
    for line in draft.some(2):
        text = draft.written(line)
        at = draft.rng.choice([at for at, each in enumerate(text) if each == '"'])
        line.text = text[:at] + text[at + 1 :]
        draft.neighbours(line)


@damage("csv")
def quotes_around_rows(draft: Draft) -> None:
    """A quote that opens in one row and closes in a later one: the rows between seem to be one value."""
    draft.dialect.quoting = "minimal"
    first = draft.some(1, where=lambda line: '"' not in draft.written(line))[0]
    at = next(at for at, line in enumerate(draft.lines) if line is first)
    last = min(at + draft.rng.randint(1, 4), len(draft.lines) - 1)
    inside = draft.lines[at : last + 1]
    if len(inside) < 2 or any('"' in draft.written(line) for line in inside):
        raise NotPossible
    for line in draft.lines[max(at - 1, 0) : last + 2]:
        line.touched = True
    cells = [str(cell or "") for cell in first.cells]
    cells[-1] = '"' + cells[-1]
    first.text, inside[-1].text = draft.dialect.separator.join(cells), draft.written(inside[-1]) + '"'


@damage("csv")
def quote_inside_a_word(draft: Draft) -> None:
    for line in draft.some(where=lambda line: '"' not in draft.written(line)):
        text = draft.written(line)
        inside = [at for at in range(1, len(text)) if not text[at - 1].isdigit()]  # behind a digit it means inches
        at = draft.rng.choice(inside or [1])
        line.text = text[:at] + '"' + text[at:]
        draft.neighbours(line)


@damage("csv")
def inner_quotes_not_doubled(draft: Draft) -> None:
    quoted(draft)
    for line in draft.some():
        at = draft.rng.choice([at for at in range(len(line.cells)) if at != draft.number_at])
        cells = [draft.dialect.field(str(cell or "")) for cell in line.cells]
        cells[at] = f'"le "bon" {cells[at][1:]}'
        line.text = draft.dialect.separator.join(cells)


@damage("csv")
def backslash_before_quotes(draft: Draft) -> None:
    quoted(draft)
    for line in draft.some():
        at = draft.rng.choice([at for at in range(len(line.cells)) if at != draft.number_at])
        cells = [draft.dialect.field(str(cell or "")) for cell in line.cells]
        cells[at] = f'"dit \\"Bob\\" {cells[at][1:]}'
        line.text = draft.dialect.separator.join(cells)


@damage("csv")
def whole_line_quoted(draft: Draft) -> None:
    draft.dialect.quoting = "minimal"
    for line in draft.some(3):
        line.text = '"' + draft.written(line).replace('"', '""') + '"'
        draft.neighbours(line)


@damage("csv", refused=True)
def every_line_quoted(draft: Draft) -> None:
    draft.dialect.stated = False
    for line in draft.every_line():
        line.text = '"' + draft.written(line).replace('"', '""') + '"'


@damage("csv")
def blanks_before_quotes(draft: Draft) -> None:
    if draft.dialect.separator == "\t":
        raise NotPossible
    quoted(draft)
    for line in draft.lines:
        line.text = draft.written(line).replace(f'{draft.dialect.separator}"', f'{draft.dialect.separator} "')


def break_a_cell(draft: Draft, line: Line) -> None:
    """Put a line break into a value, as people do with Alt and Enter."""
    assert line.person
    name = draft.rng.choice([name for name in draft.columns if name != draft.table.number_column])
    ends = ("\n", "\r\n", "\r") if draft.kind == "csv" else ("\n",)
    first, second = draft.rng.choice((("Bât. B", "Lyon"), ("12 rue X", "75001 Paris"), ("Ana", "Bob"), ("1", "2")))
    line.person.values[name] = f"{first}\n{second}"
    line.cells[draft.columns.index(name)] = first + draft.rng.choice(ends) + second
    line.touched = name in draft.table.used


def broken_cells(draft: Draft, way: str) -> None:
    draft.options["line_breaks"] = way
    if draft.dialect.end == "\r":
        draft.dialect.end = "\n"
    for line in draft.some(touched=False):
        break_a_cell(draft, line)


@damage("csv", "xlsx", "parquet")
def line_break_in_a_cell(draft: Draft) -> None:
    broken_cells(draft, "reject")


@damage("csv", "xlsx", "parquet")
def line_break_in_a_cell_kept(draft: Draft) -> None:
    broken_cells(draft, "keep")


@damage("csv", "xlsx", "parquet")
def line_break_in_a_cell_as_blank(draft: Draft) -> None:
    broken_cells(draft, "blank")
