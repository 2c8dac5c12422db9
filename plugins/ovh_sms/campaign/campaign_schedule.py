"""When a campaign starts by itself: a cron expression, one moment, or data that is ready."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from ovh_sms.campaign.alternatives import CHOSEN, OTHER, chosen_for
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


def check_zone(timezone: str) -> str:
    """Return the name of a time zone.

    :raises ValueError: it names none.
    """
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"'{timezone}' is not a time zone such as 'Europe/Paris'") from error
    return timezone


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
    return list(_next_times(cron, timezone, now, count))


@lru_cache(maxsize=4_096)  # a thousand files share some schedules, and each is checked from the same days on
def _next_times(cron: str, timezone: str, now: datetime, count: int) -> tuple[datetime, ...]:
    from croniter import croniter

    zone = ZoneInfo(timezone)
    times = croniter(cron, now.astimezone(zone), ret_type=datetime, max_years_between_matches=8).all_next(datetime)
    return tuple(moment.astimezone(zone) for moment in islice(times, count))


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
        moment = read_moment(text)
    except ValueError as error:
        raise ValueError(f"{error}; or {_other_ends(text.strip())}") from error
    return {"moment": check_local_moment(moment, timezone).replace(tzinfo=None).isoformat(), "timezone": timezone}


def _other_ends(text: str) -> str:
    if re.match(r"[^\W\d]", text):  # a word
        column = text if re.fullmatch(r"[\w -]{1,40}", text) else json.dumps(text[:40], ensure_ascii=False)
        return f"write `{{column: {column}}}` for a column of the list"
    return "give the time of each run's day alone, in quotes, as '\"18:00\"'"


def _refuse_end_before_start(until: dict[str, str], schedule: Any, send_at: str | None) -> None:
    """Check that some run may start before the end; a schedule that is no cron expression starts at any time."""
    once, clock = read_moment(send_at) if send_at else None, until.get("time_of_day")
    if clock is None:
        if once is not None and datetime.fromisoformat(until["moment"]) <= once:
            raise ValueError(f"no run could ever send: `send_at` is {once:%Y-%m-%d %H:%M}; give a later moment")
        return
    first = once.time() if once is not None else _first_time(schedule) if isinstance(schedule, str) else None
    if first is not None and time.fromisoformat(clock) <= first:
        raise ValueError(f"no run could ever send: none starts before {first:%H:%M}; give a later time of the day")


def _first_time(cron: str) -> time:
    """The earliest time of a day at which an expression starts a run."""
    from croniter import croniter

    minutes, hours, *_ = croniter.expand(cron)[0]
    hour, minute = (min(0 if each == "*" else int(each) for each in part) for part in (hours, minutes))
    return time(hour, minute)


def check_local_moment(moment: datetime, timezone: str) -> datetime:
    """Return a local moment with its zone.

    :raises ValueError: the clock skips it or shows it twice on that day.
    """
    zone = ZoneInfo(timezone)
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise ValueError(f"the clock in {timezone} skips {moment:%Y-%m-%d %H:%M} or shows it twice; give another hour")
    return first


def _no_moment(schedule: Any) -> Any:
    if isinstance(schedule, int | float | date):
        raise ValueError("give minute, hour, day, month and weekday, as '0 10 * * 2'; one moment is a `send_at`")
    return schedule


def _no_number(moment: Any) -> Any:
    if isinstance(moment, int | float):  # 10:00 is 600 to YAML
        raise ValueError("give a date and a time such as 2026-12-05 10:00")
    return _as_text(moment)


def _as_text(moment: Any) -> Any:
    """YAML reads a day, and a time with seconds, as values of its own."""
    if isinstance(moment, datetime):
        return moment.isoformat(sep=" ", timespec="seconds")
    return moment.isoformat() if isinstance(moment, date) else moment


def _days_come(schedule: Any, info: ValidationInfo) -> Any:
    if isinstance(schedule, str) and "timezone" in info.data:
        check_cron(schedule, info.data["timezone"])
    return schedule


def _comes_once(send_at: str, info: ValidationInfo) -> str:
    if info.data.get("schedule") is not None:
        raise ValueError("give either `schedule` or `send_at`: a campaign that is sent once has no schedule")
    if "timezone" in info.data:
        check_local_moment(read_moment(send_at), info.data["timezone"])
    return send_at


def _ends_after_a_start(until: Any, info: ValidationInfo) -> Any:
    if isinstance(until, str) and "timezone" in info.data:
        end = read_valid_until(until, info.data["timezone"])
        _refuse_end_before_start(end, info.data.get("schedule"), info.data.get("send_at"))
    return until


Timezone = Annotated[str, AfterValidator(check_zone)]
#: Fields of a campaign; ``timezone`` stands before them, and each before the next.
Schedule = Annotated[
    Annotated[str, OTHER] | Annotated[AssetSchedule, CHOSEN],
    chosen_for(dict, AssetSchedule),
    BeforeValidator(_no_moment),
    AfterValidator(_days_come),
]
SendAt = Annotated[str, BeforeValidator(_no_number), AfterValidator(_comes_once)]
ValidUntil = Annotated[
    Annotated[str, OTHER] | Annotated[ValidUntilColumn, CHOSEN],
    chosen_for(dict, ValidUntilColumn),
    BeforeValidator(_as_text),
    AfterValidator(_ends_after_a_start),
]
