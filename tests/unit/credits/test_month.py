"""The money of a calendar month and its cap: orders of people count, and those that OVH does not list yet."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ovh_sms.credits.month import month_spending
from ovh_sms.errors import BudgetExceeded
from support.leaping_time import LeapingTime
from unit.credits.desk import ORDER, Desk

PARIS = ZoneInfo("Europe/Paris")

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


def price(desk: Desk, quantity: int) -> float:
    return desk.client().orders.quote(quantity).price_with_tax


def test_an_order_over_what_the_month_leaves_is_refused_with_figures(desk: Desk) -> None:
    person = desk.client().orders.create(1000)
    desk.sandbox.settle_order(person.order_id or 0)
    desk.sandbox.account(creditsLeft=50)
    spent, cost = price(desk, 1000), price(desk, 2000)
    cap = round(spent + cost - 0.01, 2)
    with pytest.raises(BudgetExceeded) as caught:
        desk.order(quantity=2000, max_per_month=cap)
    assert f"costs {cost:.2f} EUR" in str(caught.value)
    month = month_spending(desk.client(), desk.store).month
    assert f"Orders of {month} (1) cost {spent:.2f} already" in str(caught.value)
    assert f"for a month is {cap:.2f}" in str(caught.value)
    assert len(desk.orders()) == 1
    assert desk.order(quantity=2000, max_per_month=round(spent + cost, 2)).ordered


def test_a_cancelled_order_costs_nothing(desk: Desk) -> None:
    first = desk.order()
    desk.sandbox.settle_order(first.order_id or 0, "cancelled")
    assert month_spending(desk.client(), desk.store).spent == 0
    assert desk.order(run="run_2", max_per_month=price(desk, 1000)).ordered


def test_orders_of_another_account_do_not_count(desk: Desk) -> None:
    desk.client(desk.central).orders.create(1000)
    assert month_spending(desk.client(), desk.store).orders == 0


def test_an_order_that_ovh_does_not_list_yet_counts(desk: Desk) -> None:
    desk.sandbox.features(late_orders=60.0)
    try:
        desk.order()
        found = month_spending(desk.client(), desk.store)
        assert (found.orders, found.spent) == (1, price(desk, 1000))
    finally:
        desk.sandbox.features(late_orders=0.0)


def test_an_order_whose_answer_was_lost_counts_with_its_quoted_price(desk: Desk) -> None:
    need = desk.need()
    desk.lost("reset_before", ORDER, lambda: desk.order(need=need))
    assert month_spending(desk.client(), desk.store).spent == price(desk, 1000)
    # But not against itself: the month leaves room for exactly one.
    assert desk.order(need=need, max_per_month=price(desk, 1000)).ordered


def test_an_order_whose_answer_was_lost_counts_once_if_ovh_lists_it(desk: Desk) -> None:
    need = desk.need()
    desk.lost("lost_answer", ORDER, lambda: desk.order(need=need))
    found = month_spending(desk.client(), desk.store)
    assert (found.orders, found.spent, found.spent_by_others) == (1, price(desk, 1000), 0)
    theirs = desk.client().orders.create(1000)
    found = month_spending(desk.client(), desk.store)
    assert (found.orders, found.spent, found.spent_by_others) == (2, 2 * price(desk, 1000), price(desk, 1000))
    desk.sandbox.settle_order(theirs.order_id or 0, "cancelled")


def test_an_older_order_of_the_same_price_is_not_the_lost_one(desk: Desk) -> None:
    theirs = desk.client().orders.create(1000)
    desk.sandbox.settle_order(theirs.order_id or 0)
    desk.sandbox.account(creditsLeft=50)
    desk.lost("reset_before", ORDER, desk.order)
    found = month_spending(desk.client(), desk.store)
    assert (found.orders, found.spent_by_others) == (2, price(desk, 1000))


def test_each_month_of_paris_begins_anew(desk: Desk, leaping: LeapingTime) -> None:
    first = desk.order()
    desk.sandbox.settle_order(first.order_id or 0)
    now = desk.client().time()
    assert month_spending(desk.client(), desk.store).month == f"{now.astimezone(PARIS):%Y-%m}"
    leaping.sleep(32 * 86_400)
    assert month_spending(desk.client(), desk.store).orders == 0


def test_an_order_counts_once_though_ovh_does_not_name_its_account(desk: Desk) -> None:
    first = desk.order()
    desk.sandbox.ask("POST", f"/orders/{first.order_id}", {"domains": [None]})
    found = month_spending(desk.client(), desk.store)
    assert (found.orders, found.spent) == (1, price(desk, 1000))
    desk.sandbox.settle_order(first.order_id or 0, "cancelled")  # else it may be any account's
