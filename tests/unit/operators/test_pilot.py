"""A pilot leaves first; the rest follows once enough of it is delivered and few have answered STOP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from ovh_sms.dag_factories.campaign import submission_arguments
from ovh_sms.errors import RunCancelled, ScheduleTooOld
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from ovh_sms.report.state_names import STATE_NAMES
from ovh_sms.store.held_runs import DROP, SEND
from support.campaign_runs import WAITS, CampaignRun, MovedTime, people
from support.failed_runs import ABSENT
from support.piloted import a_run, moved_time, pilot
from support.sandbox import SandboxProcess
from support.tries import SUBMIT_CALL, once


@pytest.fixture
def time(sandbox: SandboxProcess) -> Iterator[MovedTime]:
    with moved_time(sandbox) as moved:
        yield moved


def waits(run: CampaignRun, at: int) -> None:
    """A batch of the rest waits, without a worker and without its receivers at OVH."""
    given = submission_arguments(run.campaign, run.include)
    upload = UploadReceiversOperator(task_id="upload_receivers", prepared=run.batches[at], hours=given["hours"])
    with pytest.raises(TaskDeferred) as deferred:
        upload.execute(run.context("upload_receivers", at))
    assert deferred.value.method_name == "resume"


def uploaded(run: CampaignRun, at: int) -> dict[str, Any]:
    """The receivers of a batch at OVH, as of a task without the hours of its campaign."""
    upload = UploadReceiversOperator(task_id="upload_receivers", prepared=run.batches[at])
    return upload.execute(run.context("upload_receivers", at))


def claim_waits(run: CampaignRun, at: int, slot: dict[str, Any]) -> None:
    """The claim knows the pilot, too: a task without the hours of its campaign, or of an edited file, waits."""
    given = {**submission_arguments(run.campaign, run.include), **WAITS, "deferrable": True, "hours": None}
    task = SendJobOperator(task_id="send", prepared=run.batches[at], receivers=slot, **given)
    with pytest.raises(TaskDeferred):
        task.execute(run.context("send", at))


def status(run: CampaignRun) -> RunStatus:
    store = ResultsHook().store
    (found,) = store.run_results.of_run(run.dag_id, run.run_id)
    return run_status(found, store.clock.now())


def first_line(run: CampaignRun, language: str = "en") -> str:
    return run_lines(status(run), translator(language), ResultsHook().store.clock.now()).first


def numbers(sandbox: SandboxProcess, run: CampaignRun) -> list[str]:
    return sorted(each["receiver"] for each in sandbox.messages(account=sandbox.account_name))


def test_the_rest_follows_once_the_pilot_is_delivered_and_opt_outs_had_their_time(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    assert [each["accepted"] for each in run.batches] == [5, 15]
    run.send(0)
    assert once(sandbox) == 5
    began = time.now()
    run.send(1)  # its worker waits: after an hour for STOPs, not after two
    assert timedelta(minutes=55) < time.now() - began < timedelta(minutes=80)
    assert once(sandbox) == 20
    found = pilot(run)
    assert found.counts is not None
    assert (found.counts.sent, found.counts.delivered, found.counts.opt_outs) == (5, 5, 0)
    assert found.passed_at is not None


def test_nothing_else_is_sent_before_also_if_tasks_are_cleared(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    slot = uploaded(run, 1)
    for _ in range(2):
        waits(run, 1)  # before the pilot is sent; its task may be marked as successful by hand
        claim_waits(run, 1, slot)
    run.send(0)
    run.prepare(people(1, 20))  # cleared
    run.preflight()
    run.send(0)
    time.advance(90)
    waits(run, 1)
    claim_waits(run, 1, slot)
    assert once(sandbox) == 5
    assert " of 5 messages of the pilot are delivered, 0 STOPs so far. The rest, 15 people" in first_line(run)
    assert STATE_NAMES[status(run).state] == "waiting for its pilot"


def test_a_pilot_that_is_not_delivered_holds_the_rest_for_a_person(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    sandbox.features(ends={each.split(";")[0].replace("06", "+336", 1): ABSENT for each in people(1, 20)})
    run = a_run(tmp_path)
    slot = uploaded(run, 1)
    run.send(0)
    time.advance(3 * 3600)
    for _ in range(2):
        waits(run, 1)
    claim_waits(run, 1, slot)
    assert once(sandbox) == 5
    assert status(run).state is RunState.ON_HOLD
    assert first_line(run).endswith(": 0 of 5 messages of the pilot were delivered; at least 80 % must be.")
    ResultsHook().store.held_runs.decide(run.dag_id, run.run_id, DROP, by="ann")
    with pytest.raises(AirflowSkipException, match="0 of 5 messages of the pilot were delivered"):
        run.send(1)
    assert first_line(run).startswith("1 of 2 batches were sent, to 5 of 20 people. ann decided")
    ResultsHook().store.held_runs.decide(run.dag_id, run.run_id, SEND, by="ann")
    run.send(1)
    assert once(sandbox) == 20


def test_opt_outs_of_the_pilot_hold_the_rest(sandbox: SandboxProcess, time: MovedTime, tmp_path: Path) -> None:
    run = a_run(tmp_path)
    slot = uploaded(run, 1)
    run.send(0)
    time.advance(600)
    for each in numbers(sandbox, run)[:3]:
        sandbox.block(each)
    waits(run, 1)
    claim_waits(run, 1, slot)
    assert (once(sandbox), status(run).state) == (5, RunState.ON_HOLD)
    assert "3 STOPs to 5 delivered messages (600 for 1,000); the limit is 10" in first_line(run)


def test_a_killed_pilot_is_reconciled_and_the_rest_waits_for_it(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    run.send(0)
    run.send(1)
    assert once(sandbox) == 20


def test_a_pilot_goes_with_a_pace(sandbox: SandboxProcess, time: MovedTime, tmp_path: Path) -> None:
    run = a_run(tmp_path, pace="24 per hour", pilot={"count": 5, "wait_hours": 1})
    assert [run.batches[0]["accepted"], max(each["accepted"] for each in run.batches)] == [5, 5]
    key = (run.dag_id, run.run_id, run.prepared["digest"])
    planned = [each.leaves_at for _, each in sorted(ResultsHook().store.paced_batches.of_list(*key).items())]
    assert planned[1] - planned[0] >= timedelta(minutes=60)  # at the end of the wait for the pilot, at the earliest
    for at in range(len(run.batches)):
        run.send(at)
    left = sorted(datetime.fromisoformat(each["sent_at"]) for each in sandbox.messages(account=sandbox.account_name))
    assert once(sandbox) == 20
    assert left[5] - left[0] > timedelta(minutes=55)
    assert max(sum(at <= each < at + timedelta(hours=1) for each in left) for at in left) <= 24
    assert left[-1] - left[5] >= timedelta(minutes=20)


def test_nothing_leaves_behind_a_pilot_after_the_end_of_its_use(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path, valid_until="11:00")
    run.send(0)
    with pytest.raises(ScheduleTooOld):
        run.send(1)
    assert once(sandbox) == 5


def test_a_list_no_longer_than_the_pilot_leaves_as_a_whole(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path, rows=5)
    assert len(run.batches) == 1
    run.send(0)
    assert once(sandbox) == 5


def test_the_rest_of_a_cancelled_run_waits_for_no_pilot_and_no_person(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    slot = uploaded(run, 1)
    run.send(0)
    time.advance(60)
    run.cancel(by="ann")
    time.advance(3 * 3600)
    with pytest.raises(RunCancelled):
        run.send(1)
    with pytest.raises(RunCancelled):
        claim_waits(run, 1, slot)
    assert ResultsHook().store.held_runs.of(run.dag_id, run.run_id) is None
    assert once(sandbox) == 5


def test_a_pilot_whose_task_is_marked_as_successful_unsent_holds_the_rest_and_says_what_to_do(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    slot = uploaded(run, 1)
    waits(run, 1)
    assert status(run).state is not RunState.ON_HOLD
    run.states["send_0"] = "success"
    time.advance(120)
    waits(run, 1)
    claim_waits(run, 1, slot)
    assert (once(sandbox), status(run).state) == (0, RunState.ON_HOLD)
    lines = run_lines(status(run), translator("en"), ResultsHook().store.clock.now())
    assert "nothing of the pilot was sent: its tasks ended without that" in lines.first
    assert lines.action.startswith("Use one of these commands. For another pilot, leave the others unsent")
    ResultsHook().store.held_runs.decide(run.dag_id, run.run_id, SEND, by="ann")
    run.send(1)
    assert once(sandbox) == 15


def test_a_pilot_in_which_everybody_opted_out_holds_the_rest(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    for each in Path(run.batches[0]["list_path"]).read_text(encoding="utf-8").splitlines()[1:]:
        sandbox.block("+" + each.split(";")[0].split(",")[0].strip('"').lstrip("+"))
    with pytest.raises(AirflowSkipException):
        run.send(0)
    time.advance(120)
    waits(run, 1)
    assert (once(sandbox), status(run).state) == (0, RunState.ON_HOLD)
    assert "everybody in it opted out" in first_line(run)


def test_those_of_a_pilot_who_got_nothing_count_as_not_delivered(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path, batch_size=3)
    assert [each["accepted"] for each in run.batches[:3]] == [3, 2, 3]
    run.send(0)
    run.states["send_1"] = "success"
    time.advance(120)
    waits(run, 2)
    found = pilot(run)
    assert found.counts is not None
    assert (found.counts.sent, found.counts.delivered) == (5, 3)
    assert first_line(run).endswith(": 3 of 5 messages of the pilot were delivered; at least 80 % must be.")
