"""Rows are sent once each, grouped by text and options, by priority; what is of no use any more is not sent."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import InsufficientCredits, OutOfCredits
from ovh_sms.store.reservation_records import WantedCredits
from support.leaping_time import LeapingTime
from support.outbox import NUMBERS, POST, SUBMIT, TEXT, Outbox, insert, sms


def test_each_row_is_sent_once_and_gets_its_own_result(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outbox.queue(*(sms(at) for at in range(3)), sms(3, message="Un autre texte"))
    made = outbox.send()
    assert outbox.sent() == {**{(NUMBERS[at], TEXT): 1 for at in range(3)}, (NUMBERS[3], "Un autre texte"): 1}
    assert made.to_xcom() == {
        "account": outbox.sandbox.account_name,
        "groups": 2,
        "rows": {"submitted": 4},
        "credits_spent": 4.0,
    }
    rows = [outbox.row(at) for at in range(4)]
    client = outbox.client()
    listed = [*client.outgoing.iter(client.outgoing.ids()), *client.jobs.iter(client.jobs.pending_ids())]
    assert {row.receiver: row.outgoing_id for row in rows} == {each.receiver: each.id for each in listed}
    assert {(row.state, row.credits, row.reason) for row in rows} == {("submitted", 1.0, None)}
    assert outbox.send().groups == 0
    assert not any(number.removeprefix("+") in caplog.text for number in NUMBERS[:4])
    assert TEXT not in caplog.text


def test_equal_texts_and_options_are_one_group_of_500_receivers_at_most(outbox: Outbox) -> None:
    outbox.queue(*(sms(at) for at in range(501)), sms(501, priority="low"), sms(502, validity=30), sms(503, key="x"))
    again = sms(0, key="the-same-person-again")
    outbox.queue(again)
    outbox.sandbox.reset_calls()
    outbox.send()
    assert outbox.sandbox.calls(POST) == 4  # 500 and the rest, of low priority, of 30 minutes
    assert outbox.sent()[NUMBERS[0], TEXT] == 2
    assert sum(outbox.sent().values()) == 505


def test_reads_for_witness_and_precheck_are_few(outbox: Outbox) -> None:
    outbox.queue(*(sms(at, message=f"Code {at}") for at in range(30)))
    outbox.sandbox.reset_calls()
    outbox.send()
    by_call = outbox.sandbox.calls()["by_call"]
    assert by_call[POST] == 30
    reads = sum(number for call, number in by_call.items() if call.startswith("GET"))
    assert reads <= 3 * 30


def test_priority_comes_first_then_the_order_of_the_rows(outbox: Outbox) -> None:
    wanted = {0: "low", 1: "veryLow", 2: None, 3: "medium", 4: "high"}
    outbox.queue(*(sms(at, priority=priority, message=f"Texte {at}") for at, priority in wanted.items()))
    outbox.send()
    found = outbox.sandbox.messages(account=outbox.sandbox.account_name)
    assert [each["message"] for each in found] == [f"Texte {at}" for at in (2, 4, 3, 0, 1)]


def test_a_row_waits_until_its_moment(outbox: Outbox, leaping: LeapingTime) -> None:
    outbox.queue(sms(deferred_until=outbox.clock.now() + timedelta(minutes=5)))
    assert outbox.send().groups == 0
    leaping.sleep(301)
    assert outbox.send().by_state == {"submitted": 1}


def test_an_expired_row_is_not_sent(outbox: Outbox, leaping: LeapingTime) -> None:
    outbox.queue(sms(0, validity=10), sms(1, validity=10, deferred_until=outbox.clock.now() + timedelta(minutes=9)))
    leaping.sleep(9.5 * 60)
    outbox.send()
    assert (outbox.row(0).state, outbox.row(1).state) == ("expired", "submitted")
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_ovh_gets_the_minutes_that_are_left_and_the_other_options(
    outbox: Outbox, leaping: LeapingTime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bodies: list[dict[str, Any]] = []
    body_of = SubmissionRequest.body

    def keep(request: SubmissionRequest) -> dict[str, Any]:
        bodies.append(body_of(request))
        return bodies[-1]

    monkeypatch.setattr(SubmissionRequest, "body", keep)
    outbox.queue(sms(validity=30, priority="medium", message_class="flash", coding="8bit"))
    leaping.sleep(10 * 60)
    outbox.send()
    (body,) = bodies
    assert {name: body[name] for name in ("validityPeriod", "priority", "class", "coding", "noStopClause")} == {
        "validityPeriod": 19,
        "priority": "medium",
        "class": "flash",
        "coding": "8bit",
        "noStopClause": True,
    }
    assert "OVH has deprecated the options class and coding" in caplog.text
    assert outbox.states() == {"submitted": 1}


def test_people_who_opted_out_get_no_advertising_and_other_messages_still(outbox: Outbox) -> None:
    outbox.sandbox.block(NUMBERS[0])
    outbox.store.opt_out_digests.add("sms-other-1", [NUMBERS[1]])
    outbox.queue(*(sms(at, stop_clause=True, message="Soldes") for at in range(3)), sms(3, receiver=NUMBERS[0]))
    outbox.send()
    assert outbox.sent() == {(NUMBERS[2], "Soldes"): 1, (NUMBERS[0], TEXT): 1}
    assert [outbox.row(at).reason for at in range(4)] == ["opted_out", "opted_out", None, None]


def test_a_row_that_another_program_wrote_is_checked_when_it_is_sent(outbox: Outbox) -> None:
    insert(outbox.store, "good", receiver="06 39 98 00 07")
    insert(outbox.store, "no-number", receiver="12")
    insert(outbox.store, "template", message="Bonjour #prenom#")
    insert(outbox.store, "strange", priority="urgent")
    insert(outbox.store, "nobody", sender="NOSUCH")
    outbox.send()
    assert outbox.sent() == {(NUMBERS[7], TEXT): 1}
    rows = {row.key: (row.state, row.reason) for row in outbox.store.outbox.latest(_all(), limit=9)}
    assert rows == {
        "good": ("submitted", None),
        "no-number": ("refused", "invalid_number"),
        "template": ("refused", "sharps"),
        "strange": ("refused", "unknown_option"),
        "nobody": ("refused", "sender_not_enabled"),
    }


def test_a_sender_that_was_enabled_after_a_worker_began_is_used(outbox: Outbox, leaping: LeapingTime) -> None:
    worker = outbox.dispatcher()
    worker.warm_up()
    outbox.sandbox.account(senders={"NEWSHOP": "enable"})
    leaping.sleep(31)
    outbox.queue(sms(0, sender="NEWSHOP"))
    assert worker.run().by_state == {"submitted": 1}


def test_numbers_that_ovh_refuses_have_their_reason_and_the_others_are_sent(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.queue(sms(0, stop_clause=True), sms(1, stop_clause=True))
    dispatcher = outbox.dispatcher()
    monkeypatch.setattr(dispatcher._opted_out, "among", lambda numbers: set())
    outbox.sandbox.block(NUMBERS[0])
    dispatcher.run()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("refused", "ovh_refusal")
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_a_group_that_ovh_refuses_keeps_no_other_waiting(outbox: Outbox) -> None:
    outbox.sandbox.fault("status", **SUBMIT, status=400)
    outbox.queue(sms(0), sms(1, message="Un autre texte"))
    outbox.sandbox.reset_calls()
    outbox.send()
    assert outbox.sent() == {(NUMBERS[1], "Un autre texte"): 1}
    outbox.settle()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("refused", "ovh_refusal")
    assert outbox.sent() == {(NUMBERS[1], "Un autre texte"): 1}
    assert outbox.sandbox.calls(POST) == 2, "what OVH refused is not sent again"


def test_rows_wait_for_credits(outbox: Outbox, leaping: LeapingTime) -> None:
    outbox.sandbox.account(creditsLeft=0)
    outbox.queue(sms())
    with pytest.raises(InsufficientCredits, match="costs 1 credits; the account holds 0"):
        outbox.send()
    assert outbox.send().groups == 0, "not before some minutes have passed"
    outbox.sandbox.account(creditsLeft=5)
    leaping.sleep(301)
    outbox.settle()
    assert outbox.sent() == {(NUMBERS[0], TEXT): 1}


def test_rows_that_ovh_refuses_for_want_of_credits_are_sent_once_there_are_some(outbox: Outbox) -> None:
    outbox.sandbox.fault("status", **SUBMIT, status=402)
    outbox.queue(sms())
    with pytest.raises(OutOfCredits):
        outbox.send()
    outbox.settle()
    assert outbox.sent() == {(NUMBERS[0], TEXT): 1}


def test_credits_that_a_campaign_has_reserved_are_not_used(outbox: Outbox) -> None:
    reserve(outbox, 999.5)
    outbox.queue(sms())
    with pytest.raises(InsufficientCredits, match=r"999\.5 of them are reserved"):
        outbox.send()
    assert outbox.sent() == {}


def test_rows_of_another_account_are_left_to_its_worker(outbox: Outbox) -> None:
    outbox.queue(sms(0, account="sms-other-1"), sms(1))
    assert outbox.send(takes_unnamed=False).groups == 0
    assert outbox.send().groups == 1
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def reserve(outbox: Outbox, amount: float) -> None:
    wanted = WantedCredits(
        list_tag="spring",
        dag_id="spring",
        run_id="1",
        account=outbox.sandbox.account_name,
        batches={"spring": amount},
        lasts=timedelta(hours=1),
    )
    known = outbox.store.reservations.read(outbox.sandbox.account_name)
    outbox.store.reservations.reserve(wanted, known, credits_left=1000.0)


def _all() -> Any:
    from ovh_sms.store.outbox_queries import OutboxFilter

    return OutboxFilter()
