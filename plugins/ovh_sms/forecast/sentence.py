"""A sentence with its values, that logs say in English and pages in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Sentence:
    """An English sentence with placeholders.

    :param text: as ``{n} credits``; a test demands its French.
    :param values: counts and days.
    """

    text: str
    values: Mapping[str, float | date] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in English."""
        return self.text.format(**{name: _english(value) for name, value in self.values.items()})


def _english(value: float | date) -> str:
    if isinstance(value, date):
        return f"{_WEEKDAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]} {value.year}"
    return f"{value:,.0f}"
