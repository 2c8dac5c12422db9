"""Readings of credits, and crossings of a level: each is noticed once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.store.at_once import run_at_once

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)


def low(store: Store, is_low: bool, name: str = "shop", account: str = "sms-aa1-1") -> bool:
    return store.crossings.note(name, account, is_low=is_low)


def test_a_crossing_is_noticed_once_until_the_credits_were_above_again(store: Store) -> None:
    assert [low(store, each) for each in (False, False, True, True, False, True, True)] == [
        *(False, False),
        *(True, False),
        False,
        *(True, False),
    ]
    assert store.crossings.crossed_at("shop", "sms-aa1-1") is not None


def test_a_crossing_that_no_check_has_followed_is_noticed_again(tmp_path: Path) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    note = partial(store.crossings.note, "shop", "sms-aa1-1", is_low=True)
    before = clock.now() - timedelta(hours=1)
    assert note(checked_at=before)
    clock.sleep(599)
    assert not note(checked_at=before)
    clock.sleep(1)
    assert note(checked_at=before), "its event was lost"
    assert not note(checked_at=before)
    checked = clock.now() + timedelta(seconds=1)
    clock.sleep(3_600)
    assert not note(checked_at=checked)
    assert note(checked_at=None)
    store.close()


def test_an_account_that_is_low_from_the_start_has_crossed(store: Store) -> None:
    assert store.crossings.crossed_at("shop", "sms-aa1-1") is None
    assert low(store, True)
    assert not low(store, True)


def test_each_file_and_account_has_its_own_crossings(store: Store) -> None:
    assert low(store, True)
    assert low(store, True, name="web")
    assert low(store, True, account="sms-aa1-2")
    low(store, False, name="web")
    assert not low(store, True)


def test_of_several_processes_one_notices_a_crossing(store: Store, url: str) -> None:
    low(store, False)
    printed = run_at_once(url, "print(store.crossings.note('shop', 'sms-aa1-1', is_low=True))")
    assert sorted(printed) == ["False", "False", "False", "True"]


def test_a_deposit_that_two_processes_read_is_one_crossing(store: Store) -> None:
    note = partial(store.crossings.note, "shop", "sms-aa1-1", is_low=True)
    assert note(credits_left=50)
    assert not note(credits_left=149), "refunds of some messages are no deposit"
    assert note(credits_left=260)
    assert not note(credits_left=260), "the other process reads the same"
    assert not store.crossings.note("shop", "sms-aa1-1", is_low=False, credits_left=900)
    assert note(credits_left=300)
    assert note(credits_left=400)


def test_of_several_processes_that_read_a_deposit_at_once_one_notices_it(store: Store, url: str) -> None:
    assert store.crossings.note("shop", "sms-aa1-1", is_low=True, credits_left=50)
    printed = run_at_once(url, "print(store.crossings.note('shop', 'sms-aa1-1', is_low=True, credits_left=200))")
    assert sorted(printed) == ["False", "False", "False", "True"]


def test_readings_come_back_the_newest_first(store: Store) -> None:
    first = CreditReading(account="sms-aa1-1", at=AT, credits=5.5, reserved=1, enough=10, forecast={"per_day": 3})
    later = CreditReading(account="sms-aa1-1", at=AT + timedelta(hours=1), credits=4)
    for each in (first, later, later, CreditReading(account="sms-aa1-2", at=AT, credits=9)):
        store.credit_readings.add(each)
    assert store.credit_readings.of_account("sms-aa1-1") == [later, first]
    assert store.credit_readings.of_account("sms-aa1-1", since=AT + timedelta(minutes=1)) == [later]
    assert store.credit_readings.newest("sms-aa1-1") == later
    assert store.credit_readings.newest("sms-aa1-3") is None
