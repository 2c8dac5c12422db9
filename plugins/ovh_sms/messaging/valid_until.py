"""The end of a campaign's use: a message that comes after the event helps nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Self
from zoneinfo import ZoneInfo

from ovh_sms.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class ValidUntil:
    """After this, no message of a run leaves.

    :param moment: the same for all runs, local time without a zone; or
    :param time_of_day: on the day of each run.
    :param timezone: name of the zone of either.
    """

    moment: datetime | None = None
    time_of_day: time | None = None
    timezone: str = "Europe/Paris"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Return what plain JSON values say: ``moment`` in ISO 8601, or ``time_of_day`` as ``18:00``.

        :raises ConfigurationError: they say something else, or nothing.
        """
        moment, clock = given.get("moment"), given.get("time_of_day")
        try:
            found = cls(
                moment=datetime.fromisoformat(moment) if moment else None,
                time_of_day=time.fromisoformat(clock) if clock else None,
                timezone=given.get("timezone", "Europe/Paris"),
            )
        except (TypeError, ValueError):
            found = cls()
        one = (found.moment is None) != (found.time_of_day is None)
        if not one or given.keys() - {"moment", "time_of_day", "timezone"} or (found.moment and found.moment.tzinfo):
            raise ConfigurationError(
                f"'valid_until' is {dict(given)!r}, which is no end of a campaign's use.",
                action="Nothing was sent. Give 'moment' as '2026-12-05T18:00', in the time of 'timezone', or "
                "'time_of_day' as '18:00'.",
            )
        return found

    def of_run(self, day_of: datetime) -> datetime | None:
        """Return the end of one run, aware; ``None`` if it has none.

        :param day_of: aware; the moment for which the run is planned, or at which a person started it.
        """
        zone, local = ZoneInfo(self.timezone), self.moment
        if self.time_of_day is not None and local is None:
            local = datetime.combine(day_of.astimezone(zone).date(), self.time_of_day)
        if local is None:
            return None
        # Of an hour that comes twice or not at all, the earlier reading: as of a row's own end.
        return min((local.replace(tzinfo=zone, fold=fold) for fold in (0, 1)), key=datetime.timestamp)
