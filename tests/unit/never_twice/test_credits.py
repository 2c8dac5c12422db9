"""OVH has accepted a batch and lists nothing of it: only its credits show that. Other changes of them ask a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import OutcomeUnknown
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.sending.credit_witness import CreditWitness
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.tries import NUMBERS, SUBMIT_CALL, asked, once, send, stop_once_claimed
from support.web import web


def taken_but_not_listed(sandbox: SandboxProcess, **changes: Any) -> None:
    """OVH accepts, the answer is lost, and no list shows the messages for longer than anybody observes."""
    sandbox.fault("late_listing", seconds=60, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown) as caught:
        send(**changes)
    assert "stood still" not in str(caught.value)


def test_credits_bought_meanwhile_do_not_hide_those_that_are_gone(sandbox: SandboxProcess) -> None:
    taken_but_not_listed(sandbox)
    sandbox.account(creditsLeft=5000)  # somebody has paid an order
    asked(lambda: send())
    assert once(sandbox) == 5


def test_messages_that_are_listed_need_no_witness(sandbox: SandboxProcess) -> None:
    # just as many credits were bought as the batch took
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    sandbox.account(creditsLeft=1000)
    assert send()["submitted"] == 5
    assert once(sandbox) == 5


def test_a_refused_receiver_does_not_hide_the_credits_of_the_others(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # somebody answered STOP right before the POST: less is gone than the batch was to cost
    stop_once_claimed(monkeypatch, sandbox, NUMBERS[0])
    taken_but_not_listed(sandbox, stop_clause=True)
    asked(lambda: send(stop_clause=True))
    assert once(sandbox) == 4


def test_credits_of_others_are_distinguished_from_ones_own(sandbox: SandboxProcess) -> None:
    # another submission meanwhile explains its own credits: then nothing of this batch is there
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    other = [f"+336399801{n:02d}" for n in range(3)]
    sandbox.clock(advance=1.1)  # OVH dates a message in whole seconds
    send(run_id="run_2", campaign="other", message="Bonsoir", numbers=other)
    assert send(reconcile_timeout=timedelta(seconds=20))["submitted"] == 5
    assert once(sandbox) == 8


def test_credits_of_others_do_not_explain_ones_own(sandbox: SandboxProcess) -> None:
    taken_but_not_listed(sandbox)
    other = [f"+336399801{n:02d}" for n in range(3)]
    sandbox.clock(advance=1.1)
    send(run_id="run_2", campaign="other", message="Bonsoir", numbers=other)
    asked(lambda: send())
    assert once(sandbox) == 8


@pytest.mark.parametrize("listed", [True, False])
def test_a_document_of_unknown_length_is_never_sent_again(sandbox: SandboxProcess, listed: bool) -> None:
    # its length is unknown, so neither messages nor credits can be compared with anything
    with web() as server:
        server.answers["/l.csv"] = (200, "text/csv", "\n".join(["number", *NUMBERS]).encode())
        given = {"numbers": None, "document_url": f"{server.url}/l.csv"}
        if listed:
            sandbox.fault("lost_answer", **SUBMIT_CALL)
            with pytest.raises(OutcomeUnknown):
                send(**given)
        else:
            taken_but_not_listed(sandbox, **given)
        question = asked(lambda: send(**given))
    assert ("send" in question.ways) is not listed
    assert once(sandbox) == 5


def test_a_document_that_never_reached_ovh_is_sent(sandbox: SandboxProcess) -> None:
    with web() as server:
        server.answers["/l.csv"] = (200, "text/csv", "\n".join(["number", *NUMBERS]).encode())
        given = {"numbers": None, "document_url": f"{server.url}/l.csv"}
        sandbox.fault("reset_before", **SUBMIT_CALL)
        with pytest.raises(OutcomeUnknown):
            send(**given)
        assert send(**given)["submitted"] == 5
    assert once(sandbox) == 5


def test_messages_that_come_to_light_during_an_observation_are_not_those_of_others(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, leaping: LeapingTime
) -> None:
    # they were not there when the tag was listed, and explained the credits a moment later
    explained: list[bool] = []
    reading, explains = CreditWitness.reading, CreditWitness.explains
    leaping.sleep(1.1)  # OVH dates in whole seconds: the messages are dated after the credits were counted
    sandbox.fault("late_listing", seconds=6, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()

    def slow(self: CreditWitness, *given: Any) -> Any:
        found = reading(self, *given)
        leaping.sleep(4)  # between the list by tag and the list by time; they leave too
        sandbox.clock(advance=60)
        return found

    def noted(self: CreditWitness, *given: Any, **more: Any) -> bool:
        explained.append(explains(self, *given, **more))
        return explained[-1]

    monkeypatch.setattr(CreditWitness, "reading", slow)
    monkeypatch.setattr(CreditWitness, "explains", noted)
    assert send(reconcile_timeout=timedelta(seconds=120))["submitted"] == 5
    assert explained
    assert not any(explained)


@pytest.mark.parametrize("ordered", ["before", "after"])
def test_credits_ordered_by_hand_do_not_hide_those_that_are_gone(sandbox: SandboxProcess, ordered: str) -> None:
    # somebody orders, in OVH's manager, exactly as many credits as the batch took
    numbers = [f"+33639981{n:03d}" for n in range(100)]
    orders = OvhSmsHook().client.orders
    early = orders.create(100).order_id if ordered == "before" else None
    taken_but_not_listed(sandbox, numbers=numbers)
    sandbox.settle_order(early or orders.create(100).order_id or 0)
    asked(lambda: send(numbers=numbers))
    assert once(sandbox) == 100


def test_orders_that_were_closed_before_or_of_another_service_hide_nothing(sandbox: SandboxProcess) -> None:
    orders = OvhSmsHook().client.orders
    made = [orders.create(100).order_id or 0 for _ in range(4)]
    sandbox.settle_order(made[0])
    sandbox.settle_order(made[1], "cancelled")
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    sandbox.ask("POST", f"/orders/{made[2]}", {"domains": ["example.com"]})
    sandbox.settle_order(made[2])
    sandbox.account(creditsLeft=1000 + 100)  # the sandbox added credits for the domain
    assert send()["submitted"] == 5
    assert once(sandbox) == 5


def test_the_status_of_a_closed_order_is_asked_for_once(sandbox: SandboxProcess) -> None:
    orders = OvhSmsHook().client.orders
    for _ in range(3):
        sandbox.settle_order(orders.create(100).order_id or 0)
    send(run_id="run_1", force=True)
    sandbox.reset_calls()
    send(run_id="run_2", force=True)
    still_open = [each for each in sandbox.orders() if each["status"] not in ("delivered", "cancelled")]
    assert sandbox.calls("GET /me/order/{orderId}/status") == len(still_open)


def waiting(whose: str, delay_minutes: int) -> list[int]:
    """Five messages that wait, of a batch in the journal or of another program; OVH's ids of them."""
    receivers = [f"+336399801{n:02d}" for n in range(5)]
    client = OvhSmsHook().client
    if whose == "journal":
        send(run_id="other", campaign="other", message="Bonsoir", numbers=receivers, delay_minutes=delay_minutes)
    else:
        given = {"tag": "others", "sender": "MYSHOP", "stop_clause": False, "receivers": receivers}
        client.jobs.submit(SubmissionRequest(message="Bonsoir", delay_minutes=delay_minutes, **given))
    return client.jobs.pending_ids()


@pytest.mark.parametrize("whose", ["journal", "another program"])
def test_messages_that_others_withdrew_do_not_hide_credits_that_are_gone(sandbox: SandboxProcess, whose: str) -> None:
    # somebody deletes, in OVH's manager, as many messages that waited as the batch has
    ids = waiting(whose, 60)
    sandbox.clock(advance=1.1)
    taken_but_not_listed(sandbox)
    for each in ids:
        OvhSmsHook().client.jobs.delete(each)
    asked(lambda: send())
    assert once(sandbox) == 5


@pytest.mark.parametrize("whose", ["journal", "another program"])
def test_messages_of_others_that_leave_meanwhile_are_not_withdrawn_ones(sandbox: SandboxProcess, whose: str) -> None:
    waiting(whose, 5)
    sandbox.clock(advance=1.1)
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    sandbox.clock(advance=600)
    assert OvhSmsHook().client.jobs.pending_ids() == []
    assert send()["submitted"] == 5
    assert once(sandbox) == 10
