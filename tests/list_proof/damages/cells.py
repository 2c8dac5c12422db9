"""Cells of a sheet that hold another value than the one they show."""

from __future__ import annotations

from datetime import date

from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Line, NotPossible, Typed
from list_proof.true_tables import MONTHS, euros


def columns_of(draft: Draft, *kinds: str) -> list[int]:
    found = [at for at, kind in enumerate(draft.table.kinds.values()) if kind in kinds]
    if not found:
        raise NotPossible
    return found


def typed(draft: Draft, kind: str, change: object) -> None:
    """Change the filled cells of the columns of a kind: ``change`` makes the typed value of a text."""
    assert callable(change)
    for at in columns_of(draft, kind):
        for line in draft.lines:
            if line.cells[at]:
                line.cells[at] = change(line.cells[at])


def cents(text: str) -> int:
    return int("".join(each for each in text if each.isdigit()))


def day(text: str) -> date:
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


def show(draft: Draft, line: Line, at: int, text: str) -> None:
    """Change the truth: the cell shows another text."""
    assert line.person
    line.person.values[draft.columns[at]] = text


@damage("xlsx")
def zeros_by_format(draft: Draft) -> None:
    typed(draft, "code", lambda text: Typed(int(text), "00000"))


@damage("xlsx")
def percentages(draft: Draft) -> None:
    form = draft.rng.choice(("0%", "0\\%", "0%;-0%"))
    by = 1 if form == "0\\%" else 100
    typed(draft, "percent", lambda text: Typed(int(text[:-1]) / by, form))


@damage("xlsx")
def amounts(draft: Draft) -> None:
    form = draft.rng.choice(
        ('#,##0.00\\ "€"', "#,##0.00\\ [$€-40C]", "# ##0.00 €", '#,##0.00\\ "€";[Red]\\-#,##0.00\\ "€"')
    )
    typed(draft, "amount", lambda text: Typed(cents(text) / 100, form))


@damage("xlsx")
def dates(draft: Draft) -> None:
    draft.epoch_1904 = draft.rng.random() < 0.3
    typed(draft, "date", lambda text: Typed(day(text), "dd/mm/yyyy"))


@damage("xlsx")
def dates_in_words(draft: Draft) -> None:
    for at in columns_of(draft, "date"):
        for line in draft.lines:
            if text := line.cells[at]:
                when = day(str(text))
                show(draft, line, at, f"{when.day} {MONTHS[when.month - 1]} {when.year}")
                line.cells[at] = Typed(when, draft.rng.choice(("d mmmm yyyy", "[$-40C]d mmmm yyyy")))


@damage("xlsx")
def dates_in_the_form_of_the_campaign(draft: Draft) -> None:
    draft.options["date_format"] = "%d.%m.%Y"
    for at in columns_of(draft, "date"):
        for line in draft.lines:
            if text := line.cells[at]:
                show(draft, line, at, str(text).replace("/", "."))
                line.cells[at] = Typed(day(str(text)), draft.rng.choice(("dd/mm/yyyy", "d mmm yy", "yyyy-mm-dd")))


@damage("xlsx")
def dates_as_texts_among_dates(draft: Draft) -> None:
    """Some dates are texts, as in a sheet into which people have pasted them."""
    typed(draft, "date", lambda text: text if draft.rng.random() < 0.4 else Typed(day(text), "dd/mm/yyyy"))


@damage("csv", "xlsx", "parquet")
def dates_in_a_form_of_a_program(draft: Draft) -> None:
    """A text such as 2026-03-01 00:00:00 is what people see in the file, so that it is sent."""
    for at in columns_of(draft, "date"):
        for line in draft.lines:
            if text := line.cells[at]:
                line.cells[at] = f"{day(str(text)).isoformat()} 00:00:00"
                show(draft, line, at, str(line.cells[at]))


@damage("xlsx")
def floating_point_noise(draft: Draft) -> None:
    typed(draft, "weight", lambda text: Typed(float(text) + 4e-16 * float(text)))


@damage("xlsx")
def whole_numbers(draft: Draft) -> None:
    typed(draft, "points", lambda text: Typed(float(text)))


@damage("xlsx")
def numbers_of_phones_as_numbers(draft: Draft) -> None:
    form = draft.rng.choice(("General", '0#" "##" "##" "##" "##', "0.00E+00", "0"))
    for line in draft.lines:
        assert line.person
        line.cells[draft.number_at] = Typed(int(line.person.number[3:]), form)


@damage("xlsx")
def escapes(draft: Draft) -> None:
    """Characters as Open XML escapes them; a real ``_x0041_`` is one that a program has escaped itself."""
    draft.writer = "plain"
    for line in draft.some(30, touched=False):
        for at in range(len(line.cells)):
            if at != draft.number_at and line.cells[at]:
                line.cells[at] = f"{line.cells[at]}{draft.rng.choice(('_x000D_', '_x000A_', '_x0020_'))}"


@damage("xlsx")
def formulas(draft: Draft) -> None:
    """Cells with a formula and its result."""
    draft.writer = "xlsxwriter"
    at = draft.rng.choice([at for at in range(len(draft.columns)) if at != draft.number_at])
    for line in draft.lines:
        if line.cells[at]:
            line.cells[at] = Typed(line.cells[at], formula='=A1&""')


@damage("xlsx")
def formulas_never_computed(draft: Draft) -> None:
    draft.writer = "openpyxl"
    at = draft.rng.choice(draft.used_at)
    for line in draft.some(20):
        line.cells[at], line.silent = Typed("", formula='=A1&""'), True


@damage("xlsx", "csv", "parquet")
def cell_errors(draft: Draft) -> None:
    for line in draft.some(20):
        at = draft.rng.choice([draft.number_at, *draft.used_at])
        line.cells[at], line.silent = draft.rng.choice(("#REF!", "#VALEUR!", "#NOM?", "########")), True


@damage("xlsx")
def mixed_types(draft: Draft) -> None:
    """Numbers kept as numbers or as texts from row to row."""
    for at in columns_of(draft, "points", "weight"):
        for line in draft.lines:
            if line.cells[at] and draft.rng.random() < 0.5:
                line.cells[at] = Typed(float(str(line.cells[at])))


@damage("xlsx")
def amounts_rounded_by_format(draft: Draft) -> None:
    for at in columns_of(draft, "amount"):
        for line in draft.lines:
            if text := line.cells[at]:
                shown = (cents(str(text)) + 50) // 100
                show(draft, line, at, euros(shown * 100).replace(",00 €", " €"))
                line.cells[at] = Typed(cents(str(text)) / 100, '#,##0\\ "€"')
