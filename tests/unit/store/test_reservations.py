"""Credits that runs reserve on an account: nobody counts on another's, and each reservation ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ovh_sms.store.reservation_records import MonthlyBudget, OtherReservation, ReservationCheck, WantedCredits
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.store.at_once import run_at_once
from unit.store.attempt_samples import an_attempt, claim

ACCOUNT = "sms-sb00001-1"
DAY = timedelta(days=1)


def wanted(run: str = "run_1", *, dag: str = "spring", account: str = ACCOUNT, **batches: float) -> WantedCredits:
    return WantedCredits(
        list_tag=f"{dag}-{run}", dag_id=dag, run_id=run, account=account, batches=batches or {"b1": 100.0}, lasts=DAY
    )


def reserve(store: Store, what: WantedCredits, credits_left: float = 1_000, **more: Any) -> ReservationCheck:
    return store.reservations.reserve(what, store.reservations.read(what.account), credits_left=credits_left, **more)


def attempt(store: Store, run: str, digest: str, *, dag: str = "spring", estimated: float = 100.0) -> str:
    """Claim a batch of a run."""
    tag = f"{run}-{digest}"
    one = an_attempt(
        tag,
        dag_id=dag,
        run_id=run,
        campaign=tag,  # runs of one campaign submit one after the other
        list_digest=digest,
        message_digest=tag,
        snapshot={"credits_estimated": estimated},
    )
    assert claim(store, one)
    return tag


def accept(store: Store, run: str, digest: str, *, spent: float | None = 100.0, **more: Any) -> str:
    """Have OVH accept a batch of a run."""
    tag = attempt(store, run, digest, **more)
    assert store.attempts.succeed(tag, 1, answer={"credits_spent": spent})
    return tag


def expire(store: Store) -> None:
    with store.database.writing() as connection:
        connection.execute(text("UPDATE ovh_sms_reservations SET expires_at = '2020-01-01 00:00:00'"))


def test_a_second_run_is_refused_with_what_the_first_has_reserved(store: Store) -> None:
    assert reserve(store, wanted("run_1", b1=900.0, b2=600.0), 2_000).is_reserved
    second = reserve(store, wanted("run_2", b1=1_240.0), 2_000)
    assert (second.is_reserved, second.missing, second.reserved_by_others) == (False, 740.0, 1_500.0)
    assert second.others == (OtherReservation("spring", "run_1", 1_500.0),)
    assert reserve(store, wanted("run_3", b1=500.0), 2_000).is_reserved, "the refused run has reserved nothing"
    assert not reserve(store, wanted("run_4", b1=0.5), 2_000).is_reserved


def test_each_account_has_credits_of_its_own(store: Store) -> None:
    assert reserve(store, wanted("run_1", b1=900.0)).is_reserved
    assert reserve(store, wanted("run_2", account="sms-sb00001-2", b1=900.0)).is_reserved


def waits(store: Store, run: str, amount: float, *, hours: float = 2) -> None:
    """Have a run wait for credits."""
    what, now = wanted(run, b1=amount), store.clock.now()
    assert not reserve(store, what, credits_left=1).is_reserved
    store.reservations.await_credits(what.list_tag, since=now, until=now + timedelta(hours=hours))


def test_the_runs_that_wait_for_credits_are_listed_until_their_wait_ends(store: Store) -> None:
    assert reserve(store, wanted("run_1", b1=300.0)).is_reserved
    assert not reserve(store, wanted("refused", b1=5_000.0)).is_reserved
    waits(store, "run_2", 500.0)
    waits(store, "run_3", 900.0)
    waits(store, "over", 700.0, hours=-1)
    waits(store, "cancelled", 700.0)
    store.cancelled_runs.add("spring", "cancelled", by="alice")
    waits(store, "ended", 700.0)
    store.reservations.release("spring", "ended")
    found = [OtherReservation("spring", "run_3", 900.0), OtherReservation("spring", "run_2", 500.0)]
    assert store.reservations.awaited_by(ACCOUNT) == found
    assert (store.reservations.reserved(ACCOUNT), store.reservations.asked_for(ACCOUNT)) == (300.0, 1_700.0)
    assert reserve(store, wanted("run_3", b1=900.0), 2_000).is_reserved
    assert store.reservations.awaited_by(ACCOUNT) == found[1:]
    assert store.reservations.asked_for(ACCOUNT) == 1_700.0
    with store.database.writing() as connection:  # as if its worker was lost
        connection.execute(text("UPDATE ovh_sms_reservations SET checked_at = '2020-01-01 00:00:00'"))
    assert store.reservations.awaited_by(ACCOUNT) == []


def test_a_run_that_is_checked_again_replaces_its_own_reservation(store: Store) -> None:
    for needed in (900.0, 1_000.0, 300.0):
        again = reserve(store, wanted("run_1", b1=needed))
        assert (again.is_reserved, again.reserved_by_others) == (True, 0.0)
    assert store.reservations.reserved(ACCOUNT) == 300.0
    assert not reserve(store, wanted("run_1", b1=1_000.5)).is_reserved
    assert store.reservations.reserved(ACCOUNT) == 0.0, "its shorter list is not sent any more"


def test_a_reservation_ends_batch_by_batch_as_ovh_accepts_them(store: Store) -> None:
    reserve(store, wanted("run_1", b1=100.0, b2=200.0))
    accept(store, "run_1", "b1")
    assert store.reservations.reserved(ACCOUNT) == 200.0
    attempt(store, "run_1", "b2")
    assert store.reservations.reserved(ACCOUNT) == 200.0, "it may not have reached OVH"
    store.attempts.mark_not_executed("run_1-b2", 1)
    assert store.reservations.reserved(ACCOUNT) == 200.0, "its task tries again"


@pytest.mark.parametrize("end", ["goes on", "ends", "is cancelled", "is over for long"])
def test_a_batch_that_ovh_accepts_after_the_credits_were_read_still_counts(store: Store, end: str) -> None:
    reserve(store, wanted("run_1", b1=100.0, b2=200.0))
    accept(store, "run_1", "b1")
    known = store.reservations.read(ACCOUNT)  # here the credits are read
    accept(store, "run_1", "b2")
    {
        "goes on": lambda: None,
        "ends": lambda: store.reservations.release("spring", "run_1"),
        "is cancelled": lambda: store.cancelled_runs.add("spring", "run_1"),
        "is over for long": lambda: expire(store),
    }[end]()
    check = store.reservations.reserve(wanted("run_2"), known, credits_left=250.0)
    assert (check.is_reserved, check.reserved_by_others) == (False, 200.0)
    assert reserve(store, wanted("run_2"), 100.0).is_reserved


def test_a_run_that_reserves_after_the_credits_were_read_counts_whole(store: Store) -> None:
    known = store.reservations.read(ACCOUNT)
    reserve(store, wanted("run_1", b1=100.0, b2=200.0))
    accept(store, "run_1", "b1")
    assert store.reservations.reserve(wanted("run_2"), known, credits_left=500.0).reserved_by_others == 300.0


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_a_run_that_is_over_keeps_only_what_may_be_at_ovh(store: Store, is_cancelled: bool) -> None:
    reserve(store, wanted("run_1", b1=100.0, b2=200.0, b3=400.0))
    accept(store, "run_1", "b1")
    attempt(store, "run_1", "b2")
    if is_cancelled:
        store.cancelled_runs.add("spring", "run_1")
    else:
        store.reservations.release("spring", "run_1")
    assert store.reservations.others(ACCOUNT) == [OtherReservation("spring", "run_1", 200.0)]
    store.attempts.mark_not_executed("run_1-b2", 1)
    assert store.reservations.others(ACCOUNT) == []


def test_a_run_that_goes_on_after_its_end_reserves_again(store: Store) -> None:
    reserve(store, wanted("run_1", b1=100.0, b2=200.0))
    accept(store, "run_1", "b1")
    store.reservations.release("spring", "run_1")
    expire(store)
    assert store.reservations.reserved(ACCOUNT) == 0.0
    store.reservations.renew("spring", "run_1")
    assert store.reservations.reserved(ACCOUNT) == 200.0
    refused = wanted("run_2", b1=10_000.0)
    assert not reserve(store, refused).is_reserved
    store.reservations.release("spring", "run_2")
    store.reservations.renew("spring", "run_2")
    assert store.reservations.reserved(ACCOUNT) == 200.0, "it was refused, and has never reserved any"


def test_a_reservation_that_nobody_ends_ends_by_its_age(tmp_path: Any) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    reserve(store, wanted("run_1", b1=1_000.0))
    clock.advance(DAY.total_seconds() - 1)
    assert not reserve(store, wanted("run_2")).is_reserved
    clock.advance(1)
    assert reserve(store, wanted("run_2")).is_reserved
    store.close()


def test_a_run_that_has_started_reserves_however_few_credits_there_are(store: Store) -> None:
    reserve(store, wanted("run_1", b1=900.0))
    started = reserve(store, wanted("run_2", b1=500.0, b2=100.0), 10, has_started=True, budget=MonthlyBudget(1, "UTC"))
    assert started.is_reserved
    accept(store, "run_2", "b1")
    assert store.reservations.reserved(ACCOUNT) == 1_000.0


def test_of_runs_that_reserve_at_once_as_many_pass_as_there_are_credits_for(store: Store, url: str) -> None:
    passed = run_at_once(
        url,
        """
