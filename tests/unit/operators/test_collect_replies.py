"""The task that collects replies returns and announces counts, each reply in the events of one task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.operators.collect_replies import CollectRepliesOperator
from ovh_sms.sensors.replies import CollectRepliesSensor
from support.airflow_task import context
from support.answered_runs import collecting, delivered, people, reply, send_run
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess

EVERYONE = people(200, 12)


def collector(include: Path, **given: Any) -> CollectRepliesOperator:
    return CollectRepliesOperator(task_id="default", campaigns=str(include / "campaigns"), **given)


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def run(sandbox: SandboxProcess, include: Path) -> CampaignRun:
    return send_run(include, EVERYONE)


@pytest.fixture
def there(sandbox: SandboxProcess, run: CampaignRun) -> list[str]:
    return delivered(sandbox, run)


def test_the_event_has_counts_and_the_file_has_keys_and_none_has_a_number(
    sandbox: SandboxProcess, include: Path, run: CampaignRun, there: list[str]
) -> None:
    for person, text in zip(there, ("OUI", "non", "STOP", "peut-être"), strict=False):
        reply(sandbox, person, text)
    made, (event,) = collecting(collector(include))
    assert (made["account"], made["new"], made["runs"]) == (sandbox.account_name, 4, [event.extra])
    assert event.extra | {"events": None} == {
        "account": sandbox.account_name,
        "campaign": "visit",
        "dag_id": run.dag_id,
        "run_id": "manual__1",
        "replies": 4,
        "by_keyword": {"NON": 1, "OUI": 1, "STOP": 1},
        "by_action": {"confirmed": 1, "declined": 1, "inbox": 1, "opt_out": 1},
        "events": None,
    }
    path = Path(event.extra["events"])
    keys = [line.rsplit(";", 1)[0] for line in path.read_text(encoding="utf-8").splitlines()]
    assert keys == [
        "key;event",
        *(f"C-{EVERYONE.index(each)};{what}" for each, what in zip(there, ("confirmed", "declined"), strict=False)),
    ]
    assert path.stat().st_mode & 0o077 == 0
    handed_on = json.dumps(made) + path.read_text(encoding="utf-8")
    assert not any(person.removeprefix("+") in handed_on for person in there)


def test_a_task_without_replies_updates_nothing(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    made, events = collecting(collector(include))
    assert (made["new"], made["runs"], events) == (0, [], [])


def test_a_further_try_announces_the_same_replies_and_another_run_none_of_them(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    reply(sandbox, there[0], "OUI")
    _, first = collecting(collector(include))
    _, again = collecting(collector(include))
    assert [each.extra for each in again] == [each.extra for each in first]
    made, other = collecting(collector(include), run_id="replies_2")
    assert (made["runs"], other) == ([], [])


def test_replies_that_a_sensor_has_collected_are_announced_by_the_next_task(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    reply(sandbox, there[0], "OUI")
    sensor = CollectRepliesSensor(task_id="wait", campaign="visit", campaigns=str(include / "campaigns"))
    assert sensor.execute(context(task_id="wait"))["replies"] == 1
    made, (event,) = collecting(collector(include))
    assert (made["new"], event.extra["by_action"]) == (0, {"confirmed": 1})


def test_the_rules_of_an_account_file_are_read_too(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    reply(sandbox, there[0], "info svp")
    words = [{"words": ["INFO"], "event": "asked", "anywhere": False}]
    made, _ = collecting(collector(include, keywords=words))
    assert made["by_action"] == {"asked": 1}


def test_an_outage_is_waited_for_without_a_worker(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    from airflow.sdk.exceptions import TaskDeferred

    reply(sandbox, there[0], "OUI")
    sandbox.fault("status", status=503, method="GET", path="/sms/*/incoming*", times=None)
    with pytest.raises(TaskDeferred) as deferred:
        collecting(collector(include))
    sandbox.clear_faults()
    assert deferred.value.method_name == "resume"
    assert collecting(collector(include))[0]["new"] == 1
