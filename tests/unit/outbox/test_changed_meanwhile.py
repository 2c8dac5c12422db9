"""Rows that change, or whose people do, while their group waits: none is sent that must not be any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ovh_sms.errors import InsufficientCredits
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.messaging.receiver_zones import zones_of
from ovh_sms.outbox.round_witness import RoundWitness
from support.leaping_time import LeapingTime
from support.outbox import NUMBERS, SUBMIT, TEXT, Outbox, insert, sms

REUNION = "+262692123456"


def wait_for_credits(outbox: Outbox) -> None:
    """Let a worker make groups that the account cannot pay."""
    outbox.sandbox.account(creditsLeft=0)
    with pytest.raises(InsufficientCredits):
        outbox.send()
    outbox.sandbox.account(creditsLeft=50)


def change(outbox: Outbox, key: str, **values: str) -> None:
    """Change a row as a program does that knows SQL alone."""
    changes = ", ".join(f"{name} = :{name}" for name in values)
    with outbox.store.database.writing() as connection:
        connection.execute(text(f"UPDATE ovh_sms_outbox SET {changes} WHERE key = :key"), {"key": key, **values})


@pytest.mark.parametrize("changes", [{"message": "Votre code est 1234."}, {"receiver": NUMBERS[9]}])
def test_a_row_that_is_changed_in_its_group_is_refused_and_the_others_get_their_text(
    outbox: Outbox, leaping: LeapingTime, changes: dict[str, str]
) -> None:
    insert(outbox.store, "order-0")
    outbox.queue(sms(1))
    wait_for_credits(outbox)
    change(outbox, "order-0", **changes)
    leaping.sleep(301)
    outbox.send()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("refused", "changed")
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_a_row_that_is_changed_before_it_is_grouped_is_refused(outbox: Outbox) -> None:
    outbox.queue(sms(0), sms(1))
    change(outbox, "order-0", message="Votre code est 1234.")
    outbox.send()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("refused", "changed")
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_a_person_who_is_erased_while_the_group_waits_gets_nothing(outbox: Outbox, leaping: LeapingTime) -> None:
    outbox.queue(sms(0), sms(1))
    wait_for_credits(outbox)
    leaping.sleep(301)
    outbox.store.personal_data.ask_to_erase(NUMBERS[0])
    outbox.send()
    assert (outbox.row(0).reason, outbox.row(0).receiver, outbox.row(0).message) == ("erased", "erased", "")
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_a_person_who_is_erased_while_the_outcome_is_open_is_left_out_of_the_next_attempt(outbox: Outbox) -> None:
    outbox.queue(sms(0), sms(1))
    outbox.sandbox.fault("reset_before", **SUBMIT)
    outbox.send()
    outbox.store.personal_data.ask_to_erase(NUMBERS[0])
    outbox.settle()
    assert outbox.row(0).reason == "erased"
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_a_person_who_opts_out_right_before_the_claim_gets_no_advertising(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.queue(sms(0, stop_clause=True), sms(1, stop_clause=True))
    read = RoundWitness.snapshot

    def snapshot(witness: RoundWitness) -> dict[str, Any]:
        outbox.store.opt_out_digests.add("sms-other-1", [NUMBERS[0]])
        return read(witness)

    monkeypatch.setattr(RoundWitness, "snapshot", snapshot)
    outbox.send()
    assert [outbox.row(at).reason for at in (0, 1)] == ["opted_out", None]
    assert outbox.sent().keys() == {(NUMBERS[1], TEXT)}


def test_advertising_that_waited_for_credits_until_the_night_waits_for_the_morning(
    outbox: Outbox, leaping: LeapingTime
) -> None:
    def open_from(moment: datetime) -> datetime:
        found = HoursRule(marketing=True).submit_at(zones_of(REUNION), moment, receivers=1)
        assert found is not None
        return found

    leaping.sleep((open_from(leaping.now() + timedelta(days=1)) - leaping.now()).total_seconds() + 60)
    while open_from(leaping.now()) > leaping.now():
        leaping.sleep(60)
    outbox.queue(sms(0, receiver=REUNION, stop_clause=True))
    wait_for_credits(outbox)
    while open_from(leaping.now()) <= leaping.now():
        leaping.sleep(3600)
    outbox.send()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("pending", "out_of_hours")
    leaping.sleep((open_from(leaping.now()) - leaping.now()).total_seconds() + 60)
    outbox.send()
    assert outbox.row(0).state == "submitted"


def test_a_row_that_came_after_a_restoration_is_sent_beside_an_older_one_of_its_group(
    outbox: Outbox, leaping: LeapingTime
) -> None:
    outbox.queue(sms(0))
    leaping.sleep(1)
    outbox.store.identity.mark_restored()
    leaping.sleep(601)
    outbox.queue(sms(1))
    outbox.settle(seconds=60)
    assert (outbox.row(0).state, outbox.row(0).reason) == ("refused", "before_restore")
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_a_row_of_an_account_that_nobody_sends_for_starts_no_run_every_half_a_minute(
    outbox: Outbox, leaping: LeapingTime
) -> None:
    outbox.queue(sms(0, account="sms-nobody-1"))
    leaping.sleep(300)
    outbox.send()
    assert outbox.row(0).reason is None, "its worker may only be slow"
    leaping.sleep(301)
    outbox.send()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("pending", "no_worker")
    assert outbox.store.outbox.newest_waiting() is None
    leaping.sleep(301)
    assert outbox.store.outbox.newest_waiting() == outbox.row(0).id
