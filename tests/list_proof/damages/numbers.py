"""Damages of phone numbers."""

from __future__ import annotations

import re

from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Line


def number(line: Line) -> str:
    assert line.person
    return line.person.number


@damage("csv", "xlsx", "parquet")
def number_in_scientific_notation(draft: Draft) -> None:
    for line in draft.some(20):
        shown = f"{float(number(line)[1:]):.{draft.rng.randint(1, 5)}E}"
        line.cells[draft.number_at] = draft.rng.choice((shown, shown.replace(".", ",")))


@damage("csv", "xlsx", "parquet")
def number_as_a_decimal(draft: Draft) -> None:
    for line in draft.lines:
        line.touched, line.cells[draft.number_at] = True, number(line)[1:] + ".0"


@damage("csv", "xlsx", "parquet")
def number_lacks_a_digit(draft: Draft) -> None:
    for line in draft.some():
        digits = f"0{number(line)[3:]}"
        at = draft.rng.randrange(2, 10)
        line.cells[draft.number_at], line.silent = digits[:at] + digits[at + 1 :], True


@damage("csv", "xlsx", "parquet")
def number_has_a_digit_more(draft: Draft) -> None:
    for line in draft.some():
        at = draft.rng.randrange(2, 10)
        digits = f"0{number(line)[3:]}"
        line.cells[draft.number_at], line.silent = digits[:at] + "5" + digits[at:], True


@damage("csv", "xlsx", "parquet")
def two_numbers_in_a_cell(draft: Draft) -> None:
    between = draft.rng.choice((" / ", " ou ", " ", ", ", "-"))
    for line in draft.some():
        line.cells[draft.number_at] = f"0{number(line)[3:]}{between}0639980000"


@damage("csv", "xlsx", "parquet")
def word_in_the_number(draft: Draft) -> None:
    for line in draft.some():
        word = draft.rng.choice(("inconnu", "voir fiche", "ne pas appeler", "?", "-"))
        line.cells[draft.number_at], line.silent = word, True


@damage("csv", "xlsx", "parquet")
def number_empty(draft: Draft) -> None:
    for line in draft.some():
        line.cells[draft.number_at], line.silent = "", True


@damage("csv", "xlsx", "parquet")
def apostrophe_before_numbers(draft: Draft) -> None:
    """The apostrophe with which Excel keeps a number's zero."""
    for line in draft.lines:
        line.touched, line.cells[draft.number_at] = True, f"'0{number(line)[3:]}"


@damage("csv", "xlsx", "parquet")
def letters_for_digits(draft: Draft) -> None:
    for line in draft.some():
        digits = f"0{number(line)[3:]}"
        line.cells[draft.number_at] = re.sub("0", draft.rng.choice("Oo"), digits, count=draft.rng.randint(1, 2))


@damage("csv", "xlsx", "parquet")
def invisible_marks_beside_numbers(draft: Draft) -> None:
    """Numbers copied from a web page or an address book."""
    if draft.kind == "csv":
        draft.dialect.encoding = "utf-8"
    for line in draft.some(30, touched=False):
        mark = draft.rng.choice(("\u200b", "\u202a", "\ufeff", "\u200e"))
        line.cells[draft.number_at] = draft.rng.choice(
            (f"{mark}{line.cells[draft.number_at]}", f"{line.cells[draft.number_at]}{mark}")
        )
