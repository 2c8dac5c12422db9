"""Until when each row's message is of use, as a column of the contact list says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.compute as pc

from ovh_sms.contacts.classify.consent_days import day_in
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.arrow_arrays import integers_in

#: The end of a row that has none that can be read.
NO_END = np.iinfo(np.int64).min

_DAY = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|.*[^\W\d]\.? \d{4}")
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
        #: A list whose dates begin with the month does not write others as French people do.
        self._is_french = self._form is None or not 0 <= self._form.find("%m") < self._form.find("%d")

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

        Days are read as French people write them, ``05/12/2026 14:30`` or ``5 décembre 2026 à 14h30``, unless
        ``date_format`` has the month first; as ISO 8601; or in the form of ``date_format``.
        """
        text = " ".join(value.split())
        local = self._in_own_form(text) or _iso(text) or (_french(text) if self._is_french else None)
        if local is None or local.tzinfo is not None:
            return local
        try:
            first, second = (local.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        except OverflowError:  # 0001-01-01, as databases write no day
            return None
        return min(first, second)  # of an hour that comes twice, the first

    def _in_own_form(self, text: str) -> datetime | None:
        if self._form is None:
            return None
        try:
            found = datetime.strptime(text, self._form)  # noqa: DTZ007 - the zone is the campaign's
        except ValueError:
            return None
        return found if "%H" in self._form else datetime.combine(found.date(), _LAST)


_LAST = time(23, 59, 59)


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
        day = day_in(text) if _DAY.fullmatch(text) else None
        return None if day is None else datetime.combine(day, _LAST)
    day = day_in(found["day"])
    try:
        clock = time(int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None
    return None if day is None else datetime.combine(day, clock)
