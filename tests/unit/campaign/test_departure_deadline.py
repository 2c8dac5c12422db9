"""The deadline in a campaign file, and when it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.errors import CampaignFileError
from ovh_sms.sending.planned_times import refuse_if_never_in_time, usual_times
from support.campaign_text import GOOD, load

NOTIFY = "notify: [{notifier: support.notifiers.FileNotifier, arguments: {path: a}}]\n"
TUESDAYS = "schedule: '0 10 * * 2'\n"


def check(folder: Path, text: str) -> None:
    """Read a file, and check its times as the DAG's factory does."""
    campaign = load(folder, GOOD + NOTIFY + text)
    refuse_if_never_in_time(campaign, usual_times(campaign))


@pytest.mark.parametrize(
    "text",
    [
        "leave_within_hours: 0.5\n",
        "leave_within_hours: 48\n",  # started by hand: it is never too late
        "leave_within_hours: 48\nschedule: {asset: appointments}\n",
        f"{TUESDAYS}leave_within_hours: 6\n",
        f"{TUESDAYS}leave_within_hours: 48\npace: 500 per hour\n",
        f"{TUESDAYS}leave_within_hours: 24\npilot: 500\n",
        # Of some days the messages leave on the next one, of others at once.
        "schedule: '0 10 * * *'\nleave_within_hours: 2\nmax_lateness_hours: 48\n",
        "schedule: '0 6 * * 2'\nleave_within_hours: 2\n",
    ],
)
def test_a_deadline_is_read(tmp_path: Path, text: str) -> None:
    check(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        *((f"leave_within_hours: {it}\n", "field `leave_within_hours`") for it in ("0", "-1", "721", "soon", ".inf")),
        ("leave_within_hours: 2\nhours: hold\n", "`hours: hold` leaves the wait to OVH"),
        (f"{TUESDAYS}leave_within_hours: 7\n", r"longer than `max_lateness_hours` \(6\)"),
        ("send_at: 2098-12-03 10:00\nleave_within_hours: 7\n", r"longer than `max_lateness_hours` \(6\)"),
        (
            "schedule: '0 6 * * 2'\nleave_within_hours: 1.5\n",
            "every run would be late: .* is 1.5, and messages planned for Tue .* 06:00 leave on Tue .* 08:00",
        ),
    ],
)
def test_a_deadline_of_no_use_is_refused_with_one_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CampaignFileError, match=says) as refused:
        check(tmp_path, text)
    assert str(refused.value).count("leave_within_hours") <= 3


def test_a_deadline_without_notifiers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignFileError, match="reported by `notify`, which names nobody"):
        load(tmp_path, f"{GOOD}leave_within_hours: 2\n")
