"""A calendar month of the usage: it begins and ends at midnight in Paris, in summer as in winter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from ovh_sms.errors import ConfigurationError

#: OVH's zone: its exports write dates in it, and its months are those of its invoices.
PARIS = ZoneInfo("Europe/Paris")
#: Messages end within their validity of two days; receipts are read a day longer.
FINAL_AFTER = timedelta(hours=72)

_WRITTEN = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class UsageMonth:
    """One month.

    :param first: its first day.
    """

    first: date

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a month such as ``2026-10``.

        :raises ConfigurationError: it is no month.
        """
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ConfigurationError(
                f"The month {text!r} cannot be read. Nothing was computed.", action="Write it as 2026-10."
            )
        return cls(date(int(found[1]), int(found[2]), 1))

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return the month of a moment.

        :param moment: aware.
        """
        return cls(moment.astimezone(PARIS).date().replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def next(self) -> UsageMonth:
        """The month after it."""
        return UsageMonth((self.first + timedelta(days=32)).replace(day=1))

    @property
    def previous(self) -> UsageMonth:
        """The month before it."""
        return UsageMonth((self.first - timedelta(days=1)).replace(day=1))

    @property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return datetime(self.first.year, self.first.month, 1, tzinfo=PARIS).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first moment of the next month, in UTC."""
        return self.next.start

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The moments right before its start and its end: what came after the first, up to the second, is of it."""
        instant = timedelta(microseconds=1)
        return self.start - instant, self.end - instant

    def is_final(self, now: datetime) -> bool:
        """Return whether its messages have ended, so that its figures can be closed.

        :param now: aware.
        """
        return now >= self.end + FINAL_AFTER


def local_text(moment: datetime) -> str:
    """Write a moment as OVH's exports do, in Paris and to the second; such texts compare as their moments do.

    In the hour that autumn repeats they do not: no month begins or ends in it.
    """
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M:%S}"


def moment_text(text: str) -> str:
    """Return a date of an export in Paris: one with an offset of its own is converted."""
    text = text.strip()
    if len(text) <= len("2026-10-01 00:00:00"):
        return text.replace("T", " ")
    return local_text(datetime.fromisoformat(text))
