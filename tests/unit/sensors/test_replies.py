"""The wait for replies ends with enough of them, or at its deadline, and holds no worker meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.sensors.replies import CollectRepliesSensor
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.answered_runs import delivered, people, pull_replies, reply, send_run
from support.sandbox import SandboxProcess


def waiting(**given: Any) -> CollectRepliesSensor:
    return CollectRepliesSensor(task_id="wait", campaign="visit", **given)


def run_of(run_after: datetime | None = None) -> Any:
    """The context of a task whose run could start an hour ago, or at another moment."""
    run = SimpleNamespace(run_after=run_after or datetime.now(UTC) - timedelta(hours=1))
    return context() | {"dag_run": run}


@pytest.fixture
def store(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Store]:
    found = Store(f"sqlite:///{tmp_path}/data/results.sqlite")
    yield found
    found.close()


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def there(sandbox: SandboxProcess, include: Path) -> list[str]:
    return delivered(sandbox, send_run(include, people(300, 12)))


def answer(sandbox: SandboxProcess, store: Store, include: Path, replies: dict[str, str]) -> None:
    """Let people answer, and collect their replies."""
    for person, text in replies.items():
        reply(sandbox, person, text)
    pull_replies(store, include)


def test_it_leaves_the_worker_and_ends_with_enough_replies(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    answer(sandbox, store, include, {there[0]: "OUI"})
    with pytest.raises(TaskDeferred) as deferred:
        waiting(at_least=2).execute(run_of())
    assert deferred.value.method_name == "execute"
    answer(sandbox, store, include, {there[1]: "bof"})
    found = waiting(at_least=2).execute(run_of(), event=None, **deferred.value.kwargs)
    assert found == {
        "account": sandbox.account_name,
        "campaign": "visit",
        "dag_id": None,
        "run_id": None,
        "replies": 2,
        "by_keyword": {"OUI": 1},
        "enough": True,
    }


def test_it_reads_the_results_alone(sandbox: SandboxProcess, store: Store, include: Path, there: list[str]) -> None:
    read_by_send = store.inbound.mark(sandbox.account_name)
    assert read_by_send is not None
    reply(sandbox, there[0], "OUI")
    sandbox.fault("status", status=503, method="GET", path="/sms/*", times=None)
    with pytest.raises(TaskDeferred):
        waiting().execute(run_of())
    sandbox.clear_faults()
    assert store.inbound.mark(sandbox.account_name) == read_by_send


def test_replies_that_nobody_reads_are_a_warning(
    sandbox: SandboxProcess, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TaskDeferred):
        waiting().execute(run_of())
    assert f"The replies of {sandbox.account_name} are read up to no moment only" in capsys.readouterr().out


def test_only_the_replies_that_are_asked_for_count(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    answer(sandbox, store, include, dict(zip(there, ("OUI", "NON", "oui"), strict=False)))
    assert waiting(event="confirmed").execute(run_of())["replies"] == 2
    of_run = {"run_id": "manual__1", "dag_id_of_run": "sms_campaign_visit"}
    assert waiting(**of_run).execute(run_of())["replies"] == 3
    with pytest.raises(TaskDeferred):
        waiting(run_id="manual__2").execute(run_of())


def test_the_replies_to_yesterdays_run_do_not_count(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    answer(sandbox, store, include, {there[0]: "OUI"})
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(TaskDeferred):
        waiting().execute(run_of(tomorrow))
    assert waiting(since="2026-01-01T00:00:00+01:00").execute(run_of(tomorrow))["replies"] == 1


def test_at_its_deadline_it_ends_and_says_that_there_are_fewer(sandbox: SandboxProcess) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        waiting(timeout=timedelta(hours=2)).execute(run_of())
    ends_at = datetime.fromisoformat(deferred.value.kwargs["ends_at"])
    assert timedelta(hours=1, minutes=55) < ends_at - datetime.now(UTC) <= timedelta(hours=2)
    over = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    ended = waiting().execute(run_of(), event=None, ends_at=over)
    assert (ended["replies"], ended["enough"]) == (0, False)


def test_without_deferral_the_worker_waits(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.clock import SystemClock

    pauses: list[float] = []

    def sleep(_: SystemClock, seconds: float) -> None:
        pauses.append(seconds)
        answer(sandbox, store, include, {there[0]: "OUI", there[1]: "OUI"})

    monkeypatch.setattr(SystemClock, "sleep", sleep)
    found = waiting(at_least=2, deferrable=False, poke_interval=60).execute(run_of())
    assert (found["replies"], pauses) == (2, [60.0])
