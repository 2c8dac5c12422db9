"""``ovh-sms status`` says what the pages say, from the results alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ovh_sms.hooks.store import default_url
from ovh_sms.store.run_records import Problem, RunRecord
from support.cli import Command
from support.stores import new_store

BLOCKED = Problem(
    step="preflight",
    error="BudgetExceeded",
    what="The campaign costs 1240 credits; its budget is 500.",
    action="Nothing was sent. Raise 'budget' in the campaign file.",
    at="2026-11-20T09:00:00+00:00",
)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    store = new_store(default_url())
    for number, campaign in enumerate(("spring", "club")):
        record = RunRecord(
            list_tag=campaign,
            dag_id=f"sms_campaign_{campaign}",
            run_id=f"run{number}",
            campaign=campaign,
            account="sms-aa1-1",
            started_at=datetime.now(UTC),
        )
        store.runs.start(record)
    store.runs.failed("spring", BLOCKED)
    store.close()


def test_each_run_is_a_line_with_its_next_step(runs: None, ovh_sms: Command) -> None:
    ended = ovh_sms("status", "spring")
    assert ended.code == 0, ended.err
    assert "spring, run0: Not sent: the campaign costs 1240 credits; its budget is 500." in " ".join(ended.out.split())
    assert "Raise 'budget'" in ended.out
    assert "club" not in ended.out


def test_programs_get_the_state_and_every_count(runs: None, ovh_sms: Command) -> None:
    ended = ovh_sms("status", "--json")
    found = {each["campaign"]: each for each in json.loads(ended.out)["runs"]}
    assert {name: each["state"] for name, each in found.items()} == {"spring": "blocked", "club": "preparing"}
    assert (found["club"]["sent"], found["club"]["batches_planned"], found["club"]["credits_spent"]) == (0, None, 0)


def test_french_and_a_campaign_that_never_ran(runs: None, ovh_sms: Command) -> None:
    assert "Non envoyé" in ovh_sms("status", "spring", "--language", "fr").out
    assert "No run has started" in ovh_sms("status", "nobody").out
