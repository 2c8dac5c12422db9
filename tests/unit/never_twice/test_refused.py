"""A message is not sent if its time is long past or if the same was sent already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import RetryAction

from ovh_sms.errors import DuplicateSubmission, OutcomeUnknown, RequestRefused, ScheduleTooOld, Unavailable
from ovh_sms.retry_policy import retry_policy
from ovh_sms.task_context import task_tag
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.signed import Signed
from support.tries import NUMBERS, SUBMIT_CALL, asked, once, once_claimed, send, sent, states, stop_once_claimed, task


def try_of(ago: timedelta) -> dict[str, Any]:
    """A try of a run that the schedule wanted so long ago."""
    run = SimpleNamespace(conf={}, run_type="scheduled", logical_date=datetime.now(UTC) - ago)
    return task().execute({**context(), "dag_run": run})


def test_a_try_days_later_sends_nothing(sandbox: SandboxProcess) -> None:
    # the first one never reached OVH; somebody clears the task when it is no news any more
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        try_of(timedelta(minutes=1))
    for _ in range(2):
        with pytest.raises(ScheduleTooOld):
            try_of(timedelta(days=3))
    assert once(sandbox) == 0


def test_a_try_days_later_still_finds_what_was_sent(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        try_of(timedelta(minutes=1))
    assert try_of(timedelta(days=3))["submitted"] == 5
    assert once(sandbox) == 5


def test_a_person_may_send_though_it_is_late(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        try_of(timedelta(minutes=1))
    sandbox.account(creditsLeft=500)
    asked(lambda: try_of(timedelta(days=3))).decide("send", although_credits_are_gone=True)
    assert try_of(timedelta(days=3))["submitted"] == 5
    assert once(sandbox) == 5


def test_a_run_whose_every_receiver_was_refused_does_not_keep_the_next_one(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # it reached nobody: the next run may have a list that OVH takes
    stop_once_claimed(monkeypatch, sandbox, *NUMBERS)
    for _ in range(2):  # cleared, it says the same and does not send
        with pytest.raises(RequestRefused, match="accepted none"):
            send(run_id="one", stop_clause=True)
    for number in NUMBERS:  # they take their STOP back
        assert Signed(sandbox).delete(f"/sms/{sandbox.account_name}/blacklists/{number}").status == 200
    assert send(run_id="two", stop_clause=True)["submitted"] == 5
    with pytest.raises(DuplicateSubmission):
        send(run_id="three", stop_clause=True)
    assert once(sandbox) == 5


def test_a_run_with_one_refused_receiver_keeps_the_next_one(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_once_claimed(monkeypatch, sandbox, NUMBERS[0])
    assert send(run_id="one", stop_clause=True)["submitted"] == 4
    with pytest.raises(DuplicateSubmission):
        send(run_id="two", stop_clause=True)
    assert once(sandbox) == 4


def test_a_run_that_a_person_calls_sent_keeps_the_next_one(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OVH shows nothing of it, and the person knows better: nobody was refused
    sandbox.fault("late_listing", seconds=60, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(run_id="one")
    asked(lambda: send(run_id="one")).decide("sent")
    assert send(run_id="one")["resolution"] == "sent"
    with pytest.raises(DuplicateSubmission):
        send(run_id="two")
    assert once(sandbox) == 5


def test_a_submission_refused_for_its_time_is_made_by_the_next_try_once_ovh_shows_nothing(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OVH's clock is set between claim and POST: one request, and perhaps a proxy had it executed before
    once_claimed(monkeypatch, lambda: sandbox.clock(offset=600))
    with pytest.raises(Unavailable, match="refused the signed time") as caught:
        send()
    assert retry_policy().evaluate(caught.value, 1, 3).action is RetryAction.RETRY
    assert (states(task_tag(context(task_id="send", run_id="run_1"))), once(sandbox)) == (["refused"], 0)
    assert send(try_number=2)["submitted"] == 5
    assert once(sandbox) == 5
    sandbox.clock(offset=0)


@pytest.mark.parametrize("again", ["run_1", "run_2"])
def test_after_a_refusal_the_same_task_finds_a_proxys_copy_and_a_new_run_does_not(
    sandbox: SandboxProcess, again: str
) -> None:
    # a proxy repeats the request: OVH accepts the first copy, and refuses the second for want of credits
    sandbox.account(creditsLeft=5)
    sandbox.fault("repeat", **SUBMIT_CALL)
    with pytest.raises(RequestRefused, match="Not enough credits"):
        send()
    assert states(task_tag(context(task_id="send", run_id="run_1"))) == ["refused"]
    sandbox.account(creditsLeft=500)
    assert send(run_id=again)["submitted"] == 5
    assert set(sent(sandbox).values()) == ({1} if again == "run_1" else {2}), "the page names this risk"
