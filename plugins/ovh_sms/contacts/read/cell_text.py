"""One value of a workbook, a Parquet file or a database as text, as people read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.number_formats import exact

_BREAKS = re.compile(r"\r\n|[\r\n\v\f\x85]")
_SURROGATES = re.compile("[\ud800-\udfff]")
#: Stands for what is no character. It is not in the GSM alphabet, so that nobody is sent the remains of a value.
_UNREADABLE = "\ufffd"
_MIDNIGHT = time(0)
#: Decimals that a person may have written, and so many of a database's division that mean something.
_MOST_DECIMALS, _DIVISION = 6, 15
#: Dates and times of the day as French people write them.
FRENCH_DATE, _HOURS = "%d/%m/%Y", "%H:%M"


@dataclass(frozen=True)
class CellForm:
    """The written form of values that have none of their own.

    :param date_format: of dates, with ``%d %m %Y %y`` and, if times belong to it, ``%H %M %S``.
    :param timezone: the zone in which a moment of a known zone is shown.
    """

    date_format: str = FRENCH_DATE
    timezone: str = "Europe/Paris"

    @classmethod
    def of(cls, options: ContactOptions) -> Self:
        """Return the form that a campaign's options give."""
        return cls(options.date_format or FRENCH_DATE, options.timezone)

    def day(self, value: date) -> str:
        """Write a date."""
        return _formatted(value, self.date_format)

    def moment(self, value: datetime) -> str:
        """Write a date with its time, without a zone and parts of a second; midnight is a date alone."""
        shown = value
        if value.tzinfo is not None:
            shown = value.astimezone(ZoneInfo(self.timezone))
            if value.time() == _MIDNIGHT:  # a date that a database keeps as a moment
                shown = value
        if "%H" in self.date_format:
            return _formatted(shown, self.date_format)
        if shown.time().replace(microsecond=0) == _MIDNIGHT:
            return self.day(shown)
        return f"{self.day(shown)} {self.hours(shown.time())}"

    def hours(self, value: time) -> str:
        """Write a time of the day, with seconds if it has any."""
        return _formatted(value, f"{_HOURS}:%S" if value.second else _HOURS)

    def text(self, value: object) -> str:
        """Write a value as text.

        :returns: a whole number without point or exponent (612345678.0 is ``612345678``), other numbers without the
            noise of floating points, nothing for a missing value; with U+FFFD for bytes that
            are not UTF-8.
        """
        if value is None:
            return ""
        if isinstance(value, str):
            return tidy(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float | Decimal):
            return _number(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return tidy(bytes(value).decode("utf-8", "replace"))
        return self._time(value)

    def _time(self, value: object) -> str:
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, time):
            return self.hours(value)
        return _duration(value) if isinstance(value, timedelta) else tidy(str(value))


def tidy(text: str) -> str:
    """Return a text whose line breaks are line feeds, without lone surrogates."""
    if text.isprintable():
        return text
    return _SURROGATES.sub(_UNREADABLE, _BREAKS.sub("\n", text.strip()))


def _formatted(value: date | time, form: str) -> str:
    """Write a moment; years before 1000 keep their zeros, which strftime leaves out on some systems."""
    year = value.year if isinstance(value, date) else 0
    return value.strftime(form.replace("%Y", f"{year:04d}").replace("%y", f"{year % 100:02d}"))


def _number(value: float | Decimal) -> str:
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if number.is_nan():  # how Parquet files of pandas say that there is none
        return ""
    if not number.is_finite():
        return str(value)
    if isinstance(value, float):
        number = exact(value)
        return str(int(number)) if value.is_integer() else format(number.normalize(), "f")
    text = format(number, "f")
    whole, _, decimals = text.partition(".")
    if len(decimals) <= _MOST_DECIMALS:
        return text
    return f"{whole}.{decimals[:_DIVISION]}".rstrip("0").rstrip(".")


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(abs(value) / timedelta(seconds=1)), 60)
    shown = f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    return f"-{shown}" if value < timedelta(0) else shown
