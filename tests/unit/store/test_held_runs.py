"""A run is held once, with the figures of that moment, and the last decision counts; the rate has one formula."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovh_sms.errors import ConfigurationError
from ovh_sms.store.held_runs import DROP, SEND
from ovh_sms.store.run_records import BatchRecord, Poll
from ovh_sms.store.run_results import BatchResults
from ovh_sms.store.stop_rate import StopRate, stop_rate
from ovh_sms.store.store import Store
from unit.store.test_store import NOON

DAG, RUN = "sms_campaign_spring", "manual__1"
BATCH = BatchResults(record=BatchRecord(list_tag="l", batch=1, receivers=500, credits=500.0, tag="t1"), submitted=500)


def test_a_run_is_held_once_with_the_figures_of_that_moment(store: Store) -> None:
    first = store.held_runs.hold(DAG, RUN, StopRate(6, 500), 5.0)
    assert store.held_runs.hold(DAG, RUN, StopRate(60, 500), 5.0) == first == store.held_runs.of(DAG, RUN)
    assert (first.rate, first.threshold, first.decision) == (StopRate(6, 500), 5.0, None)
    assert store.held_runs.of(DAG, "another") is None


def test_the_last_decision_counts_and_a_new_hold_changes_none(store: Store) -> None:
    store.held_runs.hold(DAG, RUN, StopRate(6, 500), 5.0)
    assert store.held_runs.decide(DAG, RUN, DROP, by="ann").decision == DROP
    decided = store.held_runs.decide(DAG, RUN, SEND, by="bob")
    assert (decided.decision, decided.decided_by) == (SEND, "bob")
    assert store.held_runs.hold(DAG, RUN, StopRate(60, 500), 5.0) == decided
    with pytest.raises(ConfigurationError, match="is not held"):
        store.held_runs.decide(DAG, "another", SEND, by="bob")


@pytest.mark.parametrize(
    ("batch", "reached"),
    [
        (BATCH, 500),
        (replace(BATCH, withdrawn=100), 400),
        (replace(BATCH, polls=[Poll(tag="t1", at=NOON, expected=500, listed=400, final=300, delivered=250)]), 250),
        (replace(BATCH, polls=[Poll(tag="t1", at=NOON, expected=500, listed=9, final=3, delivered=3)]), 500),
        (replace(BATCH, collected_at=NOON, delivered=480), 480),
        (replace(BATCH, submitted=None), 0),
    ],
)
def test_a_batch_counts_as_it_was_last_counted(batch: BatchResults, reached: int) -> None:
    found = stop_rate([replace(batch, opt_outs=4)])
    assert found == (StopRate(4, reached) if reached else StopRate(0, 0))
    assert found.is_over(1.0) == bool(reached)
    assert not found.is_over(None)


@pytest.mark.parametrize(("opt_outs", "over"), [(1, False), (2, False), (3, True)])
def test_fewer_than_three_opt_outs_are_never_too_many(opt_outs: int, over: bool) -> None:
    assert StopRate(opt_outs, 10).is_over(5.0) == over
