"""One need of credits gets one order, whichever runs ask for it."""

from __future__ import annotations

import json

import pytest

from ovh_sms.api.orders import OrdersClient
from ovh_sms.clock import SystemClock
from ovh_sms.credits.topup import TopupRules, check_credits
from ovh_sms.errors import (
    AccountRecredited,
    ConfigurationError,
    NotFound,
    OpenOrderExists,
    OutcomeUnknown,
    ResolutionRequired,
    SubmissionInFlight,
)
from support.leaping_time import LeapingTime
from support.tries import held, killed_once_answered, once_claimed
from unit.credits.desk import ORDER, TRANSFER, Desk

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


def test_two_runs_that_mean_the_same_need_get_one_order(desk: Desk) -> None:
    need = desk.need()
    first = desk.order(run="run_1", need=need)
    second = desk.order(run="run_2", need=need)
    assert (first.ordered, first.status, first.covered_by) == (True, "not paid", "")
    assert (second.ordered, second.order_id, second.status) == (False, first.order_id, "not paid")
    assert second.covered_by == "order"
    assert len(desk.orders()) == 1


def test_ten_more_runs_while_it_is_unpaid_order_nothing(desk: Desk) -> None:
    first = desk.order()
    for number in range(10):
        need = desk.need()
        assert need.deposit
        assert need.deposit.waits_for_a_person
        assert desk.order(run=f"run_{number + 2}", need=need).order_id == first.order_id
    assert len(desk.orders()) == 1


def test_a_later_try_of_a_run_knows_its_own_order(desk: Desk) -> None:
    first = desk.order()
    assert desk.order() == first


def test_the_order_of_a_need_is_returned_though_another_quantity_is_wanted(desk: Desk) -> None:
    first = desk.order(quantity=1000)
    again = desk.order(run="run_2", quantity=5000)
    assert (again.order_id, again.quantity) == (first.order_id, 1000)
    assert len(desk.orders()) == 1


def test_a_delivered_order_ends_its_need(desk: Desk) -> None:
    need = desk.need()
    first = desk.order(need=need)
    desk.sandbox.settle_order(first.order_id or 0)
    assert desk.need().number == need.number + 1
    assert desk.order(run="run_2").ordered is False, "there are enough credits now"
    desk.sandbox.account(creditsLeft=50)
    assert desk.order(run="run_3").ordered
    # The first need stays covered: a run that was slow orders nothing for it.
    late = desk.order(run="run_4", need=need)
    assert (late.ordered, late.order_id, late.status) == (False, first.order_id, "delivered")
    assert len(desk.orders()) == 2


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_an_order_that_nobody_pays_ends_its_need(desk: Desk, end: str) -> None:
    first = desk.order()
    if end == "expired":
        desk.sandbox.expire_order(first.order_id or 0)
        desk.sandbox.clock(advance=1)
    else:
        desk.sandbox.settle_order(first.order_id or 0, "cancelled")
    assert desk.order(run="run_2").ordered
    assert len(desk.orders()) == 2