import os
from datetime import timedelta
from ovh_sms.store.reservation_records import WantedCredits
run = str(os.getpid())
wanted = WantedCredits(list_tag=run, dag_id="spring", run_id=run, account="sms-sb00001-1", batches={"b1": 400.0},
                       lasts=timedelta(days=1))
known = store.reservations.read("sms-sb00001-1")
print(store.reservations.reserve(wanted, known, credits_left=1_000).is_reserved)
""",
    )
    assert sorted(passed) == ["False", "False", "True", "True"]
    assert store.reservations.reserved(ACCOUNT) == 800.0


def test_runs_of_one_campaign_on_two_accounts_never_both_count_on_its_month(store: Store, url: str) -> None:
    passed = run_at_once(
        url,
        """
import os
from datetime import timedelta
from ovh_sms.store.reservation_records import MonthlyBudget, WantedCredits
run = str(os.getpid())
wanted = WantedCredits(list_tag=run, dag_id="spring", run_id=run, account=f"sms-{run}", batches={"b1": 400.0},
                       lasts=timedelta(days=1))
known = store.reservations.read(wanted.account)
budget = MonthlyBudget(1_000, "Europe/Paris")
print(store.reservations.reserve(wanted, known, credits_left=1_000, budget=budget).is_reserved)
""",
    )
    assert sorted(passed) == ["False", "False", "True", "True"]


def test_a_wait_for_credits_is_known_until_it_ends(store: Store) -> None:
    since, until = datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 22, tzinfo=UTC)
    short = wanted("run_1", b1=1_240.0)
    assert reserve(store, short).waits_since is None
    store.reservations.await_credits(short.list_tag, since=since, until=until)
    awaited = store.reservations.awaited(short.list_tag)
    assert awaited is not None
    assert (awaited.needed, awaited.credits_left, awaited.since, awaited.until) == (1_240.0, 1_000.0, since, until)
    assert reserve(store, short).waits_since == since, "its next check goes on with it"
    store.reservations.await_credits(short.list_tag, since=since, until=until)
    assert reserve(store, short, 2_000).is_reserved
    assert store.reservations.awaited(short.list_tag) is None


def test_a_run_that_has_ended_waits_no_more(store: Store) -> None:
    moment = datetime(2026, 3, 3, 10, tzinfo=UTC)
    reserve(store, wanted("run_1", b1=1_240.0))
    store.reservations.await_credits("spring-run_1", since=moment, until=moment)
    store.reservations.release("spring", "run_1")
    assert store.reservations.awaited("spring-run_1") is None
    assert reserve(store, wanted("run_1", b1=1_240.0)).waits_since is None


def test_a_wait_that_was_not_checked_for_long_begins_anew(tmp_path: Any) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    reserve(store, wanted("run_1", b1=1_240.0))
    store.reservations.await_credits("spring-run_1", since=clock.now(), until=clock.now() + DAY)
    clock.advance(2 * 3_600)
    assert reserve(store, wanted("run_1", b1=1_240.0)).waits_since is None
    store.close()
