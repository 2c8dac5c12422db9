"""A schedule means what it says: what becomes of each time is shown, and one that never sends is refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.errors import CampaignFileError
from ovh_sms.sending.planned_times import planned_times, refuse_if_nothing_is_sent

NOW = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Paris"))
ADVERTISING, REMINDER = {"kind": "marketing"}, {"kind": "transactional"}


def campaign(**fields: object) -> Campaign:
    given = {"name": "spring", "sender": "MYSHOP", "message": "Hi", "contacts": {"file": "a.csv"}, "budget": 5}
    return Campaign.model_validate({**given, **fields})


@pytest.mark.parametrize(
    ("fields", "at", "becomes"),
    [
        (ADVERTISING, "2026-11-24 10:00", "Tue 2026-11-24 10:00"),
        (ADVERTISING, "2026-11-25 07:00", "Wed 2026-11-25 07:00: its messages leave on Wed 2026-11-25 08:00"),
        (ADVERTISING, "2026-11-27 20:30", "Fri 2026-11-27 20:30: it would send nothing"),
        (
            {**ADVERTISING, "max_lateness_hours": 72},
            "2026-11-27 20:30",
            "Fri 2026-11-27 20:30: its messages leave on Mon 2026-11-30 08:00",
        ),
        ({**ADVERTISING, "hours": "refuse"}, "2026-11-25 07:59", "Wed 2026-11-25 07:59: it would send nothing"),
        (REMINDER, "2026-11-28 19:00", "Sat 2026-11-28 19:00"),
        (REMINDER, "2026-11-28 05:00", "Sat 2026-11-28 05:00: its messages leave on Sat 2026-11-28 07:00"),
        (REMINDER, "2026-11-28 22:00", "Sat 2026-11-28 22:00: it would send nothing"),
        (REMINDER, "2026-11-28 21:34", "Sat 2026-11-28 21:34"),
        (REMINDER, "2026-11-28 21:40", "Sat 2026-11-28 21:40: it would send nothing"),  # no time is left for its upload
        ({**REMINDER, "night": "send"}, "2026-11-28 22:00", "Sat 2026-11-28 22:00"),
        ({**REMINDER, "valid_until": "18:00"}, "2026-11-28 17:59", "Sat 2026-11-28 17:59"),
        (
            {**REMINDER, "valid_until": "2026-11-28 06:59"},
            "2026-11-28 05:00",
            "Sat 2026-11-28 05:00: it would send nothing",
        ),
        # in the campaign's own zone it is another hour
        ({**REMINDER, "timezone": "America/Martinique"}, "2026-11-28 18:00", "Sat 2026-11-28 18:00"),
        ({**ADVERTISING, "timezone": "America/Martinique"}, "2026-11-24 09:00", "Tue 2026-11-24 09:00"),
    ],
)
def test_what_becomes_of_a_time(fields: dict[str, object], at: str, becomes: str) -> None:
    it = campaign(**fields, send_at=at)
    assert [each.text for each in planned_times(it, NOW, 3)] == [becomes]


def check(it: Campaign) -> None:
    refuse_if_nothing_is_sent(it, planned_times(it, NOW, 10))


def test_a_schedule_that_would_never_send_is_refused_with_its_first_time() -> None:
    says = r"Fri 27 Nov 2026 20:30 .*leave on Mon 30 Nov 08:00.*lateness_hours` is 6"
    with pytest.raises(CampaignFileError, match=says):
        check(campaign(**ADVERTISING, schedule="30 20 * * 5"))
    with pytest.raises(CampaignFileError, match="`hours: refuse`"):
        check(campaign(**ADVERTISING, hours="refuse", schedule="0 10 * * 6"))


def test_a_schedule_whose_messages_are_of_no_use_when_they_leave_is_refused() -> None:
    with pytest.raises(CampaignFileError, match=r"06:00 would leave on .*`valid_until` ends their use"):
        check(campaign(**ADVERTISING, schedule="0 6 * * 1-5", valid_until="07:30"))
    with pytest.raises(CampaignFileError, match="`valid_until` ends their use"):
        check(
            campaign(**ADVERTISING, send_at="2026-12-05 10:00", valid_until="2026-12-06 09:00", max_lateness_hours=72)
        )
    check(campaign(**ADVERTISING, schedule="0 10 * * 1-5", valid_until="18:00"))
    check(campaign(**ADVERTISING, schedule="0 10 * * 1-5", valid_until="2026-01-01 18:00"))  # it has ended


def test_a_schedule_may_have_some_runs_that_send_nothing() -> None:
    check(campaign(**ADVERTISING, schedule="0 10 * * *"))
    check(campaign(**ADVERTISING))
