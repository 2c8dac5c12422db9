"""Runs as they stand: what is read of each batch."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from datetime import timedelta

from ovh_sms.store.newest_reading import CreditsReading
from ovh_sms.store.run_records import Poll, Problem
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.report.report_sample import SENT_AT, small, start_run


def test_of_a_long_wait_the_newest_counts_are_read_in_their_order(store: Store) -> None:
    records = [dataclasses.replace(small()[0], tag=f"t{number}", run_id=f"run_{number}") for number in range(2)]
    for record in records:
        start_run(store, record)
        store.submissions.start(record)
        for minute in range(9):
            at = SENT_AT + timedelta(minutes=minute)
            store.polls.add(Poll(tag=record.tag, at=at, expected=9, listed=minute, final=0, delivered=0))
    for record in records:
        (run,) = store.run_results.of_run(record.dag_id, record.run_id)
        (batch,) = run.batches
        assert [(each.tag, each.listed) for each in batch.polls] == [(record.tag, listed) for listed in range(4, 9)]


def test_the_credits_of_an_account_are_read_anew_by_the_newest_check_after_a_run_lacked_them(url: str) -> None:
    clock = FakeClock()
    with closing(new_store(url, clock=clock)) as store:
        readings_are_followed(store, clock)


def readings_are_followed(store: Store, clock: FakeClock) -> None:
    record = small()[0]
    start_run(store, record)
    now = clock.now()
    problem = Problem(step="send", error="OutOfCredits", what="No.", action="Order.", at=now.isoformat())
    store.runs.failed(f"c{record.tag}"[:20], problem, batch=1)

    def reading() -> CreditsReading | None:
        return store.run_results.of_run(record.dag_id, record.run_id)[0].credits_reading

    assert reading() is None, "its own check came before"
    later = dataclasses.replace(record, tag="later", run_id="later")
    start_run(store, later)
    clock.advance(60)
    store.runs.checked("clater", {}, 900.0)
    at = clock.now()
    assert reading() == CreditsReading(credits_left=900.0, at=at)
    clock.advance(60)
    sent = dataclasses.replace(later, sent_at=clock.now(), submitted=2, credits_spent=2.0)
    store.submissions.start(sent)
    assert reading() == CreditsReading(credits_left=898.0, at=at), "less what was sent since"
    other = dataclasses.replace(record, tag="other", run_id="other", account="sms-other-1")
    start_run(store, other)
    store.runs.checked("cother", {}, 5.0)
    assert reading() == CreditsReading(credits_left=898.0, at=at)
