"""When a campaign starts by itself: a cron expression, one moment, or data that is ready."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from ovh_sms.campaign.yaml_files import Strict

_PRESETS = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
_FIELDS = 5
#: From any day on, the days of an expression come or never come.
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
#: croniter's own letters: each reading of the file would mean another time.
_BY_CHANCE = re.compile("(?<![a-z])[rh](?![a-z])", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::00)?")


class AssetSchedule(Strict):
    """Data that starts a campaign whenever an upstream DAG has updated it.

    :param asset: name of the Airflow asset.
    """

    asset: str

    @field_validator("asset")
    @classmethod
    def _is_a_name(cls, asset: str) -> str:
        if not asset.strip() or len(asset) > 1_500 or not asset.isprintable():
            raise ValueError("give the name of an Airflow asset, as in the DAG that updates it")
        return asset


class ValidUntilColumn(Strict):
    """The end of each row's use, in the contact list itself.

    :param column: name of the column, as in the header.
    """

    column: Annotated[str, Field(min_length=1)]


def check_cron(cron: str, timezone: str) -> str:
    """Return a cron expression that means what it says.

    :raises ValueError: it has seconds or years, is no expression, or its days never come.
    """
    from croniter import CroniterBadDateError, croniter

    fields, shown = cron.split(), cron[:40]
    if len(fields) != _FIELDS and cron not in _PRESETS:
        raise ValueError(
            f"'{shown}' has {len(fields)} fields; give five: minute, hour, day, month, weekday, as '0 10 * * 2'"
        )
    if not croniter.is_valid(cron) or _BY_CHANCE.search(cron):
        raise ValueError(f"'{shown}' is not a cron expression such as '0 10 * * 2'")
    try:
        found = next_times(cron, timezone, _SOME_DAY, 1)
    except CroniterBadDateError:
        found = []
    if not found:
        raise ValueError(f"'{shown}' names days that never come, as 31 February")
    return cron


def next_times(cron: str, timezone: str, now: datetime, count: int) -> list[datetime]:
    """Return the next times of a cron expression.

    :param timezone: name of its zone.
    :param now: aware.
    :returns: aware times in the zone, the next first.
    """
    from croniter import croniter

    zone = ZoneInfo(timezone)
    times = croniter(cron, now.astimezone(zone), ret_type=datetime, max_years_between_matches=8).all_next(datetime)
    return [moment.astimezone(zone) for moment in islice(times, count)]


def read_moment(text: str) -> datetime:
    """Read a local date and time as ``2026-12-05 10:00``.

    :returns: without a zone.
    :raises ValueError: it is none, or no such day exists.
    """
    if not _MOMENT.fullmatch(text.strip()):
        raise ValueError(f"'{text[:40]}' is not a date and a time such as '2026-12-05 10:00'")
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"'{text}' is no moment of the calendar") from error


def read_valid_until(text: str, timezone: str) -> dict[str, str]:
    """Read the end of a campaign's use: a local date and time, or a time of each run's day.

    :returns: see :meth:`ovh_sms.messaging.valid_until.ValidUntil.of`.
    :raises ValueError: it is neither.
    """
    clock = _CLOCK.fullmatch(text.strip())
    if clock:
        return {"time_of_day": time(int(clock[1]), int(clock[2])).isoformat(), "timezone": timezone}
    try:
        moment = check_local_moment(read_moment(text), timezone)
    except ValueError as error:
        raise ValueError(f"{error}; or give the time of each run's day alone, in quotes, as '\"18:00\"'") from error
    return {"moment": moment.replace(tzinfo=None).isoformat(), "timezone": timezone}


def check_local_moment(moment: datetime, timezone: str) -> datetime:
    """Return a local moment with its zone.

    :raises ValueError: the clock skips it or shows it twice on that day.
    """
    zone = ZoneInfo(timezone)
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise ValueError(f"the clock in {timezone} skips {moment:%Y-%m-%d %H:%M} or shows it twice; give another hour")
    return first
