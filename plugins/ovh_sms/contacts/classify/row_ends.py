"""Until when each row's message is of use, as a column of the contact list says."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.compute as pc

from ovh_sms.contacts.classify.consent_days import day_in
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.arrow_arrays import integers_in

#: The end of a row that has none that can be read.
NO_END = np.iinfo(np.int64).min

_FIGURES, _ISO = r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})", r"\d{4}-\d{1,2}-\d{1,2}"
_WORDS = r"(?:[^\W\d]+\.? )?\d{1,2}(?:er)? [^\W\d]+\.? \d{4}"
_DAY_ALONE = re.compile(rf"{_FIGURES}|{_WORDS}")
#: Nothing else may stand in a day: in "5 décembre 2026 14h30 à 16h" it would be part of one.
_DAY = re.compile(rf"{_DAY_ALONE.pattern}|{_ISO}")
_IN_FIGURES = re.compile(_FIGURES)
_DAY_AND_TIME = re.compile(
    r"(?P<day>.*?\d)(?:[ T]|,| à | at | - )\s*(?:à )?"
    r"(?P<hour>\d{1,2})\s?(?:[h:](?P<minute>\d{2})?)(?::(?P<second>\d{2})(?:\.\d+)?)?"
)


class RowEnds:
    """Reads the column; any thread may use it.

    :param options: with the zone of the moments, and how the list writes its dates.
    """

    def __init__(self, options: ContactOptions) -> None:
        self._zone = ZoneInfo(options.timezone)
        self._form = options.date_format
        letters = "".join(re.findall("%([dmYy])", self._form or ""))
        self._month_first = letters.startswith("m")

    def read(self, values: Any) -> Any:
        """Return the ends in seconds since 1970, :data:`NO_END` where there is none.

        :param values: a pyarrow string array without nulls.
        """
        coded = pc.dictionary_encode(values)
        known = np.array([self._seconds(word) for word in coded.dictionary.to_pylist()], dtype=np.int64)
        return known[integers_in(coded.indices)] if len(known) else np.zeros(0, dtype=np.int64)

    def _seconds(self, value: str) -> int:
        end = self.end_of(value)
        return NO_END if end is None else int(end.timestamp())

    def end_of(self, value: str) -> datetime | None:
        """Return the moment that a value names, aware; of a day alone its end; ``None`` if it is not certain.

        Days are read as French people write them, ``05/12/2026 14:30`` or ``5 décembre 2026 à 14h30``, as ISO 8601, or
        in the form of ``date_format``.
        """
        text = " ".join(value.split())
        local = self._in_own_form(text) or _iso(text) or self._in_french(text)
        if local is None or local.year == _LATEST.year:
            return local and _LATEST
        zone = local.tzinfo or self._zone
        try:
            first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        except OverflowError:  # how some databases write that there is no date
            return None
        return min(first, second)  # of an hour that comes twice, the first

    def _in_own_form(self, text: str) -> datetime | None:
        """A moment in the list's own form; cells with a time have it behind a day in that form."""
        if self._form is None or "%y" not in self._form.lower():
            return None
        day = self._own(text)
        if day is not None:
            return day if "%H" in self._form else datetime.combine(day.date(), _LAST)
        found = _DAY_AND_TIME.fullmatch(text)
        day = self._own(found["day"]) if found else None
        return _at_time(day.date(), found) if day and found and "%H" not in self._form else None

    def _own(self, text: str) -> datetime | None:
        try:
            return datetime.strptime(text, self._form or "")  # noqa: DTZ007 - the zone is the campaign's
        except ValueError:
            return None

    def _in_french(self, text: str) -> datetime | None:
        """A moment as French people write it; not in figures if the list writes the month first."""
        return None if self._month_first and _IN_FIGURES.match(text) else _french(text)


_LAST = time(23, 59, 59)
#: How databases write that there is no end: later ones have no time in every zone.
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if ":" in text:
        return found
    return datetime.combine(found.date(), _LAST) if len(text) == len("2026-12-05") else None


def _french(text: str) -> datetime | None:
    found = _DAY_AND_TIME.fullmatch(text)
    if found is None:
        day = day_in(text) if _DAY_ALONE.fullmatch(text) else None
        return None if day is None else datetime.combine(day, _LAST)
    day = day_in(found["day"]) if _DAY.fullmatch(found["day"]) else None
    return None if day is None else _at_time(day, found)


def _at_time(day: date, found: re.Match[str]) -> datetime | None:
    try:
        clock = time(int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None
    return datetime.combine(day, clock)
