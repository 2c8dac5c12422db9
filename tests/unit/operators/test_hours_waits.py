"""Tasks that wait for the hours of their receivers: nothing is lost, and nothing leaves twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import OutcomeUnknown, OutsideHours, RunCancelled, ScheduleTooOld
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.tries import asked
from unit.operators.sends import SUBMIT, accepted, send
from unit.operators.test_hours import HOME_ROWS, LIST, WEDNESDAY, Run, batches, check_waits, paris

WAITS = "America/Martinique"


@pytest.fixture
def clock(sandbox: SandboxProcess) -> Iterator[Any]:
    """Set OVH's clock."""
    yield lambda text: sandbox.clock(offset=paris(text).timestamp() - datetime.now(UTC).timestamp())
    sandbox.clock(offset=0)


@pytest.fixture
def run(sandbox: SandboxProcess, clock: Any, tmp_path: Path) -> Run:
    clock(WEDNESDAY)
    return Run(tmp_path)


def upload(run: Run, batch: dict[str, Any], **more: Any) -> UploadReceiversOperator:
    return UploadReceiversOperator(
        task_id="upload_receivers", prepared=batch, hours=run.hours, marketing=run.marketing, **more
    )


def test_an_outage_before_a_wait_for_hours_does_not_count_behind_it(
    sandbox: SandboxProcess, clock: Any, run: Run
) -> None:
    batch = batches(run.prepare(LIST))[WAITS]
    task = run.context("upload_receivers", batch["batch"])
    earlier = datetime.now(UTC) - timedelta(hours=3)
    with pytest.raises(TaskDeferred) as wait:  # OVH is back, and the hours have not started
        upload(run, batch).resume(task, None, earlier.isoformat())
    assert wait.value.kwargs == {}
    sandbox.fault("status", status=503, times=None)
    with pytest.raises(TaskDeferred) as outage:
        upload(run, batch).resume(task, None, **wait.value.kwargs)
    assert "unavailable_since" in outage.value.kwargs


