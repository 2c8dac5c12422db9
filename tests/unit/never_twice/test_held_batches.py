"""Too many STOPs to a run's earlier batch hold the later ones for a person: never by itself does one go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from ovh_sms.errors import OutcomeUnknown, ScheduleTooOld
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from ovh_sms.sending.batch_post import BatchPost
from ovh_sms.store.held_runs import DROP, SEND
from ovh_sms.store.stop_rate import StopRate
from support.airflow_task import context
from support.leaping_time import LeapingTime
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.tries import QUICK, SUBMIT_CALL, asked, once

FIRST, LATER = [f"+33639980{n}" for n in range(100, 103)], [f"+33639980{n}" for n in range(103, 105)]
#: Five for 1,000: three of three are far more.
REPORT = {"stop_threshold": 5.0}


@pytest.fixture
def run(sandbox: SandboxProcess, tmp_path: Path) -> list[dict[str, Any]]:
    """Two batches, both uploaded; the first one is sent."""
    found = [{"batch": each, "slot": upload(each, at)} for at, each in enumerate(batches(tmp_path, 100, rows=5))]
    send(found, 0)
    return found


def send(found: list[dict[str, Any]], at: int, **changes: Any) -> dict[str, Any]:
    given = {"deferrable": True, "report": REPORT, **changes}
    return send_batch(found[at]["batch"], found[at]["slot"], at, **given)


def stop(sandbox: SandboxProcess) -> None:
    for each in FIRST:
        sandbox.block(each)


def status() -> RunStatus:
    store = ResultsHook().store
    (found,) = store.run_results.of_run("a_dag", "run_1")
    return run_status(found, store.clock.now())


def decide(decision: str) -> None:
    ResultsHook().store.held_runs.decide("a_dag", "run_1", decision, by="ann")


def sent_to(sandbox: SandboxProcess) -> list[str]:
    return sorted(each["receiver"] for each in sandbox.messages(account=sandbox.account_name))


def test_a_batch_waits_without_a_worker_and_the_page_says_why(
    sandbox: SandboxProcess, run: list[dict[str, Any]]
) -> None:
    stop(sandbox)
    with pytest.raises(TaskDeferred) as waiting:
        send(run, 1)
    assert waiting.value.trigger.serialize()[1]["moment"] > datetime.now(UTC)
    assert sent_to(sandbox) == FIRST
    held = ResultsHook().store.held_runs.of("a_dag", "run_1")
    assert held is not None
    assert (held.rate, held.threshold, held.decision) == (StopRate(3, 3), 5.0, None)
    assert [each.state.value for each in status().batches][1] == "on_hold"
    assert status().state is RunState.ON_HOLD
    assert status().to_come == 2


@pytest.mark.parametrize(("people", "threshold"), [(2, 5.0), (3, 1000.0)])
def test_nobody_is_waited_for_as_long_as_few_answer_stop(
    sandbox: SandboxProcess, run: list[dict[str, Any]], people: int, threshold: float
) -> None:
    for each in FIRST[:people]:
        sandbox.block(each)
    assert send(run, 1, report={"stop_threshold": threshold})["submitted"] == 2
    assert ResultsHook().store.held_runs.of("a_dag", "run_1") is None


def test_a_campaign_without_a_threshold_holds_nothing(sandbox: SandboxProcess, run: list[dict[str, Any]]) -> None:
    stop(sandbox)
    assert send(run, 1, report={})["submitted"] == 2


def test_it_never_goes_on_by_itself(sandbox: SandboxProcess, run: list[dict[str, Any]]) -> None:
    stop(sandbox)
    for report in (REPORT, REPORT, {"stop_threshold": 1000.0}, {}):  # a retry, a Clear, and an edited campaign file
        with pytest.raises(TaskDeferred):
            send(run, 1, report=report)
    assert sent_to(sandbox) == FIRST


def test_a_person_lets_it_go_on_and_those_who_answered_stop_get_nothing(
    sandbox: SandboxProcess, run: list[dict[str, Any]]
) -> None:
    stop(sandbox)
    with pytest.raises(TaskDeferred):
        send(run, 1)
    sandbox.block(LATER[0])
    decide(SEND)
    assert send(run, 1)["submitted"] == 1
    assert (sent_to(sandbox), once(sandbox)) == ([*FIRST, LATER[1]], 4)
    assert status().state is not RunState.ON_HOLD


def test_a_person_drops_it_and_a_clear_changes_nothing(sandbox: SandboxProcess, run: list[dict[str, Any]]) -> None:
    stop(sandbox)
    with pytest.raises(TaskDeferred):
        send(run, 1)
    decide(DROP)
    for _ in range(2):
        with pytest.raises(AirflowSkipException, match="ann decided to leave this batch unsent"):
            send(run, 1)
    assert (sent_to(sandbox), status().state, status().not_written) == (FIRST, RunState.DROPPED, 2)
    decide(SEND)
    assert send(run, 1)["submitted"] == 2, "the last decision counts"


def test_a_batch_of_a_held_run_is_not_uploaded(sandbox: SandboxProcess, run: list[dict[str, Any]]) -> None:
    stop(sandbox)
    with pytest.raises(TaskDeferred):
        send(run, 1)
    free = FreeReceiversSlotOperator(task_id="free", receivers=run[1]["slot"])
    free.execute(context(task_id="free"))
    with pytest.raises(TaskDeferred):
        upload(run[1]["batch"], 1)
    decide(DROP)
    with pytest.raises(AirflowSkipException, match="ann decided"):
        upload(run[1]["batch"], 1)
    decide(SEND)
    assert upload(run[1]["batch"], 1)["records"] == 2


@pytest.mark.parametrize("decision", [None, DROP])
def test_a_run_that_is_held_between_the_check_and_the_claim_sends_nothing(
    sandbox: SandboxProcess, run: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, decision: str | None
) -> None:
    snapshot = BatchPost.snapshot

    def held_meanwhile(self: BatchPost) -> dict[str, Any]:
        found = snapshot(self)
        ResultsHook().store.held_runs.hold("a_dag", "run_1", StopRate(3, 3), 5.0)
        if decision:
            decide(decision)
        return found

    monkeypatch.setattr(BatchPost, "snapshot", held_meanwhile)
    with pytest.raises(AirflowSkipException if decision else TaskDeferred):
        send(run, 1)
    assert sent_to(sandbox) == FIRST


def test_a_person_who_resolves_a_batch_as_not_sent_has_not_released_its_run(
    sandbox: SandboxProcess, leaping: LeapingTime, run: list[dict[str, Any]]
) -> None:
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(run, 1, **QUICK)
    sandbox.account(creditsLeft=500)  # somebody else used some: nobody knows what the batch took
    question = asked(lambda: send(run, 1, **QUICK))
    stop(sandbox)
    question.decide("send", although_credits_are_gone=True)
    before: list[list[str]] = []

    def released() -> None:
        before.append(sent_to(sandbox))
        decide(SEND)

    leaping.after(700, released)
    assert send(run, 1, **QUICK)["submitted"] == 2
    assert (before, once(sandbox)) == ([FIRST], 5)


def test_a_batch_that_was_sent_is_not_held(sandbox: SandboxProcess, run: list[dict[str, Any]]) -> None:
    answer = send(run, 1)
    stop(sandbox)
    assert send(run, 1) == answer
    assert [each.state.value for each in status().batches].count("on_hold") == 0


def test_a_held_batch_beyond_its_use_says_that_nobody_decided(
    sandbox: SandboxProcess, run: list[dict[str, Any]]
) -> None:
    stop(sandbox)
    with pytest.raises(TaskDeferred):
        send(run, 1)
    past = (datetime.now(UTC) - timedelta(hours=1)).replace(tzinfo=None).isoformat(timespec="minutes")
    over = {"night": "send", "valid_until": {"moment": past, "timezone": "UTC"}}
    with pytest.raises(ScheduleTooOld, match=r"held for a person since .*nobody has decided: 3 of 3 people"):
        send(run, 1, hours=over)
    assert sent_to(sandbox) == FIRST


def test_the_hold_is_reported_once_through_the_notifiers_with_the_commands(
    sandbox: SandboxProcess, run: list[dict[str, Any]]
) -> None:
    KeepingNotifier.kept.clear()
    report = {**REPORT, "notify": [{"notifier": "support.notifiers.KeepingNotifier"}]}
    stop(sandbox)
    for _ in range(2):
        with pytest.raises(TaskDeferred):
            send(run, 1, report=report)
    (kept,) = KeepingNotifier.kept
    assert kept["subject"] == "SMS campaign spring: held for a person"
    assert "3 STOPs to 3 delivered messages (1,000 for 1,000); the limit is 5" in kept["text"]
    assert "ovh-sms held spring send --run run_1" in kept["text"]
    assert "ovh-sms held spring drop --run run_1" in kept["text"]
    assert "+336" not in kept["text"]
