"""Sheets: hidden and merged cells, and cells beside the table."""

from __future__ import annotations

from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Line, NotPossible, Typed


@damage("xlsx")
def rows_hidden_by_filter(draft: Draft) -> None:
    draft.hide_by_filter = True
    rows_hidden_by_hand(draft)


@damage("xlsx")
def rows_hidden_by_hand(draft: Draft) -> None:
    for line in draft.some(60):
        line.hidden = line.silent = True


@damage("xlsx")
def hidden_rows_sent(draft: Draft) -> None:
    draft.options["hidden_rows"] = "send"
    for line in draft.some(60, touched=False):
        line.hidden = True


@damage("xlsx")
def unused_column_hidden(draft: Draft) -> None:
    if not draft.table.unused:
        raise NotPossible
    draft.hidden_columns = {draft.columns.index(draft.rng.choice(draft.table.unused))}


@damage("xlsx", refused=True)
def used_column_hidden(draft: Draft) -> None:
    draft.hidden_columns = {draft.rng.choice(draft.used_at)}


@damage("xlsx")
def hidden_column_of_the_same_name(draft: Draft) -> None:
    at = draft.rng.choice(draft.used_at)
    draft.header.cells.append(draft.columns[at])
    draft.hidden_columns = {len(draft.columns)}
    for line in draft.lines:
        line.cells.append("falsch")


@damage("xlsx")
def merged_cells(draft: Draft) -> None:
    """One value for several rows; XlsxWriter cannot merge rows that it has already written out."""
    draft.writer = draft.rng.choice(("openpyxl", "xlsxwriter"))
    columns = [at for at in range(len(draft.columns)) if at != draft.number_at]
    for at in draft.rng.sample(columns, draft.rng.randint(1, len(columns))):
        top = draft.rng.randrange(len(draft.lines) // 2)
        bottom = min(top + draft.rng.randint(1, 8), len(draft.lines) - 1)
        draft.merged.append((top, bottom, at))
        for line in draft.lines[top : bottom + 1]:
            line.cells[at] = draft.lines[top].cells[at]
            assert line.person
            first = draft.lines[top].person
            assert first
            line.person.values[draft.columns[at]] = first.values[draft.columns[at]]


@damage("xlsx")
def note_beside_the_table(draft: Draft) -> None:
    for line in draft.some(3):
        line.cells += ["", "à rappeler"]


@damage("xlsx")
def table_away_from_the_corner(draft: Draft) -> None:
    draft.above = [Line([])] * draft.rng.randint(0, 4)
    columns = draft.rng.randint(1, 3)
    for line in [draft.header, *draft.lines]:
        line.cells = [None] * columns + line.cells


@damage("xlsx")
def styled_cells_far_away(draft: Draft) -> None:
    draft.lines.append(Line([*[None] * 12, Typed(None, "0.00")], counts=False))


@damage("xlsx")
def rows_of_blanks(draft: Draft) -> None:
    for _ in range(3):
        draft.insert(Line([" "] * len(draft.columns), counts=False))


@damage("xlsx")
def rich_texts(draft: Draft) -> None:
    """Texts whose end is bold."""
    draft.writer = "rich"
