"""A campaign's budget for a calendar month: credits spent, refunded, reserved, and perhaps spent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ovh_sms.store.month_use import month_of
from ovh_sms.store.reservation_records import MonthlyBudget, MonthUse, ReservationCheck
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.store.test_reservations import accept, attempt, reserve, wanted

BUDGET = MonthlyBudget(1_000, "Europe/Paris")


def check(store: Store, run: str, **batches: float) -> ReservationCheck:
    return reserve(store, wanted(run, **batches), 100_000, budget=BUDGET)


def month(store: Store, dag: str = "spring") -> MonthUse:
    found = store.reservations.month(dag, BUDGET.timezone)
    assert found is not None
    return found


def test_what_is_spent_refunded_unknown_and_reserved_counts(store: Store) -> None:
    assert check(store, "run_1", b1=300.0, b2=100.0, b3=50.0).is_reserved
    tag = accept(store, "run_1", "b1", spent=310.0)
    attempt(store, "run_1", "b2", estimated=100.0)
    now = datetime.now(UTC)
    store.withdrawals.record(tag, account="sms-sb00001-1", message_id=1, refunded=10.0, created_at=now, at=now)
    use = month(store)
    assert (use.spent, use.unknown, use.reserved, use.needed) == (300.0, 100.0, 50.0, 0.0)
    refused = check(store, "run_2", b1=551.0)
    assert (refused.is_reserved, refused.missing) == (False, 0.0)
    assert refused.month is not None
    assert (refused.month.is_exceeded, refused.month.needed) == (True, 551.0)
    assert check(store, "run_2", b1=550.0).is_reserved
    assert (month(store).spent, month(store).unknown, month(store).reserved) == (300.0, 100.0, 600.0)


def test_a_batch_whose_answer_was_lost_counts_as_estimated(store: Store) -> None:
    check(store, "run_1", b1=300.0)
    accept(store, "run_1", "b1", spent=None, estimated=300.0)
    assert month(store).spent == 300.0


def test_a_run_that_is_checked_again_does_not_count_twice(store: Store) -> None:
    for _ in range(2):
        assert check(store, "run_1", b1=600.0, b2=400.0).is_reserved
    accept(store, "run_1", "b1", spent=600.0)
    again = check(store, "run_1", b1=600.0, b2=400.0)
    assert again.is_reserved
    assert again.month is not None
    assert (again.month.spent, again.month.needed) == (600.0, 400.0)


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_what_a_run_that_is_over_has_not_sent_is_free_again(store: Store, is_cancelled: bool) -> None:
    check(store, "run_1", b1=600.0, b2=400.0)
    accept(store, "run_1", "b1", spent=600.0)
    if is_cancelled:
        store.cancelled_runs.add("spring", "run_1")
    else:
        store.reservations.release("spring", "run_1")
    assert check(store, "run_2", b1=400.0).is_reserved
    assert not check(store, "run_3", b1=1.0).is_reserved


def test_other_campaigns_have_months_of_their_own(store: Store) -> None:
    check(store, "run_1", b1=1_000.0)
    other = wanted("run_1", dag="autumn", b1=1_000.0)
    assert reserve(store, other, 100_000, budget=BUDGET).is_reserved


def test_a_campaign_without_a_budget_for_a_month_has_none_on_its_page(store: Store) -> None:
    assert store.reservations.month("spring", "UTC") is None
    reserve(store, wanted("run_1"))
    assert store.reservations.month("spring", "UTC") is None


def test_the_next_month_begins_at_midnight_in_the_campaigns_zone(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 3, 31, 21, 59, tzinfo=UTC))  # 23:59 in Paris
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    check(store, "run_1", b1=1_000.0)
    accept(store, "run_1", "b1", spent=1_000.0)
    assert not check(store, "run_2", b1=1.0).is_reserved
    clock.advance(60)
    found = check(store, "run_2", b1=1_000.0)
    assert found.is_reserved
    assert found.month is not None
    assert (found.month.month, found.month.spent) == (date(2026, 4, 1), 0.0)
    store.close()


def test_a_month_lasts_until_the_first_of_the_next_one() -> None:
    start, end = month_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Paris")
    assert (start.date(), end.date()) == (date(2027, 1, 1), date(2027, 2, 1))
    start, end = month_of(datetime(2026, 3, 15, tzinfo=UTC), "Europe/Paris")
    assert (end - start.astimezone(UTC)).total_seconds() == timedelta(days=31).total_seconds() - 3_600, "summer time"