def test_the_link_stays_in_the_results_database(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    result = desk.order()
    order = desk.store.orders.of(result.order_id or 0)
    assert order
    assert order.url
    assert "orderPassword" in order.url
    assert "orderPassword" not in json.dumps(result.to_xcom()) + repr(order) + caplog.text
    assert [each["name"] for each in order.contracts] == ["Sandbox terms", "Sandbox terms of SMS"]
    assert order.expires_at
    assert order.expires_at > order.ordered_at


def test_prices_are_ovhs_to_the_cent(desk: Desk) -> None:
    result = desk.order()
    (made,) = desk.orders()
    assert (result.price_with_tax, result.price_without_tax) == (made["price_with_tax"], made["price_without_tax"])


def test_an_adopted_order_has_its_prices_too(desk: Desk) -> None:
    desk.lost("lost_answer", ORDER, desk.order)
    result = desk.order()
    (made,) = desk.orders()
    assert (result.ordered, result.order_id) == (True, made["id"])
    assert (result.price_with_tax, result.price_without_tax) == (made["price_with_tax"], made["price_without_tax"])
    order = desk.store.orders.of(made["id"])
    assert order
    assert (order.price_with_tax, order.currency) == (made["price_with_tax"], "EUR")
    assert order.url


@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
def test_another_run_reconciles_the_order_of_a_need(desk: Desk, kind: str) -> None:
    need = desk.need()
    desk.lost(kind, ORDER, lambda: desk.order(need=need))
    result = desk.order(run="run_2", need=need, quantity=2000)
    (made,) = desk.orders()
    assert result.order_id == made["id"]
    assert (made["quantity"], result.ordered) == ((1000, False) if kind == "lost_answer" else (2000, True))


def unclear(desk: Desk) -> int:
    """An order whose answer is lost. OVH does not say for which account it is."""
    desk.lost("lost_answer", ORDER, desk.order)
    made = desk.orders()[-1]["id"]
    desk.sandbox.ask("POST", f"/orders/{made}", {"domains": [None]})
    with pytest.raises(OutcomeUnknown):
        desk.order()
    return int(made)


def test_an_order_that_a_person_resolves_as_made_is_the_only_one_that_it_can_be(desk: Desk) -> None:
    made = unclear(desk)
    desk.resolve("sent")
    result = desk.order()
    assert (result.ordered, result.order_id, result.status) == (True, made, "not paid")
    order = desk.store.orders.of(made)
    assert order
    assert order.url
    desk.sandbox.settle_order(made, "cancelled")


def test_an_order_that_a_person_resolves_as_made_has_no_number_if_it_can_be_one_of_two(desk: Desk) -> None:
    made = unclear(desk)
    other = desk.client().orders.create(1000).order_id or 0
    desk.sandbox.ask("POST", f"/orders/{other}", {"domains": [None]})
    desk.resolve("sent")
    result = desk.order()
    assert (result.ordered, result.order_id, result.quantity) == (True, None, 1000)
    for each in (made, other):
        desk.sandbox.settle_order(each, "cancelled")


def test_of_two_runs_at_one_moment_one_orders(desk: Desk) -> None:
    need = desk.need()
    with held(desk.sandbox, lambda: desk.order(need=need), **ORDER) as first, desk.waiting():
        desk.order(run="run_2", need=need)
    assert first.made.ordered
    assert desk.order(run="run_2", need=need).order_id == first.made.order_id
    assert len(desk.orders()) == 1


@pytest.mark.parametrize("stored", [True, False])
def test_a_killed_order_is_found_by_the_next_run(desk: Desk, monkeypatch: pytest.MonkeyPatch, stored: bool) -> None:
    killed_once_answered(monkeypatch, desk.order, stored=stored)
    result = desk.order(run="run_2")
    (made,) = desk.orders()
    assert (result.ordered, result.order_id) == (False, made["id"])
    order = desk.store.orders.of(made["id"])
    assert order
    assert order.url


def test_an_order_that_ovh_lists_late_is_still_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk.order()
    monkeypatch.setattr(OrdersClient, "ids", lambda self, *, created_from=None: [])

    def not_listed(self: OrdersClient, order_id: int) -> str:
        raise NotFound("not listed yet")

    monkeypatch.setattr(OrdersClient, "status", not_listed)
    again = desk.order(run="run_2")
    assert (again.ordered, again.order_id, again.status) == (False, first.order_id, "")


def test_an_order_that_ovh_shows_no_more_after_a_day_ends_its_need(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, leaping: LeapingTime
) -> None:
    need = desk.need()
    desk.order(need=need)

    def gone(self: OrdersClient, order_id: int) -> str:
        raise NotFound("no such order")

    monkeypatch.setattr(OrdersClient, "status", gone)
    assert desk.need() == desk.need()
    leaping.sleep(25 * 3600)
    assert desk.need().number == need.number + 1


def test_a_persons_order_prevents_another_one(desk: Desk) -> None:
    desk.client().orders.create(2000)
    with pytest.raises(OpenOrderExists, match="of this account, is still open") as caught:
        desk.order()
    assert "orderPassword" not in str(caught.value)
    assert len(desk.orders()) == 1


def test_nothing_is_ordered_where_ovh_recredits(desk: Desk) -> None:
    desk.client().account.set_recredit(10, 100)
    with pytest.raises(AccountRecredited, match="buys 100 credits"):
        desk.order()
    assert desk.orders() == []


def test_a_transfer_that_covers_the_need_leaves_nothing_to_order(desk: Desk) -> None:
    need = desk.need()
    assert desk.transfer(need=need, credits=20).transferred
    result = desk.order(run="run_2", need=need)
    assert (result.ordered, result.order_id, result.covered_by) == (False, None, "transfer")
    assert desk.orders() == []


def test_an_order_and_a_transfer_that_race_for_one_need_make_one_of_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    need = desk.need()
    errors: list[BaseException] = []

    def transfer_too() -> None:
        try:
            desk.transfer(need=need)
        except SubmissionInFlight as error:
            errors.append(error)

    once_claimed(monkeypatch, transfer_too)
    first = desk.order(need=need)
    assert first.ordered
    assert len(errors) == 1
    second = desk.transfer(need=need)
    assert (second.transferred, second.covered_by) == (False, "order")
    assert (len(desk.orders()), desk.transfers()) == (1, [])


def test_a_transfer_that_nobody_can_decide_keeps_an_order_from_being_made(desk: Desk) -> None:
    need = desk.need()
    desk.lost("lost_answer", TRANSFER, lambda: desk.transfer(need=need))
    desk.sandbox.account(creditsLeft=77)  # somebody else changed the balance: nothing adds up
    with pytest.raises(OutcomeUnknown):
        desk.transfer(need=need)
    deposit = desk.need().deposit
    assert deposit
    assert (deposit.kind, deposit.state, deposit.source) == ("transfer", "unknown", desk.central)
    with pytest.raises(ResolutionRequired, match=rf"tag {deposit.tag}\).*'ovh-sms credits {desk.account}' prints"):
        desk.order(run="run_2", need=need)
    assert desk.orders() == []


def test_a_transfer_whose_process_was_lost_keeps_an_order_from_being_made(desk: Desk) -> None:
    need = desk.need()
    desk.lost("reset_before", TRANSFER, lambda: desk.transfer(need=need))
    with pytest.raises(SubmissionInFlight):
        desk.order(run="run_2", need=need)
    SystemClock().sleep(3_000)
    with pytest.raises(OutcomeUnknown, match=r"tag .*\).* Start sms_credits_balance"):
        desk.order(run="run_2", need=need)
    assert desk.transfer(run="run_3", need=need, enough=0).transferred is False, "it is reconciled, and not made again"
    assert desk.order(run="run_4", need=need).ordered
    assert desk.transfers() == []


def test_a_lost_order_of_a_file_that_orders_no_more_is_an_error(desk: Desk) -> None:
    desk.lost("lost_answer", ORDER, desk.order)
    rules = TopupRules(threshold=500)
    with pytest.raises(ConfigurationError, match="no task reconciles it") as lost:
        check_credits(rules, client=desk.client(), store=desk.store)
    assert "Write 'max_price' and 'quantity' into the file again" in str(lost.value)
    again = TopupRules(threshold=500, sizes=(1000,), max_price=500)
    assert check_credits(again, client=desk.client(), store=desk.store).decision == "reconcile"
