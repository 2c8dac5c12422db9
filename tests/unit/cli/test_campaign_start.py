"""The preview says when a campaign starts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.cli.campaign_start import describe_deadline, describe_start, start_of
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
            "Next times: Sat 2026-10-24 10:00: it would send nothing, Sun 2026-10-25 10:00: it would send nothing, "
            "Mon 2026-10-26 10:00 (Europe/Paris)",
        ),
        (
            {"schedule": "@monthly", "timezone": "Indian/Reunion"},
            "Next times: Sun 2026-11-01 00:00: it would send nothing, "
            "Tue 2026-12-01 00:00: its messages leave on Tue 2026-12-01 11:00, "
            "Fri 2027-01-01 00:00: its messages leave on Fri 2027-01-01 11:00 (Indian/Reunion)",
        ),
        ({"send_at": "2026-12-05 10:00"}, "Starts once: Sat 2026-12-05 10:00: it would send nothing (Europe/Paris)"),
        ({"send_at": "2026-10-23 11:00"}, "Starts once: Fri 2026-10-23 11:00, which has passed (Europe/Paris)"),
        ({"schedule": {"asset": "appointments"}}, "Starts when the asset 'appointments' is updated"),
        ({}, "Starts by hand only: it has no schedule"),
    ],
)
def test_the_start_in_one_line(fields: dict[str, object], line: str) -> None:
    assert list(describe_start(campaign(**fields), NOW)) == [line]


@pytest.mark.parametrize(
    ("fields", "since"),
    [
        ({"schedule": "0 10 * * 2"}, "the planned time"),
        ({"send_at": "2098-12-05 10:00"}, "the planned time"),
        ({"schedule": {"asset": "appointments"}}, "the start"),
        ({}, "the start"),
    ],
)
def test_the_deadline_in_one_line(fields: dict[str, object], since: str) -> None:
    notify = [{"notifier": "support.notifiers.FileNotifier"}]
    found = campaign(leave_within_hours=1.5, notify=notify, **fields)
    assert list(describe_deadline(found)) == [f"Notifies if not everything has left 1.5 h after {since} of a run"]
    assert list(describe_deadline(campaign(**fields))) == []


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
    shown |= {"leave_within_hours": 2, "notify": [{"notifier": "support.notifiers.FileNotifier"}]}
    path.write_text(yaml.safe_dump(shown), encoding="utf-8")
    out = ovh_sms("preview", "spring", "--include", tmp_path).out
    assert out.splitlines()[:3] == [
        "Campaign: spring",
        "Starts when the asset 'appointments' is updated",
        "Notifies if not everything has left 2 h after the start of a run",
    ]
    shown = json.loads(ovh_sms("preview", "spring", "--include", tmp_path, "--json").out)
    assert (shown["start"]["asset"], shown["leave_within_hours"]) == ("appointments", 2)


def test_the_preview_shows_when_the_messages_of_the_next_run_leave(ovh_sms: Command, tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "a.csv").write_text("number\n0639980001\n0639980002\n+596696201234\n")
    text = "sender: MYSHOP\nkind: marketing\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 5\n"
    (tmp_path / "campaigns" / "spring.yaml").write_text(text + "send_at: 2098-12-03 10:00\n")  # a Wednesday
    ended = ovh_sms("preview", "spring", "--include", str(tmp_path))
    assert ended.code == 0, ended.err
    assert "         2  Europe/Paris: Wed 2098-12-03 10:00\n" in ended.out
    assert "         1  America/Martinique: Wed 2098-12-03 13:00\n" in ended.out
    as_json = json.loads(ovh_sms("preview", "spring", "--include", str(tmp_path), "--json").out)
    assert as_json["departures"][1] == {
        "zones": "America/Martinique",
        "receivers": 1,
        "leaves_at": "2098-12-03T13:00:00+01:00",
        "last_leaves_at": None,
        "pilot": 0,
    }


def test_the_preview_shows_when_the_last_messages_of_a_paced_run_leave(ovh_sms: Command, tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "a.csv").write_text("number\n0639980001\n0639980002\n+596696201234\n")
    text = "sender: MYSHOP\nkind: marketing\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 5\npace: 2 per hour\n"
    (tmp_path / "campaigns" / "spring.yaml").write_text(text + "send_at: 2098-12-03 12:45\n")
    out = ovh_sms("preview", "spring", "--include", str(tmp_path)).out
    assert "         2  Europe/Paris: Wed 2098-12-03 13:30 to Wed 2098-12-03 14:00\n" in out
    assert "         1  America/Martinique: Wed 2098-12-03 13:00 to Wed 2098-12-03 13:00\n" in out


FIRST = "; about 1 of them first, as the pilot"


@pytest.mark.parametrize(
    ("more", "france", "martinique"),
    [
        ("pilot: 1\n", f"12:00 to Wed 2098-12-03 14:00{FIRST}", f"13:00 to Wed 2098-12-03 14:00{FIRST}"),
        (
            "pilot: {count: 1, wait_hours: 0.5}\n",
            f"12:00 to Wed 2098-12-03 13:30{FIRST}",
            f"13:00 to Wed 2098-12-03 13:30{FIRST}",
        ),
        (
            "pilot: 1\npace: 4 per hour\n",
            f"12:00 to Wed 2098-12-03 14:15{FIRST}",
            f"13:00 to Wed 2098-12-03 14:00{FIRST}",
        ),
        ("pilot: 3\n", "12:00", "13:00"),  # all at once
    ],
)
def test_the_preview_counts_the_wait_for_a_pilot(
    ovh_sms: Command, tmp_path: Path, more: str, france: str, martinique: str
) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "a.csv").write_text("number\n0639980001\n0639980002\n+596696201234\n")
    text = "sender: MYSHOP\nkind: marketing\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 5\n"
    (tmp_path / "campaigns" / "spring.yaml").write_text(f"{text}send_at: 2098-12-03 12:00\n{more}")
    shown = ovh_sms("preview", "spring", "--include", str(tmp_path))
    assert shown.code == 0, shown.err
    assert f"         2  Europe/Paris: Wed 2098-12-03 {france}\n" in shown.out
    assert f"         1  America/Martinique: Wed 2098-12-03 {martinique}\n" in shown.out


FRANCE, ELSEWHERE = "0639980001\n0639980002\n", "+596696201234\n"


@pytest.mark.parametrize(
    ("fields", "rows", "says"),
    [
        ("kind: marketing\nsend_at: 2098-12-25 10:00\n", FRANCE, "more than 6:00:00 later"),  # a holiday
        ("kind: transactional\nvalid_until: 2026-11-01 10:00\n", FRANCE, "'valid_until' ends their use"),
        ("kind: marketing\nhours: hold\n", ELSEWHERE, "hours: hold"),
    ],
)
def test_the_preview_shows_that_the_next_run_would_send_nothing(
    ovh_sms: Command, tmp_path: Path, fields: str, rows: str, says: str
) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "a.csv").write_text(f"number\n{rows}")
    text = "sender: MYSHOP\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 5\n"
    (tmp_path / "campaigns" / "spring.yaml").write_text(text + fields)
    ended = ovh_sms("preview", "spring", "--include", str(tmp_path))
    assert ended.code == 0, ended.err
    (line,) = [line for line in ended.out.splitlines() if line.startswith("The next run would send nothing.")]
    assert says in line
    assert "Messages of the next run leave" not in ended.out


def test_the_preview_refuses_a_campaign_that_never_sends(ovh_sms: Command, tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "a.csv").write_text("number\n0639980001\n")
    text = "sender: MYSHOP\nkind: marketing\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 5\n"
    (tmp_path / "campaigns" / "spring.yaml").write_text(text + "schedule: '30 20 * * 5'\n")
    ended = ovh_sms("preview", "spring", "--include", str(tmp_path))
    assert ended.code == 2
    assert "spring.yaml: the campaign would never send anything: Fri" in ended.err
