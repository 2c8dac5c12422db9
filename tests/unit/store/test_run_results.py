"""Runs as they stand: what is read of each batch."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from ovh_sms.store.run_records import Poll
from ovh_sms.store.store import Store
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
