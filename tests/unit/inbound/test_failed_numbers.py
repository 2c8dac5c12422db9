"""Numbers that runs could not reach for good are counted since they were last reached, whichever is collected first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ovh_sms.inbound.failed_numbers import read_failures
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.store.test_store import FIGURES, a_message, a_submission

ACCOUNT, OTHER = "sms-sb00001-1", "sms-sb00002-1"
BAD, GOOD = "+33639980001", "+33639980002"
INVALID, ABSENT = 23, 24


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    yield store
    store.close()


def a_run(
    store: Store,
    number: int,
    at: datetime,
    *,
    status: str = "failed",
    code: int = INVALID,
    account: str = ACCOUNT,
    run_id: str = "",
) -> str:
    """A run of one message to the number, which was collected."""
    tag = f"t{number}"
    record = a_submission(tag, account=account, run_id=run_id or f"run {number}", sent_at=at)
    store.submissions.start(record)
    moment = at if status == "delivered" else None
    message = a_message(
        *(number, tag), receiver=BAD, delivery_status=status, operator_code=code, sent_at=at, delivered_at=moment
    )
    store.messages.save(tag, [message])
    store.submissions.finish(tag, FIGURES, complete=True)
    return tag


def failures(store: Store, account: str = ACCOUNT) -> dict[str | None, int | None]:
    return {each.number: each.failures for each in store.suppressed.published() if each.account == account}


def is_dead(store: Store, after: int) -> bool:
    dead = store.suppressed.dead(after)
    return bool(dead) and bool(dead.contains(np.array([int(BAD[1:])], dtype=np.int64)).all())


def test_each_run_that_could_not_reach_it_counts_once(store: Store, clock: FakeClock) -> None:
    a_run(store, 1, clock.now())
    assert (read_failures(store, ACCOUNT), failures(store)) == (1, {BAD: 1})
    assert (is_dead(store, 1), is_dead(store, 2)) == (True, False)
    a_run(store, 2, clock.now())
    a_run(store, 3, clock.now(), run_id="run 2")
    assert (read_failures(store, ACCOUNT), failures(store)) == (2, {BAD: 2})
    assert (is_dead(store, 2), is_dead(store, 3)) == (True, False)
    assert read_failures(store, ACCOUNT) == 0, "each submission is read once"


def test_a_failure_that_may_pass_is_none(store: Store, clock: FakeClock) -> None:
    a_run(store, 1, clock.now(), code=ABSENT)
    a_run(store, 2, clock.now(), status="expired", code=8)
    assert (read_failures(store, ACCOUNT), failures(store)) == (2, {})


def test_a_message_that_arrives_later_makes_the_number_good_again(store: Store, clock: FakeClock) -> None:
    day = timedelta(days=1)
    a_run(store, 1, clock.now())
    a_run(store, 2, clock.now() + day)
    read_failures(store, ACCOUNT)
    assert is_dead(store, 2)
    a_run(store, 3, clock.now() + 2 * day, status="delivered", code=4)
    read_failures(store, ACCOUNT)
    assert (failures(store), is_dead(store, 1)) == ({}, False)


def test_a_message_that_arrived_before_changes_nothing(store: Store, clock: FakeClock) -> None:
    day = timedelta(days=1)
    a_run(store, 1, clock.now() + day)
    read_failures(store, ACCOUNT)
    a_run(store, 2, clock.now(), status="delivered", code=4)
    read_failures(store, ACCOUNT)
    assert failures(store) == {BAD: 1}


@pytest.mark.parametrize("by", [ACCOUNT, OTHER])
def test_a_failure_that_is_collected_after_a_later_delivery_counts_for_nothing(
    store: Store, clock: FakeClock, by: str
) -> None:
    a_run(store, 1, clock.now() + timedelta(days=1), status="delivered", code=4, account=by)
    read_failures(store, by)
    a_run(store, 2, clock.now())
    read_failures(store, ACCOUNT)
    assert failures(store) == {}


def test_the_failures_of_all_accounts_count_together_and_so_does_a_delivery(store: Store, clock: FakeClock) -> None:
    a_run(store, 1, clock.now())
    a_run(store, 2, clock.now(), account=OTHER)
    for account in (ACCOUNT, OTHER):
        read_failures(store, account)
    assert is_dead(store, 2)
    a_run(store, 3, clock.now() + timedelta(days=1), account=OTHER, status="delivered", code=4)
    read_failures(store, OTHER)
    assert (failures(store), failures(store, OTHER), is_dead(store, 1)) == ({}, {}, False)


def test_a_submission_that_is_collected_again_is_read_again(store: Store, clock: FakeClock) -> None:
    tag = a_run(store, 1, clock.now())
    read_failures(store, ACCOUNT)
    clock.sleep(60)
    store.messages.save(
        tag, [a_message(1, tag, receiver=BAD, delivery_status="delivered", operator_code=4, delivered_at=clock.now())]
    )
    store.submissions.finish(tag, FIGURES, complete=True)
    assert (read_failures(store, ACCOUNT), failures(store)) == (1, {})


def test_a_kill_between_the_count_and_its_use_loses_nothing(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_run(store, 1, clock.now())
    read_failures(store, ACCOUNT)
    a_run(store, 2, clock.now() + timedelta(days=1), status="delivered", code=4)

    def kill(*given: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store.suppressed, "set_failed", kill)
        with pytest.raises(KeyboardInterrupt):
            read_failures(store, ACCOUNT)
    assert (read_failures(store, ACCOUNT), failures(store)) == (1, {})
