"""How many credits are needed."""

from __future__ import annotations

import json

import pytest

from ovh_sms.forecast.need import CreditsNeeded, StockRule, credits_needed, fitting_sizes
from ovh_sms.forecast.outlook import Outlook, outlook
from ovh_sms.forecast.planned import PlannedRun
from ovh_sms.forecast.spending import AccountSpending
from unit.forecast.samples import NOW, planned, spent, steady

NO_HISTORY = outlook(AccountSpending(), (), now=NOW)


def needed(coming: Outlook, rule: StockRule, left: float, **more: float) -> CreditsNeeded:
    return credits_needed(rule, coming, credits_left=left, **more)


def spending(days: float, *runs: PlannedRun) -> float:
    return steady(56, 100.0, *runs).at_most(days)


@pytest.mark.parametrize(
    ("left", "more", "expected"),
    [(1_000, {}, 0), (999, {}, 1), (400, {}, 600), (1_500, {"reserved": 600}, 100)],
    ids=["at the threshold", "below it", "far below", "reserved"],
)
@pytest.mark.parametrize("is_known", [True, False], ids=["with history", "without history"])
def test_below_the_threshold_what_is_lacking_is_needed_and_what_is_spent_until_it_is_paid(
    left: float, more: dict[str, float], expected: int, is_known: bool
) -> None:
    found = needed(steady() if is_known else NO_HISTORY, StockRule(threshold=1_000), left, **more)
    until_paid = spending(3) if is_known and expected else 0
    assert found.credits == pytest.approx(expected + until_paid, abs=1)
    assert found.is_needed == (expected > 0)
    assert (found.asked, found.order_below) == (1_000, 1_000)


def test_a_cover_asks_for_the_upper_end_of_its_days_and_orders_for_those_until_a_person_has_paid() -> None:
    rule, coming = StockRule(cover_days=14), steady()
    asked, until_paid = spending(14), spending(3)
    full = needed(coming, rule, asked + until_paid)
    assert (full.credits, full.is_needed) == (0, False)
    assert full.asked == pytest.approx(asked)
    assert full.asked > 1_400
    assert full.order_below == pytest.approx(asked + until_paid)
    assert needed(coming, rule, asked + until_paid - 700).credits == pytest.approx(700, abs=1)
    assert needed(coming, rule, asked, reserved=200, awaited=300).credits == pytest.approx(500 + until_paid, abs=1)


def test_a_longer_time_to_pay_orders_earlier() -> None:
    slow, fast = (needed(steady(), StockRule(cover_days=14, pay_days=days), 0).order_below for days in (7, 1))
    assert slow - fast == pytest.approx(600, abs=150)


@pytest.mark.parametrize(
    ("days", "more"), [(5, 3_000), (16, 3_000), (20, 0)], ids=["in the cover", "while a person pays", "later"]
)
def test_a_planned_run_is_covered_in_time(days: float, more: float) -> None:
    rule = StockRule(cover_days=14)
    without = needed(steady(), rule, 5_000).order_below
    run = planned(days, 3_000)
    assert needed(steady(56, 100.0, run), rule, 5_000).order_below - without == pytest.approx(more)


def test_the_share_of_planned_runs_is_named() -> None:
    found = needed(steady(56, 100.0, planned(5, 3_000), planned(16, 500)), StockRule(cover_days=14), 0)
    assert found.planned == 3_000


def test_without_history_a_cover_asks_for_the_planned_runs_alone() -> None:
    coming = outlook(AccountSpending(), [planned(5, 3_000)], now=NOW)
    found = needed(coming, StockRule(cover_days=14), 1_000)
    assert (found.asked, found.credits) == (3_000, 2_000)
    assert not needed(NO_HISTORY, StockRule(cover_days=14), 0).is_needed


def test_no_stock_is_held_for_campaigns_that_are_announced_in_time() -> None:
    sales = [spent(5_000, 9 * each, f"sale_{each}", planned=True) for each in range(1, 7)]
    codes = [spent(100, each) for each in range(1, 57)]
    known = AccountSpending(spendings=[*sales, *codes], known_since=codes[-1].at)
    announced = {(each.campaign, each.planned_at) for each in sales if each.planned_at}
    learned = outlook(known, (), now=NOW, announced=announced)
    assert needed(learned, StockRule(cover_days=14), 0).asked == pytest.approx(spending(14))
    assert needed(outlook(known, (), now=NOW), StockRule(cover_days=14), 0).asked > 8_000
    assert learned.spending(14).expected > 5_000, "a forecast counts on them all the same"


@pytest.mark.parametrize("given", [{}, {"threshold": 1.0, "cover_days": 2.0}])
def test_a_rule_has_either_a_threshold_or_a_cover(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="either"):
        StockRule(**given)


@pytest.mark.parametrize(
    ("lacking", "at_most", "sizes", "fitting"),
    [
        (0, 0, [1_000], []),
        (800, 5_000, [10_000, 5_000, 1_000, 500], [1_000, 5_000]),
        (800, 900, [500, 1_000, 5_000], [1_000]),
        (8_000, 9_000, [1_000, 5_000], [5_000]),
    ],
    ids=["nothing needed", "those around the need", "none fits: the next larger", "none covers it: the largest"],
)
def test_the_sizes_around_a_need_fit(lacking: int, at_most: int, sizes: list[int], fitting: list[int]) -> None:
    need = CreditsNeeded(credits=lacking, at_most=at_most, asked=0, planned=0, order_below=0, stock=0)
    assert fitting_sizes(need, sizes) == fitting


def test_a_need_is_said_and_kept_as_plain_values() -> None:
    found = needed(steady(), StockRule(threshold=1_000), 400.4)
    assert str(found).startswith("400 credits free, 1,000 wanted: ")
    assert str(needed(steady(), StockRule(threshold=1_000), 2_000)).endswith("1,000 wanted: nothing is needed.")
    assert CreditsNeeded.from_json(json.loads(json.dumps(found.to_json()))) == found
