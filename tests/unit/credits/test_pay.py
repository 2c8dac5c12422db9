"""An order is paid once, with the default method; a payment that OVH does not take is left to a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ovh_sms.api.orders import OrdersClient
from ovh_sms.credits.payment_post import PriceLimit
from ovh_sms.errors import ConfigurationError, OutcomeUnknown
from support.leaping_time import LeapingTime
from support.tries import held, killed_once_answered
from unit.credits.desk import PAY, Desk

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


@pytest.fixture
def method(desk: Desk) -> Iterator[int]:
    """A default method; the sandbox keeps it for all accounts."""
    made = desk.sandbox.payment_method()
    yield made
    desk.sandbox.ask("DELETE", f"/payment_methods/{made}")


@pytest.fixture
def order(desk: Desk) -> int:
    order_id = desk.order().order_id
    assert order_id
    return order_id


def paid(desk: Desk, order: int) -> str:
    found = desk.store.orders.of(order)
    assert found
    return found.paid


def test_a_payment_is_taken_and_the_credits_arrive(desk: Desk, method: int, order: int) -> None:
    result = desk.pay(order)
    assert (result.result, result.status, result.method) == ("paid", "checking", "SEPA_DIRECT_DEBIT")
    assert not result.to_be_paid
    assert paid(desk, order) == "paid"
    desk.sandbox.clock(advance=61)
    assert desk.left() == 1050
    assert desk.taken(order) == 1


def test_a_later_try_pays_nothing(desk: Desk, method: int, order: int) -> None:
    desk.pay(order)
    assert desk.pay(order).result == "paid"
    desk.sandbox.clock(advance=61)
    assert desk.pay(order).status == "delivered"
    assert desk.taken(order) == 1


def test_a_refused_payment_is_left_to_a_person_with_ovhs_words(desk: Desk, method: int, order: int) -> None:
    desk.sandbox.change_payment_method(method, pays="refused")
    result = desk.pay(order)
    assert (result.result, result.to_be_paid, result.status) == ("refused", True, "not paid")
    assert "can't be paid with 'bankAccount'" in result.reason
    assert paid(desk, order) == "refused"
    # Cleared once the method is mended: it is paid.
    desk.sandbox.change_payment_method(method, pays="accepted")
    assert desk.pay(order).result == "paid"
    assert desk.taken(order) == 1


def test_without_a_default_method_a_person_pays(desk: Desk, order: int) -> None:
    result = desk.pay(order)
    assert (result.result, result.to_be_paid) == ("no method", True)
    assert desk.taken(order) == 0


@pytest.mark.parametrize("change", [{"listed": False}, {"status": "EXPIRED"}])
def test_a_method_that_ovh_does_not_take_for_the_order_is_not_tried(
    desk: Desk, method: int, order: int, change: dict[str, object]
) -> None:
    desk.sandbox.change_payment_method(method, **change)
    result = desk.pay(order)
    assert (result.result, result.reason) == ("no method", "OVH takes no SEPA_DIRECT_DEBIT for this order")
    assert desk.sandbox.calls("POST /me/order/{orderId}/pay") == 0 or desk.taken(order) == 0


@pytest.fixture
def dearer(desk: Desk) -> Iterator[None]:
    """OVH asks for more than it has quoted."""
    desk.sandbox.features(surcharge_percent=50)
    yield
    desk.sandbox.features(surcharge_percent=0)


@pytest.mark.usefixtures("dearer")
def test_an_order_that_costs_more_than_was_allowed_is_left_to_a_person(desk: Desk, method: int) -> None:
    quoted = desk.client().orders.quote(1000).price_with_tax
    made = desk.order(max_price=quoted)
    (truth,) = desk.orders()
    assert truth["price_with_tax"] > quoted
    result = desk.pay(made.order_id or 0)
    assert (result.result, result.to_be_paid, result.status) == ("too dear", True, "not paid")
    assert result.reason == f"it costs {truth['price_with_tax']:.2f} EUR with tax; {quoted:.2f} EUR were allowed"
    assert paid(desk, truth["id"]) == "too dear"
    assert desk.taken(truth["id"]) == 0


@pytest.mark.usefixtures("dearer")
def test_an_order_that_is_dearer_than_its_quote_is_paid_within_its_limit(desk: Desk, method: int) -> None:
    made = desk.order(max_price=2 * desk.client().orders.quote(1000).price_with_tax)
    assert desk.pay(made.order_id or 0).result == "paid"


def test_an_order_in_another_currency_is_left_to_a_person(desk: Desk, method: int, order: int) -> None:
    limit = PriceLimit(price=1_000_000, currency="USD")
    assert limit.excess(desk.client().orders.form(order)).endswith("1000000.00 USD were allowed")


def test_an_order_that_a_person_has_paid_is_not_paid_again(desk: Desk, method: int, order: int) -> None:
    desk.sandbox.pay_order(order)
    result = desk.pay(order)
    assert (result.result, result.status) == ("already paid", "checking")
    assert desk.taken(order) == 1


def test_an_order_for_which_ovh_asks_for_documents_is_left_to_a_person(desk: Desk, method: int, order: int) -> None:
    desk.sandbox.settle_order(order, "documentsRequested")
    result = desk.pay(order)
    assert (result.result, result.status) == ("documents requested", "documents requested")
    kept = desk.store.orders.of(order)
    assert kept
    assert (kept.paid, kept.status, kept.waits_for_a_person) == ("documents requested", "documents requested", True)


def test_a_cancelled_order_is_not_paid(desk: Desk, method: int, order: int) -> None:
    desk.sandbox.settle_order(order, "cancelled")
    assert desk.pay(order).result == "closed"
    assert desk.taken(order) == 0


def test_an_order_of_somebody_else_is_not_paid(desk: Desk, method: int) -> None:
    theirs = desk.client().orders.create(1000).order_id or 0
    with pytest.raises(ConfigurationError, match=f"no order {theirs}"):
        desk.pay(theirs)
    assert desk.taken(theirs) == 0


def test_a_payment_that_was_taken_is_found_though_its_answer_is_lost(desk: Desk, method: int, order: int) -> None:
    desk.lost("lost_answer", PAY, lambda: desk.pay(order))
    assert desk.pay(order).result == "paid"
    assert desk.taken(order) == 1


def test_a_payment_that_never_reached_ovh_is_made(desk: Desk, method: int, order: int) -> None:
    desk.lost("reset_before", PAY, lambda: desk.pay(order))
    assert desk.taken(order) == 0
    assert desk.pay(order).result == "paid"
    assert desk.taken(order) == 1


def test_a_payment_that_ovh_shows_late_is_found(desk: Desk, method: int, order: int) -> None:
    desk.lost("late_listing", PAY, lambda: desk.pay(order), seconds=3, answer="lost")
    assert desk.client().orders.status(order) == "not paid"
    assert desk.pay(order).result == "paid"
    assert desk.taken(order) == 1


def test_a_payment_that_the_bank_returns_while_it_is_reconciled_is_not_made_again(
    desk: Desk, method: int, order: int, leaping: LeapingTime
) -> None:
    desk.sandbox.change_payment_method(method, pays="returned")
    desk.lost("lost_answer", PAY, lambda: desk.pay(order))
    leaping.after(2, lambda: desk.sandbox.clock(advance=61))
    assert desk.pay(order).status == "not paid"
    assert desk.taken(order) == 1


def test_an_order_that_is_cancelled_while_its_payment_is_reconciled_is_closed(
    desk: Desk, method: int, order: int
) -> None:
    desk.lost("reset_before", PAY, lambda: desk.pay(order))
    desk.sandbox.settle_order(order, "cancelled")
    assert desk.pay(order).result == "closed"
    assert desk.taken(order) == 0


def test_a_status_that_ovh_does_not_know_is_left_to_a_person(
    desk: Desk, method: int, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.lost("reset_before", PAY, lambda: desk.pay(order))
    with monkeypatch.context() as patch:
        patch.setattr(OrdersClient, "status", lambda self, order_id: "unknown")
        with pytest.raises(OutcomeUnknown, match="ovh-sms resolve") as caught:
            desk.pay(order)
    assert f"whether the order {order} is paid" in str(caught.value)
    desk.resolve("send")
    assert desk.pay(order).result == "paid"
    assert desk.taken(order) == 1


def test_of_two_processes_one_pays(desk: Desk, method: int, order: int) -> None:
    with held(desk.sandbox, lambda: desk.pay(order), **PAY) as first, desk.waiting():
        desk.pay(order)
    assert first.made.result == "paid"
    assert desk.pay(order).result == "paid"
    assert desk.taken(order) == 1


@pytest.mark.parametrize("stored", [True, False])
def test_a_killed_payment_is_not_made_again(
    desk: Desk, method: int, order: int, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    killed_once_answered(monkeypatch, lambda: desk.pay(order), stored=stored)
    assert desk.pay(order).result == "paid"
    assert desk.taken(order) == 1
    assert paid(desk, order) == "paid"
