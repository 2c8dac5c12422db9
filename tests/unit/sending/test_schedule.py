"""The schedule of a batch beside its hours: backfills, lateness, and lists that would only be uploaded to wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.errors import ConfigurationError, OutsideHours
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.messaging.receiver_zones import zones_of
from ovh_sms.operators.hours import schedule_of
from ovh_sms.sending.schedule import Schedule
from support.airflow_task import context

MARTINIQUE, REUNION = zones_of("+596696201234"), zones_of("+262692123456")
ADVERTISING = HoursRule(marketing=True)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Paris"))


def test_a_backfill_that_is_allowed_leaves_nobody_out_for_being_late() -> None:
    schedule = Schedule(
        planned_at=paris("2026-11-16 10:00"), is_backfill=True, backfill_allowed=True, hours=ADVERTISING
    )
    now = paris("2026-11-30 15:00")
    schedule.check(now)
    run = schedule.run_hours(now)
    assert run is not None
    assert run.is_in_time(MARTINIQUE)


def test_no_lateness_at_all_may_be_asked_for() -> None:
    schedule = Schedule(planned_at=paris("2026-11-30 10:00"), max_lateness=timedelta(0), hours=ADVERTISING)
    run = schedule.run_hours(paris("2026-11-30 15:00"))
    assert run is not None
    assert not run.is_in_time(REUNION)
    given: dict[str, Any] = {"marketing": True, "max_lateness": timedelta(0)}
    assert schedule_of(context(), {"max_lateness": 3_600}, **given).max_lateness == timedelta(0)  # type: ignore[arg-type]


def test_a_run_that_may_not_wait_is_refused_before_its_list_is_uploaded() -> None:
    schedule = Schedule(hours=HoursRule(marketing=True, hours="refuse"), zones=MARTINIQUE)
    with pytest.raises(OutsideHours, match="hours: refuse"):
        schedule.wait_for_hours(paris("2026-11-30 19:50"))


@pytest.mark.parametrize(
    "hours",
    [
        {"night": "Hold"},
        {"hours": "refused"},
        {"nigth": "hold"},
        {"valid_until": {"momet": "2026-12-05T18:00"}},
        {"valid_until": {"moment": "2026-12-05T18:00+09:00"}},
        {"valid_until": {"moment": "2026-12-05T18:00", "time_of_day": "18:00"}},
        {"valid_until": {"time_of_day": "18 h"}},
    ],
    ids=str,
)
def test_hours_that_mean_nothing_are_refused(hours: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        schedule_of(context(), hours, marketing=False)  # type: ignore[arg-type]
