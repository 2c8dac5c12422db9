"""The rate of spending by weekday."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ovh_sms.forecast.outlook import outlook
from ovh_sms.forecast.spending import AccountSpending, Spending, SpendingHistory, spending_history, spending_rate
from unit.forecast.samples import NOW, PARIS, at, daily, planned, spent

MONDAY = (NOW - timedelta(days=7 * 8 + 2)).date()


def rate(days: list[float]) -> list[float]:
    found = spending_rate(SpendingHistory(first=MONDAY, by_day=tuple(days)))
    return [round(each) for each in found.by_weekday]


@pytest.mark.parametrize(
    ("days", "by_weekday"),
    [([100.0] * 56, [100] * 7), ([0.0] * 56, [0] * 7), ([100.0], [100] * 7), ([-20.0] * 14, [0] * 7)],
    ids=["each day the same", "nothing", "one day", "refunds alone"],
)
def test_a_rate_is_what_was_spent(days: list[float], by_weekday: list[int]) -> None:
    assert rate(days) == by_weekday


def test_a_weekday_has_its_own_rate() -> None:
    found = rate([0.0, 700.0, 0.0, 0.0, 0.0, 0.0, 0.0] * 8)
    assert sum(found) == pytest.approx(700, abs=60)
    assert found[1] > 8 * max(found[0], *found[2:]), found


def test_one_large_day_raises_the_rate_but_makes_no_weekday_of_its_own() -> None:
    days = [100.0] * 56
    days[43] = 5_000.0  # a Tuesday
    found = rate(days)
    assert found[1] < 1.5 * found[0], found
    assert min(found) > 150, found


def test_a_rate_follows_spending_that_has_changed() -> None:
    assert rate([100.0] * 28 + [300.0] * 28)[0] > 220
    assert rate([300.0] * 28 + [100.0] * 28)[0] < 180


@pytest.mark.parametrize(
    ("days", "widest"), [(1, 1.4), (3, 0.63), (7, 0.35), (28, 0.15), (84, 0.12)], ids=lambda value: str(value)
)
def test_few_days_of_history_widen_the_interval(days: int, widest: float) -> None:
    week = outlook(daily([100.0] * days), (), now=NOW).spending(7)
    assert week.expected == pytest.approx(700)
    assert (week.high - week.expected) / week.expected == pytest.approx(widest, rel=0.1)


def test_the_interval_grows_narrower_with_each_day_of_history() -> None:
    widths = [outlook(daily([100.0] * days), (), now=NOW).spending(14).high for days in (1, 2, 4, 8, 16, 32, 64)]
    assert widths == sorted(widths, reverse=True)


def test_spending_that_rises_widens_the_interval() -> None:
    def width(days: list[float]) -> float:
        coming = outlook(daily(days), (), now=NOW).spending(14)
        return (coming.high - coming.expected) / coming.expected

    assert width([100.0] * 42 + [300.0] * 14) > 1.3 * width([100.0, 300.0] * 28)


def history(*spendings: Spending, known_days: int = 20, **given: object) -> SpendingHistory:
    known = AccountSpending(spendings=spendings, known_since=at(-known_days))
    values = {"planned": (), "announced": (), "now": NOW, "zone": PARIS} | given
    found = spending_history(known, **values)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("spendings", "counted"),
    [
        ([spent(50, 3, "spring", planned=True)], 0.0),
        ([spent(50, 3, "autumn", planned=True)], 50.0),
        ([spent(50, 3, "codes")], 50.0),
        ([spent(50, 3, "spring")], 0.0),
        ([spent(50, 5, "spring"), spent(9, 4, "spring", planned=True), spent(7, 3, "spring")], 7.0),
    ],
    ids=[
        "its schedule plans more",
        "its schedule has ended",
        "started by data",
        "by hand before it had a schedule",
        "by hand beside its schedule",
    ],
)
def test_spending_that_is_in_the_plan_is_not_in_the_rate(spendings: list[Spending], counted: float) -> None:
    assert sum(history(*spendings, planned=[planned(1, 50)]).by_day) == counted


def test_a_run_that_was_announced_in_time_is_left_out() -> None:
    sale, other = spent(500, 3, "sale", planned=True), spent(70, 3, "late", planned=True)
    found = history(sale, other, announced={("sale", sale.planned_at)})
    assert (sum(found.by_day), sum(found.once)) == (70.0, 70.0)


def test_days_are_those_of_the_zone_and_today_is_not_a_whole_day() -> None:
    late = Spending(at=at(0, 0) - timedelta(minutes=1), credits=5)
    early = Spending(at=at(0, 0), credits=7)
    found = history(late, early, known_days=2)
    assert (found.by_day, found.today) == ((0.0, 5.0), 7.0)


@pytest.mark.parametrize("known_since", [None, at(0, 0)], ids=["never", "today"])
def test_without_one_whole_day_there_is_no_history(known_since: None) -> None:
    known = AccountSpending(spendings=[Spending(at=at(0, 6), credits=5)], known_since=known_since)
    assert spending_history(known, planned=(), announced=(), now=NOW, zone=PARIS) is None
