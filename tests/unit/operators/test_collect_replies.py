"""The tasks of sms_replies return and announce counts, each reply in the event of one task."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.operators.collect_replies import CollectRepliesOperator
from support.answered_runs import announcing, collecting, delivered, people, reply, send_run
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess
from support.supervisor import Supervisor

EVERYONE = people(200, 12)


def collector(include: Path, **given: Any) -> CollectRepliesOperator:
    return CollectRepliesOperator(task_id="default", campaigns=str(include / "campaigns"), **given)


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def supervisor(sandbox: SandboxProcess) -> Supervisor:
    """Airflow, which knows the states of the tasks that announce."""
    found = task_runner.SUPERVISOR_COMMS
    assert isinstance(found, Supervisor)
    found.tasks.clear()
    return found


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
    made = collecting(collector(include))
    assert (made["account"], made["new"]) == (sandbox.account_name, 4)
    announced, (event,) = announcing()
    assert announced == event.extra
    (of_run,) = event.extra["runs"]
    assert of_run | {"events": None} == {
        "account": sandbox.account_name,
        "campaign": "visit",
        "dag_id": run.dag_id,
        "run_id": "manual__1",
        "replies": 4,
        "by_keyword": {"NON": 1, "OUI": 1, "STOP": 1},
        "by_action": {"confirmed": 1, "declined": 1, "inbox": 1, "opt_out": 1},
        "events": None,
    }
    path = Path(of_run["events"])
    keys = [line.rsplit(";", 1)[0] for line in path.read_text(encoding="utf-8").splitlines()]
    assert keys == [
        "key;event",
        *(f"C-{EVERYONE.index(each)};{what}" for each, what in zip(there, ("confirmed", "declined"), strict=False)),
    ]
    assert path.stat().st_mode & 0o077 == 0
    handed_on = json.dumps([made, announced]) + path.read_text(encoding="utf-8")
    assert not any(person.removeprefix("+") in handed_on for person in there)


def test_a_task_without_replies_updates_nothing(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    made = collecting(collector(include))
    assert (made["new"], announcing()) == (0, ({"runs": []}, []))


def test_a_further_try_announces_the_same_replies_and_another_run_none_of_them(
    sandbox: SandboxProcess, include: Path, there: list[str], supervisor: Supervisor
) -> None:
    reply(sandbox, there[0], "OUI")
    collecting(collector(include))
    _, first = announcing()
    _, again = announcing()
    assert [each.extra for each in again] == [each.extra for each in first]
    supervisor.tasks["replies_1"] = {"announce": "success"}
    assert announcing("replies_2") == ({"runs": []}, [])


def test_all_runs_are_in_one_event(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    other = delivered(sandbox, send_run(include, people(400, 12), run_id="manual__2"))
    reply(sandbox, there[0], "OUI")
    reply(sandbox, other[0], "NON")
    collecting(collector(include))
    _, (event,) = announcing()
    assert [each["run_id"] for each in event.extra["runs"]] == ["manual__1", "manual__2"]


def test_two_tasks_announce_apart_so_that_airflow_overlooks_no_event(
    sandbox: SandboxProcess, include: Path, there: list[str], supervisor: Supervisor
) -> None:
    apart = {"apart": timedelta(minutes=30)}
    reply(sandbox, there[0], "OUI")
    collecting(collector(include))
    assert len(announcing(**apart)[1]) == 1, "nobody has announced any before"
    supervisor.tasks["replies_1"] = {"announce": "success"}
    reply(sandbox, there[1], "NON")
    collecting(collector(include), run_id="replies_2")
    assert announcing("replies_2", **apart) == ({"runs": []}, [])
    _, (event,) = announcing("replies_3")
    assert [each["by_action"] for each in event.extra["runs"]] == [{"declined": 1}]


@pytest.mark.parametrize("state", ["failed", None])
def test_the_replies_of_a_task_that_never_announced_them_are_announced_by_the_next_one(
    sandbox: SandboxProcess, include: Path, there: list[str], supervisor: Supervisor, state: str | None
) -> None:
    """The task has failed, or its run is gone."""
    reply(sandbox, there[0], "OUI")
    collecting(collector(include))
    announcing()  # killed before Airflow made the event
    if state:
        supervisor.tasks["replies_1"] = {"announce": state}
    _, (event,) = announcing("replies_2")
    assert event.extra["runs"][0]["by_action"] == {"confirmed": 1}


def test_the_replies_of_a_task_that_is_tried_again_are_left_to_it(
    sandbox: SandboxProcess, include: Path, there: list[str], supervisor: Supervisor
) -> None:
    reply(sandbox, there[0], "OUI")
    collecting(collector(include))
    announcing()
    supervisor.tasks["replies_1"] = {"announce": "up_for_retry"}
    assert announcing("replies_2") == ({"runs": []}, [])
    supervisor.tasks["replies_1"] = {"announce": "failed"}
    assert len(announcing("replies_3")[1]) == 1


def test_the_rules_of_an_account_file_are_read_too(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    reply(sandbox, there[0], "info svp")
    words = [{"words": ["INFO"], "event": "asked", "anywhere": False}]
    made = collecting(collector(include, keywords=words))
    assert made["by_action"] == {"asked": 1}


def test_an_outage_is_waited_for_without_a_worker(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    from airflow.sdk.exceptions import TaskDeferred

    reply(sandbox, there[0], "OUI")
    sandbox.fault("status", status=503, method="GET", path="/sms/*/incoming*", times=None)
    with pytest.raises(TaskDeferred) as deferred:
        collecting(collector(include))
    sandbox.clear_faults()
    assert deferred.value.method_name == "resume"
    assert collecting(collector(include))["new"] == 1
