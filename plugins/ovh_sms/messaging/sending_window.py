"""The hours in which marketing messages may be sent in France.

OVH's own pages contradict each other (Monday to Friday or to Saturday; 20 or 22 h). The default is the window that
all of them allow: Monday to Friday, 8 to 20 h in Paris, without public holidays. Everything is adjustable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ovh_sms.errors import ConfigurationError

_LONGEST_CLOSURE_DAYS = 31


@dataclass(frozen=True, kw_only=True)
class SendingWindow:
    """The hours in which a marketing message may leave.

    :param start: first open hour of a day, 0 to 23.
    :param end: hour at which the day closes, 1 to 24; at that hour sharp it is closed.
    :param weekdays: open days, Monday is 0.
    :param zone: name of the time zone of the hours.
    :param holidays_of: ISO 3166 code of the country whose public holidays are closed; None for no holidays.
    :param subdivision: region of that country with holidays of its own, as "Moselle".
    :raises ConfigurationError: the window could never open, or the zone or country is unknown.
    """

    start: int = 8
    end: int = 20
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    zone: str = "Europe/Paris"
    holidays_of: str | None = "FR"
    subdivision: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 24:
            raise ConfigurationError(
                f"A sending window from {self.start} to {self.end} never opens.",
                action="Give whole hours with 0 ≤ start < end ≤ 24.",
            )
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise ConfigurationError(
                f"The weekdays {list(self.weekdays)} of the sending window are not days of a week.",
                action="Give at least one of 0 (Monday) to 6 (Sunday).",
            )
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise ConfigurationError(
                f"Time zone {self.zone!r} of the sending window is unknown.", action="Give one as Europe/Paris."
            ) from None

    def is_open(self, moment: datetime, margin: timedelta = timedelta(0)) -> bool:
        """Return whether a message may leave at a moment.

        :param margin: for how long it must stay open.
        :raises ConfigurationError: the moment has no time zone.
        """
        local = self._local(moment)
        if not (self._open_day(local.date()) and self.start <= local.hour < self.end):
            return False
        day, hour = (local.date() + timedelta(days=1), 0) if self.end == 24 else (local.date(), self.end)
        closes = datetime.combine(day, time(hour), tzinfo=ZoneInfo(self.zone))
        return closes.timestamp() - local.timestamp() > margin.total_seconds()

    def opens_at(self, moment: datetime, margin: timedelta = timedelta(0)) -> datetime:
        """Return the first moment from which a message may leave.

        :param moment: an aware date and time, in any zone.
        :param margin: for how long the window must stay open then, at most some hours.
        :returns: the moment itself if the window is open, else its next opening, in the window's zone.
        :raises ConfigurationError: the moment has no time zone, or the window stays closed for a month.
        """
        if self.is_open(moment, margin):
            return moment
        local = self._local(moment)
        first = 0 if local.hour < self.start else 1
        for days in range(first, first + _LONGEST_CLOSURE_DAYS):
            day = local.date() + timedelta(days=days)
            if self._open_day(day):
                return datetime.combine(day, time(self.start), tzinfo=ZoneInfo(self.zone))
        raise ConfigurationError(
            f"The sending window does not open within {_LONGEST_CLOSURE_DAYS} days of {local:%Y-%m-%d}.",
            action="Check weekdays and holidays.",
        )

    def _local(self, moment: datetime) -> datetime:
        if moment.utcoffset() is None:
            raise ConfigurationError(
                "The sending window cannot be compared with a moment without a time zone.",
                action="Give an aware datetime, as datetime.now(UTC).",
            )
        return moment.astimezone(ZoneInfo(self.zone))

    def _open_day(self, day: date) -> bool:
        if day.weekday() not in self.weekdays:
            return False
        return self.holidays_of is None or day not in _holidays(self.holidays_of, self.subdivision, day.year)


@lru_cache(maxsize=64)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """Public holidays of one year."""
    import holidays

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        region = f" ({subdivision})" if subdivision else ""
        raise ConfigurationError(
            f"Public holidays of {country}{region} are unknown.",
            action="Give a country code as FR and a region of it that the holidays library knows, or no country.",
        ) from None
