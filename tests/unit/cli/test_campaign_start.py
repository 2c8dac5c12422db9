"""The preview says when a campaign starts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.cli.campaign_start import describe_start, start_of
from support.cli import Command, write_campaign

NOW = datetime(2026, 10, 23, 9, 30, tzinfo=UTC)


def campaign(**fields: object) -> Campaign:
    given = {"name": "spring", "kind": "marketing", "sender": "MYSHOP", "message": "Bonjour", "budget": 5}
    return Campaign.model_validate({**given, "contacts": {"file": "a.csv"}, **fields})


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        # the clocks of Paris change on 25 October: it stays 10 h
        (
            {"schedule": "0 10 * * *"},
            "Next times: Sat 2026-10-24 10:00, Sun 2026-10-25 10:00, Mon 2026-10-26 10:00 (Europe/Paris)",
        ),
        (
            {"schedule": "@monthly", "timezone": "Indian/Reunion"},
            "Next times: Sun 2026-11-01 00:00, Tue 2026-12-01 00:00, Fri 2027-01-01 00:00 (Indian/Reunion)",
        ),
        ({"send_at": "2026-12-05 10:00"}, "Starts once: Sat 2026-12-05 10:00 (Europe/Paris)"),
        ({"send_at": "2026-10-23 11:00"}, "Starts once: Fri 2026-10-23 11:00 (Europe/Paris), which has passed"),
        ({"schedule": {"asset": "appointments"}}, "Starts when the asset 'appointments' is updated"),
        ({}, "Starts by hand only: it has no schedule"),
    ],
)
def test_the_start_in_one_line(fields: dict[str, object], line: str) -> None:
    assert list(describe_start(campaign(**fields), NOW)) == [line]


def test_the_next_times_as_json() -> None:
    start = start_of(campaign(schedule="0 10 * * *"), NOW)
    assert start["next_times"] == [
        "2026-10-24T10:00:00+02:00",
        "2026-10-25T10:00:00+01:00",
        "2026-10-26T10:00:00+01:00",
    ]
    assert (start["send_at"], start["asset"], start["timezone"]) == (None, None, "Europe/Paris")


def test_the_command_shows_it(ovh_sms: Command, tmp_path: Path) -> None:
    write_campaign(tmp_path)
    path = tmp_path / "campaigns" / "spring.yaml"
    shown = yaml.safe_load(path.read_text(encoding="utf-8")) | {"schedule": {"asset": "appointments"}}
    path.write_text(yaml.safe_dump(shown), encoding="utf-8")
    out = ovh_sms("preview", "spring", "--include", tmp_path).out
    assert out.splitlines()[:2] == ["Campaign: spring", "Starts when the asset 'appointments' is updated"]
    shown = json.loads(ovh_sms("preview", "spring", "--include", tmp_path, "--json").out)
    assert shown["start"]["asset"] == "appointments"
