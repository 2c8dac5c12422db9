"""Messages that OVH sends after a delay leave at a fit hour and before the end of their use, too."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from ovh_sms.errors import ScheduleTooOld
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.sending.schedule import HoursWait
from unit.sending.test_hours import ADVERTISING, FRANCE, MARTINIQUE, REMINDER, paris, schedule_for


@pytest.mark.parametrize(
    ("hours", "number", "ready", "given"),
    [
        (REMINDER, FRANCE, "2026-11-25 20:00", "2026-11-26 05:00"),  # two hours later it would be night
        (REMINDER, FRANCE, "2026-11-25 05:30", "2026-11-25 05:30"),
        (ADVERTISING, MARTINIQUE, "2026-11-25 10:30", "2026-11-25 11:00"),
        (ADVERTISING, MARTINIQUE, "2026-11-25 18:30", "2026-11-26 11:00"),
    ],
)
def test_messages_leave_in_their_hours_after_a_delay_too(hours: HoursRule, number: str, ready: str, given: str) -> None:
    schedule = schedule_for(number, hours, delay=timedelta(hours=2), planned_at=paris(ready))
    begins = paris(ready).astimezone(UTC)
    try:
        schedule.check(begins, has_started=True)
    except HoursWait as wait:
        begins += wait.wait
    assert begins == paris(given)
    schedule.check(begins, has_started=True)


def test_messages_leave_before_the_end_of_their_use_after_a_delay_too() -> None:
    ready = paris("2026-11-25 10:00")
    day: dict[str, Any] = {"delay": timedelta(hours=2), "max_lateness": timedelta(hours=1)}
    with pytest.raises(ScheduleTooOld, match="valid_until"):
        schedule_for(FRANCE, REMINDER, valid_until=paris("2026-11-25 11:59"), **day).check(ready)
    in_time = schedule_for(FRANCE, REMINDER, valid_until=paris("2026-11-25 12:30"), planned_at=ready, **day)
    in_time.check(ready)  # the delay itself makes no run late
    assert in_time.minutes_left(ready) == 30
    with pytest.raises(ScheduleTooOld, match="planned for"):
        schedule_for(FRANCE, REMINDER, planned_at=ready, **day).check(paris("2026-11-25 11:01"))
