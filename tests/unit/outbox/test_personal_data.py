"""Numbers and texts of the outbox go by their age and by an erasure; keys stay used."""

from __future__ import annotations

from datetime import timedelta

from ovh_sms.sending.retention import purge_old
from support.leaping_time import LeapingTime
from support.outbox import NUMBERS, SUBMIT, TEXT, Outbox, insert, sms

DAY = timedelta(days=1)


def test_old_rows_lose_number_and_text_and_their_keys_stay_used(outbox: Outbox, leaping: LeapingTime) -> None:
    outbox.queue(sms(0), sms(1, deferred_until=outbox.clock.now() + 30 * DAY))
    outbox.send()
    assert purge_old(outbox.store, DAY).outbox == 0
    leaping.sleep(2 * DAY.total_seconds())
    assert purge_old(outbox.store, DAY).outbox == 1
    assert (outbox.row(0).receiver, outbox.row(0).message, outbox.row(0).state) == ("erased", "", "submitted")
    assert outbox.row(1).receiver == NUMBERS[1]
    assert outbox.queue(sms(0)) == 0, "the same SMS is known by its digest"


def test_a_person_who_is_erased_gets_no_sms_that_still_waits(outbox: Outbox) -> None:
    outbox.queue(sms(0), sms(1))
    outbox.send()
    insert(outbox.store, "theirs")
    outbox.queue(sms(2, receiver=NUMBERS[0], deferred_until=outbox.clock.now() + DAY), sms(3))
    assert outbox.store.personal_data.ask_to_erase(NUMBERS[0]).outbox == 3
    found = {row.key: (row.state, row.reason, row.receiver) for row in (outbox.row(0), outbox.row(2))}
    assert found == {"order-0": ("submitted", None, "erased"), "order-2": ("refused", "erased", "erased")}
    outbox.send()
    assert outbox.sent() == {(NUMBERS[at], TEXT): 1 for at in (0, 1, 3)}


def test_a_row_under_way_is_emptied_once_it_is_over(outbox: Outbox) -> None:
    outbox.queue(sms(0))
    outbox.sandbox.fault("lost_answer", **SUBMIT)
    outbox.send()
    assert outbox.store.personal_data.ask_to_erase(NUMBERS[0]).outbox == 0
    assert outbox.row(0).receiver == NUMBERS[0]
    outbox.settle()
    assert (outbox.row(0).state, outbox.row(0).receiver, outbox.row(0).message) == ("submitted", "erased", "")
