"""Batches that go as OVH batches: once, found by name, and cancelled if they are there twice or wrong."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError, OutcomeUnknown, ReceiversMismatch, RequestRefused, RunCancelled
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.cancel import CancelRun
from ovh_sms.sending.credit_witness import CreditWitness
from ovh_sms.sending.ovh_batch_post import OvhBatchPost
from ovh_sms.sending.ovh_batch_watch import OvhBatchWatch
from ovh_sms.store.models import NOT_EXECUTED, SUCCEEDED, UNKNOWN
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.tries import NUMBERS, asked, killed_once_answered, once, send, stop_once_claimed

#: Waits of seconds; a message is kept for 36.
TIMES = {"quiet_period": timedelta(seconds=6), "reconcile_timeout": timedelta(seconds=30)}
CREATE = {"method": "POST", "path": "/sms/*/batches"}
CANCEL = {"method": "POST", "path": "/sms/*/batches/*/cancel"}


def send_it(**changes: Any) -> dict[str, Any]:
    return send(**{"via": "ovh_batches", **TIMES, **changes})


def batches(sandbox: SandboxProcess) -> list[str]:
    """Status of each OVH batch of the account."""
    return [each["status"] for each in sandbox.truth(account=sandbox.account_name)["batches"]]


def tags() -> list[str]:
    return sorted({each.tag for each in ResultsHook().store.attempts.of_run("a_dag", "run_1")})


def states() -> list[str]:
    (tag,) = tags()
    return [each.state for each in ResultsHook().store.attempts.all(tag)]


def cancel_run() -> CancelRun:
    hook, log = OvhSmsHook(), logging.getLogger("cancel")
    run = {"dag_id": "a_dag", "run_id": "run_1"}
    return CancelRun(client=hook.client, store=ResultsHook().store, clock=SystemClock(), log=log, **run)


def test_a_batch_goes_as_one_ovh_batch_which_waits_for_the_reconcile_timeout(sandbox: SandboxProcess) -> None:
    done = send_it()
    assert (done["submitted"], done["refused"], done["credits_spent"]) == (5, 0, 5)
    (batch,) = OvhSmsHook().client.ovh_batches.all()
    assert batch.name == done["tag"]
    assert batch.leaves is not None
    assert batch.leaves - batch.created >= TIMES["reconcile_timeout"]
    assert once(sandbox) == 5
    assert send_it(try_number=2) == done, "cleared, it does nothing"


def test_a_lost_answer_is_found_by_name(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    assert send_it(try_number=2)["submitted"] == 5
    assert (batches(sandbox), once(sandbox)) == (["INSERTED"], 5)


@pytest.mark.parametrize("seconds", [3, 15, 27])
def test_one_that_ovh_lists_late_is_waited_for_and_nobody_is_asked(sandbox: SandboxProcess, seconds: float) -> None:
    sandbox.fault("late_listing", seconds=seconds, answer="lost", **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    assert send_it(try_number=2)["submitted"] == 5
    assert (states(), once(sandbox)) == ([SUCCEEDED], 5)


def test_one_that_ovh_never_got_is_made_again(sandbox: SandboxProcess) -> None:
    sandbox.fault("reset_before", **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    send_it(try_number=2)
    assert (states(), batches(sandbox), once(sandbox)) == ([NOT_EXECUTED, SUCCEEDED], ["INSERTED"], 5)


def test_an_absent_name_alone_is_no_proof(sandbox: SandboxProcess) -> None:
    """The name stays away for longer than the quiet period; only the missing credits speak."""
    sandbox.fault("late_listing", seconds=40, answer="lost", **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    question = asked(lambda: send_it(try_number=2))
    assert (states(), once(sandbox)) == ([UNKNOWN], 5)
    assert question.tag in question.says
    SystemClock().sleep(15)
    assert send_it(try_number=3)["submitted"] == 5, "listed at last, it needs no person any more"
    assert (states(), once(sandbox)) == ([SUCCEEDED], 5)


@pytest.mark.parametrize("answer", ["sent", "lost"])
def test_a_second_one_that_a_proxy_made_is_cancelled_before_it_leaves(sandbox: SandboxProcess, answer: str) -> None:
    sandbox.fault("repeat", answer=answer, **CREATE)
    if answer == "lost":
        with pytest.raises(OutcomeUnknown):
            send_it()
    assert send_it(try_number=2)["credits_spent"] == 5
    assert sorted(batches(sandbox)) == ["CANCELED", "INSERTED"]
    assert once(sandbox) == 5


def test_the_first_one_stays_if_it_comes_to_light_after_a_second_one_was_made(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credits that somebody adds could hide those of the first one: then the second one is made, and cancelled."""
    monkeypatch.setattr(CreditWitness, "explains", lambda *_, **__: True)
    sandbox.fault("late_listing", seconds=25, answer="lost", **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    done = send_it(try_number=2)
    assert (states(), batches(sandbox)) == ([NOT_EXECUTED, SUCCEEDED], ["COMPLETED", "TO_CANCEL"])
    assert (done["submitted"], once(sandbox)) == (5, 5)


def test_a_second_one_that_cannot_be_cancelled_makes_the_outcome_unknown(sandbox: SandboxProcess) -> None:
    sandbox.fault("repeat", **CREATE)
    sandbox.fault("status", status=500, times=None, **CANCEL)
    question = asked(send_it)
    assert states() == [UNKNOWN]
    assert "Cancel it in OVH's manager" in question.says
    sandbox.clear_faults()
    send_it(try_number=2)
    assert (states(), sorted(batches(sandbox)), once(sandbox)) == ([SUCCEEDED], ["INSERTED", "TO_CANCEL"], 5)


def test_both_that_have_left_stay_a_persons_question(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    sandbox.fault("repeat", **CREATE)
    sandbox.fault("status", status=500, times=None, **CANCEL)
    asked(send_it)
    sandbox.clear_faults()
    leaping.sleep(60)
    question = asked(lambda: send_it(try_number=2))
    question.decide("sent")
    assert send_it(try_number=3)["submitted"] == 5
    assert batches(sandbox) == ["COMPLETED", "COMPLETED"]


def test_one_that_holds_a_part_of_the_list_is_cancelled_and_a_new_run_reaches_everybody(
    sandbox: SandboxProcess,
) -> None:
    sandbox.fault("partial", count=3, **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    with pytest.raises(ReceiversMismatch, match="3 receivers instead of 5"):
        send_it(try_number=2)
    assert (batches(sandbox), once(sandbox)) == (["CANCELED"], 0)
    assert send_it(run_id="run_2")["submitted"] == 5
    assert once(sandbox) == 5


def test_one_that_holds_a_part_gives_way_to_a_whole_one_that_is_listed_later(
    sandbox: SandboxProcess, leaping: LeapingTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy has made a second one: nobody may get the message from a new run."""
    given = OvhBatchPost.post

    def post_twice(self: OvhBatchPost, deadline: float) -> dict[str, Any]:
        with suppress(OutcomeUnknown):
            given(self, deadline)
        return given(self, deadline)

    monkeypatch.setattr(OvhBatchPost, "post", post_twice)
    sandbox.fault("partial", count=3, **CREATE)
    sandbox.fault("late_listing", seconds=15, **CREATE)
    assert send_it()["submitted"] == 5
    assert (sorted(batches(sandbox)), once(sandbox)) == (["CANCELED", "INSERTED"], 5)


@pytest.mark.parametrize("stored", [False, True])
def test_a_task_that_is_killed_after_the_answer_watches_at_its_next_try(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, *, stored: bool
) -> None:
    sandbox.fault("repeat", **CREATE)
    killed_once_answered(monkeypatch, send_it, stored=stored)
    assert batches(sandbox) == ["PENDING", "PENDING"]
    send_it(try_number=2)
    assert (sorted(batches(sandbox)), once(sandbox)) == (["CANCELED", "INSERTED"], 5)


def test_receivers_whom_ovh_refuses_are_counted_and_free_for_another_run(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_once_claimed(monkeypatch, sandbox, NUMBERS[0])
    done = send_it(stop_clause=True)
    assert (done["submitted"], done["refused"], done["messages"]) == (4, 1, 4)
    (record,) = ResultsHook().store.submissions.of_run("a_dag", "run_1")
    assert (record.submitted, record.refused) == (4, 1)


def test_a_cancelled_run_withdraws_its_ovh_batch_by_one_call(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    sandbox.reset_calls()
    leaping.after(10, lambda: cancel_run().drain(timedelta(seconds=1)))
    with pytest.raises(RunCancelled):
        send_it()
    assert (batches(sandbox), once(sandbox)) == (["CANCELING"], 0)
    assert ResultsHook().store.withdrawals.count(*tags()) == (5, 5)
    assert sandbox.calls("POST /sms/{serviceName}/batches/{id}/cancel") == 1
    assert sandbox.calls("DELETE /sms/{serviceName}/jobs/{id}") == 0
    assert send_it(run_id="run_2")["submitted"] == 5


def test_one_that_is_listed_after_the_run_was_cancelled_does_not_leave(sandbox: SandboxProcess) -> None:
    sandbox.fault("late_listing", seconds=15, answer="sent", **CREATE)
    store = ResultsHook().store
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OvhBatchWatch, "run", _killed)
        with pytest.raises(KeyboardInterrupt):
            send_it()
    cancel_run().drain(timedelta(seconds=1))
    assert once(sandbox) == 5
    with pytest.raises(RunCancelled):  # it waits until it is listed
        send_it(try_number=2)
    assert (batches(sandbox), once(sandbox)) == (["TO_CANCEL"], 0)
    assert store.withdrawals.count(*tags())[0] == 5
    assert send_it(run_id="run_2")["submitted"] == 5, "withdrawn messages keep nobody from another run's"


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_is_cancelled_at_ovh_is_not_sent_again(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    client = OvhSmsHook().client
    leaping.after(10, lambda: client.ovh_batches.cancel(client.ovh_batches.all()[0].id))
    with pytest.raises(RunCancelled, match="was cancelled at OVH"):
        send_it()
    with pytest.raises(RunCancelled):
        send_it(try_number=2)
    assert once(sandbox) == 0
    (record,) = ResultsHook().store.submissions.of_run("a_dag", "run_1")
    assert (record.submitted, record.credits_spent) == (0, 0)
    assert send_it(run_id="run_2")["submitted"] == 5, "a new run reaches everybody"


def test_nobody_valid_is_a_refusal(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_once_claimed(monkeypatch, sandbox, *NUMBERS)
    with pytest.raises(RequestRefused, match="sends none"):
        send_it(stop_clause=True)
    assert once(sandbox) == 0


def test_a_campaign_file_that_is_changed_while_an_answer_is_missing_sends_nothing_twice(
    sandbox: SandboxProcess,
) -> None:
    sandbox.fault("lost_answer", **CREATE)
    with pytest.raises(OutcomeUnknown):
        send_it()
    assert send(try_number=2, **TIMES)["submitted"] == 5
    assert (batches(sandbox), once(sandbox)) == (["INSERTED"], 5)


def test_a_message_with_columns_is_refused_unless_somebody_has_seen_that_ovh_fills_them(
    sandbox: SandboxProcess,
) -> None:
    with pytest.raises(ConfigurationError, match="#prenom#"):
        send_it(message="Bonjour #prenom#")
    assert send_it(message="Bonjour #prenom#", ovh_batches_merge=True)["submitted"] == 5


@pytest.mark.parametrize("wrong", [{"via": "pigeon"}, {"numbers": None, "document_url": "http://127.0.0.1/list.csv"}])
def test_what_ovh_batches_do_not_take_is_refused(sandbox: SandboxProcess, wrong: dict[str, Any]) -> None:
    with pytest.raises((ConfigurationError, AirflowFailException)):
        send_it(**wrong)
    assert batches(sandbox) == []
