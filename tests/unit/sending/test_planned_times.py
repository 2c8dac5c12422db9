"""A schedule means what it says: what becomes of each time is shown, and one that never sends is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.errors import CampaignFileError
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.sending.planned_times import planned_times, refuse_if_nothing_is_sent

PARIS = ZoneInfo("Europe/Paris")
SIX_HOURS = timedelta(hours=6)
ADVERTISING, REMINDER = HoursRule(marketing=True), HoursRule(marketing=False)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("hours", "at", "most", "text"),
    [
        (ADVERTISING, "2026-11-24 10:00", SIX_HOURS, "Tue 24 Nov 2026 10:00"),
        (
            ADVERTISING,
            "2026-11-25 07:00",
            SIX_HOURS,
            "Wed 25 Nov 2026 07:00: its messages leave on Wed 25 Nov 2026 08:00",
        ),
        (ADVERTISING, "2026-11-27 20:30", SIX_HOURS, "Fri 27 Nov 2026 20:30: it would send nothing"),
        (
            ADVERTISING,
            "2026-11-27 20:30",
            timedelta(hours=72),
            "Fri 27 Nov 2026 20:30: its messages leave on Mon 30 Nov 2026 08:00",
        ),
        (
            HoursRule(marketing=True, hours="refuse"),
            "2026-11-25 07:59",
            SIX_HOURS,
            "Wed 25 Nov 2026 07:59: it would send nothing",
        ),
        (REMINDER, "2026-11-28 19:00", SIX_HOURS, "Sat 28 Nov 2026 19:00"),
        (REMINDER, "2026-11-28 05:00", SIX_HOURS, "Sat 28 Nov 2026 05:00: its messages leave on Sat 28 Nov 2026 07:00"),
        (REMINDER, "2026-11-28 22:00", SIX_HOURS, "Sat 28 Nov 2026 22:00: it would send nothing"),
        (HoursRule(marketing=False, night="send"), "2026-11-28 22:00", SIX_HOURS, "Sat 28 Nov 2026 22:00"),
    ],
)
def test_what_becomes_of_a_time(hours: HoursRule, at: str, most: timedelta, text: str) -> None:
    assert [each.text for each in planned_times([paris(at)], hours, most)] == [text]


def test_a_schedule_that_would_never_send_is_refused_with_its_first_time() -> None:
    fridays = [paris("2026-11-27 20:30") + timedelta(weeks=week) for week in range(4)]
    with pytest.raises(
        CampaignFileError, match=r"Fri 27 Nov 2026 20:30 .*leave on Mon 30 Nov 08:00.*lateness_hours` is 6"
    ):
        refuse_if_nothing_is_sent(planned_times(fridays, ADVERTISING, SIX_HOURS), ADVERTISING, SIX_HOURS)


def test_a_schedule_may_have_some_runs_that_send_nothing() -> None:
    every_day = [paris("2026-11-23 20:30") + timedelta(hours=12 * day) for day in range(4)]
    refuse_if_nothing_is_sent(planned_times(every_day, ADVERTISING, SIX_HOURS), ADVERTISING, SIX_HOURS)
    refuse_if_nothing_is_sent([], ADVERTISING, SIX_HOURS)
