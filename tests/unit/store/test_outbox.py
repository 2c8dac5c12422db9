"""The outbox on both databases: groups, leases, ends, a person's decision, an erasure and what it has cost."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from ovh_sms.errors import KeyReused
from ovh_sms.store.models import OUTBOX, OUTBOX_DAG, Resolution
from ovh_sms.store.outbox_queries import OutboxFilter
from ovh_sms.store.outbox_records import OutboxRow, PlannedGroup, RowEnd
from ovh_sms.store.store import Store
from support.outbox import NUMBERS, sms
from unit.store.attempt_samples import an_attempt

ACCOUNT = "sms-a1-1"
MINUTE = timedelta(minutes=1)


def row(store: Store, key: str) -> OutboxRow:
    found = store.outbox.get(key)
    assert found is not None
    return found


def group(store: Store, tag: str, *keys: str) -> PlannedGroup:
    rows = {
        row(store, key).id: {"receiver": row(store, key).receiver, "person": 7, "content_digest": "d"} for key in keys
    }
    return PlannedGroup(tag, rows)


def test_rows_become_groups_that_one_worker_at_a_time_gets_by_priority(store: Store) -> None:
    store.outbox.queue([sms(0, priority="low"), sms(1), sms(2, priority="medium"), sms(3)])
    found = store.outbox.new_rows(ACCOUNT, takes_unnamed=True, limit=9)
    assert [each.key for each in found] == ["order-1", "order-3", "order-2", "order-0"]
    low, high = group(store, "low", "order-0"), group(store, "high", "order-1", "order-3")
    assert store.outbox.assign(ACCOUNT, [low, high]) == 2
    assert store.outbox.assign("sms-b1-1", [group(store, "again", "order-3", "order-2")]) == 0, "a row is in one group"
    until = store.clock.now() + 5 * MINUTE
    assert [store.outbox.lease_next(ACCOUNT, until=until) for _ in range(3)] == ["high", "low", None]
    store.outbox.postpone("low", store.clock.now() - MINUTE, reason="reconciling")
    assert store.outbox.lease_next(ACCOUNT, until=until) == "low"
    assert [each.account for each in store.outbox.rows_of("high")] == [ACCOUNT] * 2


def test_the_first_end_of_a_row_stays_but_a_submission_counts(store: Store) -> None:
    store.outbox.queue([sms(0), sms(1)])
    store.outbox.assign(ACCOUNT, [group(store, "g", "order-0", "order-1")])
    first, second = row(store, "order-0").id, row(store, "order-1").id
    store.outbox.end({first: RowEnd("submitted", None, 5, 1.0), second: RowEnd("refused", "opted_out")})
    store.outbox.end({first: RowEnd("refused", "opted_out"), second: RowEnd("submitted", None, 6, 1.5)})
    assert [(each.state, each.outgoing_id, each.reason) for each in store.outbox.rows_of("g")] == [
        ("submitted", 5, None),
        ("submitted", 6, None),
    ]
    spent = store.spending.of_account(ACCOUNT, store.clock.now())
    assert [each.credits for each in spent.spendings] == [2.5]


def test_a_group_that_a_person_must_decide_waits_until_that_is_done(store: Store) -> None:
    store.outbox.queue([sms(0)])
    store.outbox.assign(ACCOUNT, [group(store, "g", "order-0")])
    attempt = replace(an_attempt("g"), kind=OUTBOX, dag_id=OUTBOX_DAG, run_id="g", account=ACCOUNT, task_id="")
    store.attempts.claim(attempt, in_flight_window=MINUTE)
    store.attempts.ask("g", 1, {"code": "abc123", "credits_missing": False})
    store.outbox.ask("g")
    until = store.clock.now() + MINUTE
    assert (store.outbox.newest_waiting(), store.outbox.lease_next(ACCOUNT, until=until)) == (None, None)
    store.attempts.resolve("g", "abc123", Resolution(way="sent", by="a person", at="2026-03-03T10:00:00+00:00"))
    assert store.outbox.newest_waiting() == row(store, "order-0").id
    assert store.outbox.lease_next(ACCOUNT, until=until) == "g"
    assert row(store, "order-0").state == "pending"


def test_rows_that_other_programs_write_have_the_defaults(store: Store) -> None:
    with store.database.writing() as connection:
        statement = "INSERT INTO ovh_sms_outbox (key, receiver, message, sender, stop_clause) VALUES "
        connection.execute(text(f"{statement} ('theirs', '{NUMBERS[0]}', 'Bonjour', 'MYSHOP', FALSE)"))
    found = row(store, "theirs")
    assert (found.state, found.account, found.stop_clause) == ("pending", "", False)
    assert abs(found.queued_at - store.clock.now()) < MINUTE
    with pytest.raises(KeyReused):
        store.outbox.queue([sms(0, key="theirs")])


def test_an_erasure_and_old_age_leave_key_and_state(store: Store) -> None:
    store.outbox.queue([sms(0), sms(1)])
    store.outbox.end_free({row(store, "order-1").id: RowEnd("refused", "no_sender")})
    assert store.personal_data.purge_outbox(store.clock.now() + MINUTE) == 1
    assert store.personal_data.ask_to_erase(NUMBERS[0]).outbox == 1
    found = {
        each.key: (each.receiver, each.message, each.state) for each in store.outbox.latest(OutboxFilter(), limit=9)
    }
    assert found == {"order-0": ("erased", "", "refused"), "order-1": ("erased", "", "refused")}


def test_a_row_that_is_cancelled_while_its_group_is_made_keeps_the_group_from_being_made(store: Store) -> None:
    store.outbox.queue([sms(0), sms(1)])
    wanted, made = group(store, "g", "order-0", "order-1"), list[int]()
    other = threading.Thread(target=lambda: made.append(store.outbox.assign(ACCOUNT, [wanted])))
    with store.database.writing() as connection:
        connection.execute(text("UPDATE ovh_sms_outbox SET state = 'cancelled' WHERE key = 'order-0'"))
        other.start()
        time.sleep(0.3)  # it reads the rows by now; if not, the test shows less
    other.join()
    assert made == [0]
    assert row(store, "order-1").group_tag is None
