"""The pace and the pilot in a campaign file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.errors import CampaignFileError
from unit.campaign.test_campaign_file import GOOD, load


@pytest.mark.parametrize(
    ("given", "messages", "seconds"),
    [
        ("5000 per hour", 5_000, 3_600),
        ("5,000 per hour", 5_000, 3_600),
        ("100  per minute", 100, 60),
        ("20 000 per day", 20_000, 86_400),
    ],
)
def test_a_pace_is_read(tmp_path: Path, given: str, messages: int, seconds: int) -> None:
    campaign = load(tmp_path, f"{GOOD}pace: {given}\n")
    assert campaign.hours_arguments()["pace"] == {"messages": messages, "seconds": seconds}


@pytest.mark.parametrize(
    "given", ["5000", "0 per hour", "fast", "5000 per week", "5.000 per hour", "-1 per day", "[1]"]
)
def test_any_other_pace_is_refused_with_an_example(tmp_path: Path, given: str) -> None:
    with pytest.raises(CampaignFileError, match=r"field `pace`.*`5000 per hour`"):
        load(tmp_path, f"{GOOD}pace: {given}\n")


def test_ovh_does_not_hold_what_has_a_pace(tmp_path: Path) -> None:
    with pytest.raises(CampaignFileError, match="has OVH hold everything"):
        load(tmp_path, f"{GOOD}pace: 5000 per hour\nhours: hold\n")


def pilot(folder: Path, given: str, *more: str) -> dict[str, float]:
    campaign = load(folder, "\n".join([f"{GOOD.rstrip()}", *more, f"pilot: {given}", ""]))
    arguments = campaign.prepare_arguments(folder)["pilot"]
    assert isinstance(arguments, dict)
    return arguments


def test_a_number_of_people_alone_is_a_pilot_with_the_usual_limits(tmp_path: Path) -> None:
    found = pilot(tmp_path, "500")
    assert (found["count"], found["wait"], found["min_delivered"]) == (500, 4 * 3_600, 80)
    assert pilot(tmp_path, "{count: 500}") == found


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ("{count: 500, wait_hours: 0.5}", "wait", 1_800),
        ("{count: 500, min_delivered: 85 %}", "min_delivered", 85),
        ("{count: 500, min_delivered: '87,5%'}", "min_delivered", 87.5),
        ("{count: 500, min_delivered: 100 %}", "min_delivered", 100),
        ("{count: 500, max_stop_rate: 8}", "max_stop_rate", 8),
    ],
)
def test_each_limit_of_a_pilot_is_read(tmp_path: Path, given: str, field: str, value: float) -> None:
    assert pilot(tmp_path, given)[field] == value


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("0", "count"),
        ("-5", "count"),
        ("2000000", "count"),
        ("{count: 2.5}", "count"),
        ("{wait_hours: 2}", "count"),
        ("500 people", "pilot"),
        ("true", "pilot"),
        ("[500]", "pilot"),
        ("{count: 500, wait_hours: 0}", "wait_hours"),
        ("{count: 500, wait_hours: 49}", "wait_hours"),
        ("{count: 500, wait_hours: .nan}", "wait_hours"),
        ("{count: 500, min_delivered: 80}", "min_delivered"),
        ("{count: 500, min_delivered: 0 %}", "min_delivered"),
        ("{count: 500, min_delivered: 101 %}", "min_delivered"),
        ("{count: 500, max_stop_rate: 0}", "max_stop_rate"),
        ("{count: 500, max_stop_rate: 1001}", "max_stop_rate"),
        ("{count: 500, share: 5}", "share"),
    ],
)
def test_any_other_pilot_is_refused_by_its_field(tmp_path: Path, given: str, field: str) -> None:
    with pytest.raises(CampaignFileError, match=field):
        pilot(tmp_path, given)


def test_ovh_does_not_hold_what_has_a_pilot(tmp_path: Path) -> None:
    with pytest.raises(CampaignFileError, match="has OVH hold everything"):
        load(tmp_path, f"{GOOD}pilot: 500\nhours: hold\n")
