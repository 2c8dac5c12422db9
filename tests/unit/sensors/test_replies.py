"""The wait for replies ends with enough of them, or at its deadline, and holds no worker meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sensors.replies import CollectRepliesSensor
from ovh_sms.store.callback_records import Callback
from support.airflow_task import context
from support.answered_runs import delivered, people, pull_replies, reply, send_run
from support.sandbox import SandboxProcess


def waiting(include: Path, **given: Any) -> CollectRepliesSensor:
    return CollectRepliesSensor(task_id="wait", campaign="visit", campaigns=str(include / "campaigns"), **given)


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def there(sandbox: SandboxProcess, include: Path) -> list[str]:
    return delivered(sandbox, send_run(include, people(300, 12)))


def test_it_leaves_the_worker_and_ends_with_enough_replies(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    reply(sandbox, there[0], "OUI")
    sensor = waiting(include, at_least=2)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute(context())
    assert deferred.value.method_name == "resume"
    reply(sandbox, there[1], "bof")
    found = waiting(include, at_least=2).resume(context(), **deferred.value.kwargs)
    assert found == {
        "account": sandbox.account_name,
        "campaign": "visit",
        "dag_id": None,
        "run_id": None,
        "replies": 2,
        "by_keyword": {"OUI": 1},
        "enough": True,
    }


def test_only_the_replies_that_are_asked_for_count(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    for person, text in zip(there, ("OUI", "NON", "oui"), strict=False):
        reply(sandbox, person, text)
    assert waiting(include, event="confirmed").execute(context())["replies"] == 2
    assert waiting(include, run_id="manual__1", dag_id_of_run="sms_campaign_visit").execute(context())["replies"] == 3
    with pytest.raises(TaskDeferred):
        waiting(include, run_id="manual__2").execute(context())


def test_at_its_deadline_it_ends_and_says_that_there_are_fewer(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        waiting(include, timeout=timedelta(hours=2)).execute(context())
    ends_at = datetime.fromisoformat(deferred.value.kwargs["ends_at"])
    assert timedelta(hours=1, minutes=55) < ends_at - datetime.now(UTC) <= timedelta(hours=2)
    over = {"ends_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    ended = waiting(include).resume(context(), **deferred.value.kwargs | over)
    assert (ended["replies"], ended["enough"]) == (0, False)


def test_without_deferral_the_worker_waits(
    sandbox: SandboxProcess, include: Path, there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.clock import SystemClock

    pauses: list[float] = []

    def sleep(_: SystemClock, seconds: float) -> None:
        pauses.append(seconds)
        reply(sandbox, there[len(pauses)], "OUI")

    monkeypatch.setattr(SystemClock, "sleep", sleep)
    found = waiting(include, at_least=2, deferrable=False, poke_interval=60).execute(context())
    assert (found["replies"], pauses) == (2, [60.0, 60.0])


def test_an_outage_keeps_the_deadline(sandbox: SandboxProcess, include: Path, there: list[str]) -> None:
    with pytest.raises(TaskDeferred) as first:
        waiting(include).execute(context())
    sandbox.fault("status", status=503, method="GET", path="/sms/*/incoming*", times=None)
    with pytest.raises(TaskDeferred) as second:
        waiting(include).resume(context(), **first.value.kwargs)
    sandbox.clear_faults()
    assert second.value.kwargs["ends_at"] == first.value.kwargs["ends_at"]
    assert second.value.kwargs["unavailable_since"]


def test_while_ovh_calls_about_replies_those_that_are_stored_are_counted_each_minute(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    store = ResultsHook().store
    store.callbacks.receive([Callback(key="k", account=sandbox.account_name, kind="reply", ovh_id="1")])
    with pytest.raises(TaskDeferred) as deferred:
        waiting(include).execute(context())
    assert deferred.value.trigger.moment - datetime.now(UTC) <= timedelta(minutes=1)
    sandbox.reset_calls()
    with pytest.raises(TaskDeferred) as again:
        waiting(include).resume(context(), **deferred.value.kwargs)
    assert sandbox.calls()["total"] == 0, "it only counts"
    assert again.value.kwargs["pulls_at"] == deferred.value.kwargs["pulls_at"], "the next pull is where it was"
    reply(sandbox, there[0], "OUI")
    over = {"pulls_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    assert waiting(include).resume(context(), **deferred.value.kwargs | over)["enough"], "then it pulls"


def test_a_reply_that_a_callback_brought_ends_the_wait_without_a_pull(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    store = ResultsHook().store
    store.callbacks.receive([Callback(key="k", account=sandbox.account_name, kind="reply", ovh_id="1")])
    with pytest.raises(TaskDeferred) as deferred:
        waiting(include).execute(context())
    reply(sandbox, there[0], "OUI")
    pull_replies(store, include)
    sandbox.reset_calls()
    assert waiting(include).resume(context(), **deferred.value.kwargs)["enough"]
    assert sandbox.calls()["total"] == 0
