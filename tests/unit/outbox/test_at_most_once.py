"""However a worker dies or an answer is lost, each row is one SMS; if nobody can say, a person is asked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import InsufficientCredits, OutOfCredits, ResolutionRequired
from ovh_sms.store.models import OUTBOX_DAG, Resolution
from support.leaping_time import LeapingTime
from support.outbox import NUMBERS, SUBMIT, TEXT, Outbox, sms
from support.tries import killed_once_answered, once_claimed
from unit.store.attempt_samples import an_attempt

ALL = [(NUMBERS[at], TEXT) for at in range(3)]


@pytest.mark.parametrize("fault", ["lost_answer", "reset_before", "half_body"])
def test_a_lost_answer_is_reconciled_and_the_others_do_not_wait_for_it(outbox: Outbox, fault: str) -> None:
    outbox.queue(*(sms(at) for at in range(3)), sms(3, message="Un autre texte"))
    outbox.sandbox.fault(fault, **SUBMIT)
    outbox.send()
    assert outbox.states() == {"pending": 3, "submitted": 1}
    outbox.settle()
    assert outbox.states() == {"submitted": 4}
    assert outbox.sent() == {**dict.fromkeys(ALL, 1), (NUMBERS[3], "Un autre texte"): 1}
    assert all(outbox.row(at).outgoing_id for at in range(4))


@pytest.mark.parametrize("status", [400, 402, 403])
def test_a_refusal_by_a_proxy_that_passed_the_group_on_is_no_refusal(outbox: Outbox, status: int) -> None:
    outbox.queue(*(sms(at) for at in range(3)))
    outbox.sandbox.fault("proxy_4xx", **SUBMIT, status=status)
    with suppress(OutOfCredits):
        outbox.send()
    outbox.settle()
    assert outbox.states() == {"submitted": 3}
    assert outbox.sent() == dict.fromkeys(ALL, 1)


@pytest.mark.parametrize("stored", [False, True])
def test_a_worker_that_is_killed_once_ovh_has_answered_leaves_one_sms(
    outbox: Outbox, leaping: LeapingTime, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    outbox.queue(*(sms(at) for at in range(3)))
    killed_once_answered(monkeypatch, outbox.send, stored=stored)
    assert outbox.send().groups == 0, "its lease has not ended"
    leaping.sleep(121)
    outbox.send()
    outbox.settle()
    assert outbox.states() == {"submitted": 3}
    assert outbox.sent() == dict.fromkeys(ALL, 1)


def test_a_worker_that_is_killed_once_it_has_claimed_leaves_the_rows_to_be_sent(
    outbox: Outbox, leaping: LeapingTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill() -> None:
        raise KeyboardInterrupt

    outbox.queue(*(sms(at) for at in range(3)))
    with monkeypatch.context() as patch:
        once_claimed(patch, kill)
        with pytest.raises(KeyboardInterrupt):
            outbox.send()
    assert outbox.sent() == {}
    leaping.sleep(121)
    outbox.send()
    outbox.settle()
    assert outbox.sent() == dict.fromkeys(ALL, 1)


def test_rows_of_a_group_whose_answer_is_lost_are_never_grouped_anew(outbox: Outbox) -> None:
    outbox.queue(*(sms(at) for at in range(3)))
    outbox.sandbox.fault("lost_answer", **SUBMIT)
    outbox.send()
    tag = outbox.row().group_tag
    outbox.queue(*(sms(at) for at in range(3, 5)))
    outbox.send()
    outbox.settle()
    assert {outbox.row(at).group_tag for at in range(3)} == {tag}
    assert outbox.row(3).group_tag not in (None, tag)
    assert outbox.sent() == {(NUMBERS[at], TEXT): 1 for at in range(5)}


def test_two_workers_at_once_send_each_row_once(outbox: Outbox, tmp_path: Path) -> None:
    outbox.queue(*(sms(at, message=f"Texte {at % 3}") for at in range(30)))
    fault = outbox.sandbox.fault("hold_after", **SUBMIT)
    from threading import Thread

    first = Thread(target=outbox.send)
    first.start()
    outbox.sandbox.wait_held(fault)
    outbox.send()
    outbox.sandbox.release(fault)
    first.join()
    outbox.settle()
    assert set(outbox.sent().values()) == {1}
    assert outbox.states() == {"submitted": 30}


def test_a_person_decides_if_nobody_else_can(outbox: Outbox) -> None:
    outbox.queue(*(sms(at) for at in range(3)))
    outbox.sandbox.fault("late_listing", seconds=600, answer="lost", **SUBMIT)
    outbox.send()
    with pytest.raises(ResolutionRequired) as asked:
        outbox.settle(rounds=30)
    assert "ovh-sms outbox list --group" in str(asked.value)
    assert outbox.states() == {"unknown": 3}
    assert outbox.send().groups == 0, "nothing is done by itself"
    tag = outbox.row().group_tag or ""
    (attempt,) = outbox.store.attempts.all(tag)
    resolution = Resolution(way="sent", by="a person", at="2026-03-03T10:00:00+00:00")
    outbox.store.attempts.resolve(tag, (attempt.question or {})["code"], resolution)
    outbox.settle()
    assert outbox.states() == {"submitted": 3}
    assert outbox.sent() == dict.fromkeys(ALL, 1)


def test_a_row_of_before_a_restoration_is_not_sent(outbox: Outbox, leaping: LeapingTime) -> None:
    outbox.queue(sms(0))
    leaping.sleep(1)
    outbox.store.identity.mark_restored()
    outbox.send()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("refused", "before_restore")
    assert outbox.sent() == {}
    leaping.sleep(601)
    outbox.queue(sms(1))
    outbox.send()
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_a_person_who_opts_out_while_the_outcome_is_open_is_left_out_of_the_next_attempt(outbox: Outbox) -> None:
    outbox.queue(*(sms(at, stop_clause=True) for at in range(3)))
    outbox.sandbox.fault("reset_before", **SUBMIT)
    outbox.send()
    outbox.store.opt_out_digests.add("sms-other-1", [NUMBERS[1]])
    outbox.settle()
    assert outbox.sent() == dict.fromkeys([ALL[0], ALL[2]], 1)
    assert [outbox.row(at).reason for at in range(3)] == [None, "opted_out", None]


def test_the_journal_says_which_rows_a_group_had_and_holds_no_number_and_no_text(outbox: Outbox) -> None:
    outbox.queue(*(sms(at) for at in range(3)))
    outbox.send()
    (attempt,) = outbox.store.attempts.all(outbox.row().group_tag or "")
    assert (attempt.dag_id, attempt.kind, attempt.state) == (OUTBOX_DAG, "outbox", "succeeded")
    assert (attempt.snapshot or {})["rows"] == [outbox.row(at).id for at in range(3)]
    shown = f"{attempt.snapshot} {attempt.answer}"
    assert TEXT not in shown
    assert not any(number.removeprefix("+") in shown for number in NUMBERS[:3])


def test_what_ovh_lists_after_an_attempt_was_closed_is_not_sent_again(outbox: Outbox) -> None:
    outbox.queue(*(sms(at) for at in range(3)))
    dispatcher = outbox.dispatcher()
    dispatcher._planner.plan(limit=9)
    tag = outbox.row().group_tag or ""
    request = SubmissionRequest(message=TEXT, stop_clause=False, tag=tag, receivers=list(NUMBERS[:3]), sender="MYSHOP")
    outbox.client().jobs.submit(request)
    outbox.sandbox.clock(advance=60)  # they have left: their tag identifies them
    attempt = an_attempt(tag, kind="outbox", dag_id=OUTBOX_DAG, run_id=tag, account=outbox.sandbox.account_name)
    attempt = replace(attempt, list_digest="", message_digest="")
    outbox.store.attempts.claim(attempt, in_flight_window=timedelta(minutes=1))
    outbox.store.attempts.mark_not_executed(tag, 1)
    dispatcher.run()
    assert outbox.states() == {"unknown": 3}
    assert outbox.row().reason == "listed_late"
    assert outbox.sent() == dict.fromkeys(ALL, 1)


def test_a_question_is_asked_although_the_account_cannot_pay_other_rows(outbox: Outbox, leaping: LeapingTime) -> None:
    outbox.queue(sms(0))
    outbox.sandbox.fault("late_listing", seconds=600, answer="lost", **SUBMIT)
    outbox.send()
    outbox.sandbox.account(creditsLeft=0)

    def until_asked() -> None:
        for at in range(1, 20):
            leaping.sleep(1)
            outbox.queue(sms(at, message=f"Texte {at}"))
            with suppress(InsufficientCredits):
                outbox.send()

    with pytest.raises(ResolutionRequired):
        until_asked()
    assert outbox.row(0).state == "unknown"
