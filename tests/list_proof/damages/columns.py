"""Columns of a Parquet file whose type is not text."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

from list_proof.damages.cells import cents, columns_of, day, show, typed
from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Typed


def as_type(draft: Draft, kind: str, name: str, change: object) -> None:
    """Give the columns of a kind a type, and their values with it."""
    typed(draft, kind, change)
    draft.arrow_types.update(dict.fromkeys(columns_of(draft, kind), name))


@damage("parquet")
def date_column(draft: Draft) -> None:
    as_type(draft, "date", "date32", lambda text: Typed(day(text)))


@damage("parquet")
def moment_column(draft: Draft) -> None:
    """Moments in UTC, which Paris reads an hour or two later."""
    as_type(draft, "date", "timestamp[us, UTC]", lambda text: Typed(datetime.combine(day(text), time(10, 30), UTC)))
    for at in columns_of(draft, "date"):
        for line in draft.lines:
            if isinstance(cell := line.cells[at], Typed):
                show(draft, line, at, f"{cell.value:%d/%m/%Y} {12 if _is_summer(cell.value) else 11}:30")


def _is_summer(moment: datetime) -> bool:
    """Summer time by its rule: from the last Sunday of March to the last one of October."""

    def last_sunday(month: int) -> datetime:
        last = datetime(moment.year, month, 31, 1, tzinfo=UTC)
        return last.replace(day=31 - (last.weekday() + 1) % 7)

    return last_sunday(3) <= moment < last_sunday(10)


@damage("parquet")
def midnight_column(draft: Draft) -> None:
    as_type(draft, "date", "timestamp[ns]", lambda text: Typed(datetime.combine(day(text), time())))


@damage("parquet")
def decimal_column(draft: Draft) -> None:
    as_type(draft, "amount", "decimal", lambda text: Typed(Decimal(cents(text)).scaleb(-2)))
    for at in columns_of(draft, "amount"):
        for line in draft.lines:
            if isinstance(cell := line.cells[at], Typed):
                show(draft, line, at, f"{cell.value:.2f}")


@damage("parquet")
def float32_column(draft: Draft) -> None:
    as_type(draft, "weight", "float32", lambda text: Typed(float(text)))


@damage("parquet")
def float_column_with_noise(draft: Draft) -> None:
    as_type(draft, "weight", "float64", lambda text: Typed(float(text) + 4e-16 * float(text)))


@damage("parquet")
def whole_numbers_as_floats(draft: Draft) -> None:
    """A program that knows no empty whole number makes floating point ones of a column."""
    as_type(draft, "points", "float64", lambda text: Typed(float(text)))


@damage("parquet")
def phones_as_integers(draft: Draft) -> None:
    _phones(draft, "int64", int)


@damage("parquet")
def phones_as_floats(draft: Draft) -> None:
    _phones(draft, "float64", float)


def _phones(draft: Draft, name: str, kind: type) -> None:
    digits = draft.rng.choice((1, 3))
    for line in draft.lines:
        assert line.person
        line.cells[draft.number_at] = Typed(kind(line.person.number[digits:]))
    draft.arrow_types[draft.number_at] = name


@damage("parquet")
def coded_column(draft: Draft) -> None:
    for at in range(len(draft.columns)):
        draft.arrow_types[at] = "dictionary"


@damage("parquet")
def missing_values(draft: Draft) -> None:
    """An empty value may be missing, or a text without characters."""
    for line in draft.lines:
        line.cells = [cell or draft.rng.choice((None, "")) for cell in line.cells]
