"""A delivered order covers its need until its credits are seen; credits that nobody sees have not arrived."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from ovh_sms.credits.levels import read_level
from ovh_sms.report.account_view import account_view
from ovh_sms.report.credit_needs import credit_needs
from ovh_sms.report.language import translator
from ovh_sms.report.order_words import status_words
from ovh_sms.store.orders import OrderRecord
from support.leaping_time import LeapingTime
from unit.credits.desk import Desk

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")
ENGLISH = translator("en")


def kept(desk: Desk, order_id: int | None) -> OrderRecord:
    found = desk.store.orders.of(order_id or 0)
    assert found
    return found


@pytest.fixture
def late_credits(desk: Desk) -> Iterator[int]:
    """Seconds after its delivery at which an order's credits are on the account."""
    desk.sandbox.features(credit_seconds=1_200)
    yield 1_200
    desk.sandbox.features(credit_seconds=0)


def test_a_delivered_order_covers_its_need_until_its_credits_are_on_the_account(desk: Desk, late_credits: int) -> None:
    need = desk.need()
    first = desk.order(need=need)
    desk.sandbox.settle_order(first.order_id or 0)
    again = desk.need()
    assert (again.key, again.deposit and again.deposit.status) == (need.key, "delivered")
    assert desk.order(run="run_2").ordered is False
    desk.sandbox.clock(advance=late_credits)
    assert desk.need().number == need.number + 1
    desk.sandbox.account(creditsLeft=50)
    assert desk.order(run="run_3").ordered
    assert len(desk.orders()) == 2


def test_credits_that_are_spent_before_they_are_seen_hold_up_the_next_order_for_an_hour(
    desk: Desk, leaping: LeapingTime
) -> None:
    first = desk.order()
    desk.sandbox.settle_order(first.order_id or 0)
    desk.sandbox.account(creditsLeft=50)
    assert desk.order(run="run_2").ordered is False
    leaping.sleep(3_500)
    assert desk.order(run="run_3").ordered is False
    leaping.sleep(110)
    assert desk.order(run="run_4").ordered
    assert len(desk.orders()) == 2


def test_credits_that_a_check_has_seen_have_arrived_though_they_are_spent_since(desk: Desk) -> None:
    first = desk.order()
    desk.sandbox.settle_order(first.order_id or 0)
    read_level(desk.client(), desk.store, None)
    desk.sandbox.account(creditsLeft=50)
    assert desk.order(run="run_2").ordered
    assert len(desk.orders()) == 2


def test_credits_are_seen_although_ovhs_clock_is_ahead_of_this_machines(desk: Desk) -> None:
    desk.sandbox.clock(offset=45)
    try:
        first = desk.order()
        desk.sandbox.settle_order(first.order_id or 0)
        read_level(desk.client(), desk.store, None)
        desk.sandbox.account(creditsLeft=50)
        assert desk.order(run="run_2").ordered
    finally:
        desk.sandbox.clock(offset=0)


def test_credits_that_nobody_has_seen_have_not_arrived(
    desk: Desk, leaping: LeapingTime, caplog: pytest.LogCaptureFixture
) -> None:
    first = desk.order()
    desk.sandbox.settle_order(first.order_id or 0)
    desk.sandbox.account(creditsLeft=50)
    need = desk.need()
    order = kept(desk, first.order_id)
    assert status_words(order, ENGLISH) == "delivered, its credits are not on the account yet"
    leaping.sleep(3_601)
    assert desk.need().number == need.number + 1
    order = kept(desk, first.order_id)
    assert (order.arrived_at, order.given_up_at is not None) == (None, True)
    assert status_words(order, ENGLISH) == "delivered, its credits were not seen on the account"
    assert f"the order {order.order_id} delivered since" in caplog.text
    (shown,) = credit_needs(account_view(desk.store, desk.account, desk.store.clock.now()), ENGLISH)
    assert shown.title == f"Order {order.order_id} for {desk.account} is delivered, and its credits were not seen"
    leaping.sleep(8 * 86_400)
    assert credit_needs(account_view(desk.store, desk.account, desk.store.clock.now()), ENGLISH) == []


def test_credits_that_are_seen_have_arrived(desk: Desk) -> None:
    first = desk.order()
    desk.sandbox.settle_order(first.order_id or 0)
    desk.need()
    order = kept(desk, first.order_id)
    assert (order.arrived_at is not None, order.given_up_at) == (True, None)
    assert status_words(order, ENGLISH) == "its credits have arrived"


@pytest.mark.parametrize("given", ["order", "transfer"])
def test_credits_that_are_spent_between_two_readings_of_the_watch_are_a_new_crossing(desk: Desk, given: str) -> None:
    low = partial(desk.store.crossings.note, "shop", desk.account, is_low=True)
    assert [low(), low()] == [True, False]
    if given == "transfer":
        assert desk.transfer().transferred
    else:
        desk.sandbox.settle_order(desk.order().order_id or 0)
        desk.need()
    desk.sandbox.account(creditsLeft=50)
    assert [low(), low()] == [True, False]


def test_credits_that_nobody_has_seen_start_no_order_every_hour(desk: Desk, leaping: LeapingTime) -> None:
    low = partial(desk.store.crossings.note, "shop", desk.account, is_low=True, checked_at=None)
    assert low()
    first = desk.order()
    desk.sandbox.settle_order(first.order_id or 0)
    desk.sandbox.account(creditsLeft=50)
    desk.need()
    leaping.sleep(3_601)
    desk.need()
    assert kept(desk, first.order_id).given_up_at is not None
    assert not low(checked_at=desk.store.clock.now()), "the daily run orders, at the earliest"


def test_credits_that_came_before_the_delivery_are_not_those_of_the_order(desk: Desk, late_credits: int) -> None:
    need = desk.need()
    first = desk.order(need=need)
    desk.sandbox.account(creditsLeft=1_050)  # somebody else's, and spent since
    read_level(desk.client(), desk.store, None)
    desk.sandbox.account(creditsLeft=50)
    desk.need()
    desk.sandbox.settle_order(first.order_id or 0)
    assert desk.need().key == need.key
    assert kept(desk, first.order_id).arrived_at is None
    desk.sandbox.clock(advance=late_credits)
    assert desk.need().number == need.number + 1
    assert kept(desk, first.order_id).arrived_at