def test_the_lateness_of_the_hours_counts_at_the_submission_too(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock("2026-11-25 19:00")
    patient = Run(tmp_path, planned="2026-11-25 10:00", max_lateness=24 * 3600)
    prepared = patient.prepare(HOME_ROWS)
    patient.preflight(prepared)
    batch = batches(prepared)["Europe/Paris"]
    receivers = patient.upload(batch)
    strict = Run(tmp_path, planned="2026-11-25 18:59", max_lateness=0)
    with pytest.raises(ScheduleTooOld):
        strict.send(batch, receivers)
    assert patient.send(batch, receivers)["submitted"] == 2


def test_a_message_that_ovh_would_send_at_night_is_not_submitted(sandbox: SandboxProcess, clock: Any) -> None:
    clock("2026-11-25 20:00")
    task = SendJobOperator(
        task_id="send",
        message="Bonjour",
        numbers=["+33639980001"],
        sender="MYSHOP",
        stop_clause=False,
        delay_minutes=180,
        hours={"night": "hold"},
    )
    with pytest.raises(TaskDeferred):
        task.execute(context())
    assert not sandbox.messages(account=sandbox.account_name)


@pytest.mark.parametrize("failure", [{"error": "Trigger timeout"}, {"error": "Trigger failure"}], ids=str)
@pytest.mark.parametrize("open_already", [True, False])
def test_a_wait_that_the_triggerer_does_not_end_is_ended_by_the_worker(
    sandbox: SandboxProcess, clock: Any, run: Run, failure: dict[str, Any], open_already: bool
) -> None:
    batch = batches(run.prepare(LIST))[WAITS]
    task = run.context("upload_receivers", batch["batch"])
    with pytest.raises(TaskDeferred):
        upload(run, batch).execute(task)
    clock("2026-11-25 13:01" if open_already else "2026-11-25 12:59:58")
    receivers = upload(run, batch).resume_execution(TRIGGER_FAIL_REPR, failure, task)
    assert receivers["records"] == 2
    sent = run.send(batch, receivers)
    assert run.send(batch, receivers) == sent
    moments = [datetime.fromisoformat(each["sent_at"]) for each in sandbox.messages(account=sandbox.account_name)]
    assert len(moments) == 2
    assert min(moments) >= paris("2026-11-25 13:00")


def test_a_worker_does_not_wait_for_days_because_the_triggerer_failed_once(
    sandbox: SandboxProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovh_sms.operators.base.WORKER_WAITS", timedelta(seconds=0.1))
    batch = batches(run.prepare(LIST))[WAITS]
    task = run.context("upload_receivers", batch["batch"])
    with pytest.raises(TaskDeferred):
        upload(run, batch).resume_execution(TRIGGER_FAIL_REPR, {"error": "Trigger failure"}, task)


def test_a_run_that_has_no_time_left_for_its_upload_is_refused_before_the_night(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock("2026-11-25 21:40")
    run = Run(tmp_path, marketing=False, planned="2026-11-25 21:40")
    prepared = run.prepare(HOME_ROWS)
    with pytest.raises(ScheduleTooOld, match="would leave on 2026-11-26 07:00"):
        run.preflight(prepared)


def test_a_worker_waits_if_the_task_is_not_deferrable(sandbox: SandboxProcess, clock: Any, run: Run) -> None:
    batch = batches(run.prepare(LIST))[WAITS]
    clock("2026-11-25 12:59:58")
    task = run.context("upload_receivers", batch["batch"])
    assert upload(run, batch, deferrable=False).execute(task)["records"] == 2


def test_a_killed_or_cleared_task_waits_again_and_sends_once(sandbox: SandboxProcess, clock: Any, run: Run) -> None:
    batch = batches(run.prepare(LIST))[WAITS]
    for _ in range(2):
        with pytest.raises(TaskDeferred):
            run.upload(batch)
    clock("2026-11-25 13:01")
    receivers = run.upload(batch)
    assert run.upload(batch) == receivers  # cleared
    clock("2026-11-25 22:00")  # the submission comes too late for today
    for _ in range(2):
        with pytest.raises(TaskDeferred):
            run.send(batch, receivers)
    clock("2026-11-26 13:01")
    sent = run.send(batch, receivers)
    clock("2026-11-26 22:00")
    assert run.send(batch, receivers) == sent  # cleared in the night: what was sent is not waited for
    assert len(sandbox.messages(account=sandbox.account_name)) == 2


@pytest.mark.parametrize(
    "edited", [{"hours": "refuse"}, {"hours": "hold"}, {"valid_until": {"time_of_day": "12:00"}}], ids=str
)
def test_an_edit_while_a_batch_waits_counts_and_sends_nothing_at_a_wrong_hour(
    sandbox: SandboxProcess, clock: Any, run: Run, tmp_path: Path, edited: dict[str, Any]
) -> None:
    batch = batches(run.prepare(LIST))[WAITS]
    with pytest.raises(TaskDeferred):
        run.upload(batch)
    later = Run(tmp_path, **edited)
    clock("2026-11-25 12:30")
    with pytest.raises((ScheduleTooOld, OutsideHours, TaskDeferred)):
        later.send(batch, later.upload(batch))
    assert not sandbox.messages(account=sandbox.account_name)


def test_a_run_that_is_cancelled_while_a_batch_waits_sends_it_no_more(
    sandbox: SandboxProcess, clock: Any, run: Run
) -> None:
    batch = batches(run.prepare(LIST))[WAITS]
    with pytest.raises(TaskDeferred):
        run.upload(batch)
    ResultsHook().store.cancelled_runs.add("a_dag", "run_1")
    clock("2026-11-25 13:01")
    with pytest.raises(RunCancelled):
        run.send(batch, run.upload(batch))
    assert not sandbox.messages(account=sandbox.account_name)


def test_what_a_person_has_decided_outlives_a_wait_for_hours(sandbox: SandboxProcess, clock: Any, run: Run) -> None:
    clock("2026-11-25 21:00")
    run.planned = "2026-11-25 19:00"

    def reminder(*, deferrable: bool) -> dict[str, Any]:
        task = send(deferrable=deferrable, hours={"night": "hold"}, max_lateness=timedelta(hours=6))
        return task.execute(run.context("send"))

    sandbox.fault("reset_before", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        reminder(deferrable=False)
    left = OvhSmsHook().client.account.get().credits_left
    sandbox.account(creditsLeft=left - 5)
    asked(lambda: reminder(deferrable=False)).decide("send", although_credits_are_gone=True)
    clock("2026-11-26 02:00")
    while True:
        with pytest.raises(TaskDeferred) as wait:
            reminder(deferrable=True)
        if wait.value.trigger.moment - datetime.now(UTC) > timedelta(hours=1):
            break
        time.sleep(1)
    clock("2026-11-26 07:01")
    assert reminder(deferrable=False)["submitted"] == accepted(sandbox) == 5


def test_what_is_uploaded_late_before_the_hours_end_is_not_uploaded(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock("2026-11-25 16:40")  # five minutes before what is uploaded must be sent
    run = Run(tmp_path)
    batch = batches(run.prepare(LIST))["Indian/Reunion"]
    with pytest.raises(TaskDeferred) as deferred:
        run.upload(batch)
    check_waits(deferred, "2026-11-25 16:40", "2026-11-26 08:00")
