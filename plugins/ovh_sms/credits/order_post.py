"""One order of credits as a remote write. OVH knows no tag of orders: an order is found by account and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ovh_sms.api.orders import CLOSED_STATUSES, LONGEST_OPEN
from ovh_sms.credits.lost_orders import CENT, LISTED_BACK, is_as_ordered, listed_since, may_be_ordered
from ovh_sms.credits.month import month_spending
from ovh_sms.credits.needs import LISTED_WITHIN
from ovh_sms.errors import AccountRecredited, BudgetExceeded, NotFound, NotMade, OpenOrderExists
from ovh_sms.idempotency.reconcile import Observation

if TYPE_CHECKING:
    import logging

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Order
    from ovh_sms.api.orders import OpenOrder
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.models import Attempt


class EnoughCredits(NotMade):
    """The account holds as many credits as it should. Nothing is ordered."""

    def __init__(self, left: float, enough: float) -> None:
        self.left = left
        super().__init__(f"{left:.12g} credits left, threshold {enough:.12g}: nothing to order.")


@dataclass(frozen=True, kw_only=True)
class OrderRequest:
    """Credits to order, and the most that they may cost.

    :param quantity: credits to order.
    :param max_price: highest price of the order with tax, in the account's currency.
    :param enough: credits with which nothing is ordered any more.
    :param max_per_month: most money with tax in a calendar month, this order included; ``None`` for any.
    :param will_be_paid: the run that orders pays the order next.
    """

    quantity: int
    max_price: float
    enough: float
    max_per_month: float | None = None
    will_be_paid: bool = False


@dataclass
class OrderPost:
    """The remote write of one order; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    :param run: names the DAG run that orders.
    """

    request: OrderRequest
    run: str
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    log: logging.Logger | Any
    done: str = field(default="ordered", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    _credits_left: float | None = field(default=None, init=False)
    _price: float | None = field(default=None, init=False)
    _currency: str = field(default="", init=False)
    _similar: list[OpenOrder] = field(default_factory=list, init=False)
    _found: list[OpenOrder] = field(default_factory=list, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One order."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: one order covers the need, by any run and of any quantity."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the order, and which orders exist before it."""
        time = self.client.time()
        return {
            "run": self.run,
            "account": self.client.account_name,
            "quantity": self.request.quantity,
            "price_with_tax": self._price,
            "price_limit": self.request.max_price,
            "currency": self._currency,
            "will_be_paid": self.request.will_be_paid,
            "credits_left": self._credits_left,
            "ovh_time": time.isoformat(),
            "orders_before": self.client.orders.ids(created_from=time - LISTED_BACK),
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse to order if there are enough credits, or if they cost too much."""
        account = self.client.account.get()
        self._credits_left = account.credits_left
        if account.credits_left >= self.request.enough:
            raise EnoughCredits(account.credits_left, self.request.enough)
        if account.is_recredited:
            raise AccountRecredited(
                f"OVH buys {account.recredit_amount} credits for {account.name} by itself when few are left.",
                action="Nothing was ordered. Set the account's 'recredit' to off, or remove its other rules.",
            )
        self._check_price()

    def post(self, deadline: float) -> dict[str, Any]:
        """Order by one POST, after a last check of open orders, credits and price."""
        # The credits come last: an order delivered between the two reads is open no more, but counts.
        self._refuse_second_order()
        self.precheck()
        order = self.client.orders.create(self.request.quantity, not_after=deadline)
        return {**self._answer(order), "run": self.run, "credits_left": self._credits_left}

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Count the orders of this account that OVH has since the snapshot, paid ones too, if they are as ordered.

        An order of another quantity is a person's. One of another price may be: only a person can decide that.

        Source: GET ``/me/order``, ``/me/order/{orderId}`` and below.
        """
        at, snapshot = self.client.time(), attempt.snapshot or {}
        orders = self.client.orders.since(listed_since(snapshot), but=snapshot["orders_before"])
        self._similar = [order for order in orders if may_be_ordered(order, snapshot)]
        self._found = [order for order in self._similar if is_as_ordered(order, snapshot)]
        exhaustive = len(self._found) == len(self._similar)
        return Observation(at=at, found=len(self._found), exhaustive=exhaustive)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from the order that was found; or from the only one that a person can have meant."""
        snapshot = attempt.snapshot or {}
        order = next((each[0] for each in (self._found, self._similar) if len(each) == 1), None)
        return {
            "run": snapshot["run"],
            "credits_left": snapshot["credits_left"],
            "quantity": snapshot["quantity"],
            # Another run that finds the order leaves it to a person.
            "will_be_paid": snapshot["will_be_paid"] and snapshot["run"] == self.run,
            "order_id": order.id if order else None,
            "url": order.url if order else None,
            "contracts": [],
            "price_with_tax": order.price_with_tax if order else None,
            "price_without_tax": order.price_without_tax if order else None,
            "currency": order.currency if order else None,
            "ordered_at": order.created.isoformat() if order and order.created else None,
            "expires_at": order.expires.isoformat() if order and order.expires else None,
        }

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the orders that a person should check."""
        ids = ", ".join(str(order.id) for order in self._found) or "none"
        since = (attempt.snapshot or {})["ovh_time"]
        return f"Check the orders since {since} in OVH's manager (certainly of this account: {ids})."

    def _answer(self, order: Order) -> dict[str, Any]:
        """The order as the journal keeps it. Its link carries a password: it leaves the results database nowhere."""
        return {
            "quantity": self.request.quantity,
            "will_be_paid": self.request.will_be_paid,
            "order_id": order.order_id,
            "url": order.url,
            "contracts": [{"name": each.name, "url": each.url} for each in order.contracts],
            "price_with_tax": order.price_with_tax,
            "price_without_tax": order.price_without_tax,
            "currency": order.currency,
            "ordered_at": self.client.time().isoformat(),
            "expires_at": None,
        }

    def _refuse_second_order(self) -> None:
        """Refuse to order while one is open: an order of the journal is, until OVH says otherwise, listed or not."""
        for order_id, made in self.journal.records.orders(LONGEST_OPEN).items():
            try:
                status = self.client.orders.status(order_id)
            except NotFound:
                if self.clock.now() - made.at > LISTED_WITHIN:
                    continue
                status = "not listed by OVH yet"
            if status not in CLOSED_STATUSES:
                raise OpenOrderExists(
                    f"The order {order_id}, made by an earlier run, is still open (status {status}).",
                    action="No second order was made. Pay or cancel it first, in OVH's manager.",
                )
        for order in self.client.orders.open():
            account = "of this account" if order.certain else "of an account that it does not name"
            raise OpenOrderExists(
                f"The order {order.id}, {account}, is still open (status {order.status}).",
                action="No second order was made. Pay or cancel it first, in OVH's manager.",
            )

    def _check_price(self) -> None:
        request = self.request
        quote = self.client.orders.quote(request.quantity)
        self._price, self._currency = quote.price_with_tax, quote.currency
        self.log.info("quoted credits=%d price=%s %s", request.quantity, quote.price_with_tax, quote.currency)
        if quote.price_with_tax > request.max_price + CENT:
            raise BudgetExceeded(
                f"{request.quantity} credits cost {quote.price_with_tax:.2f} {quote.currency} with tax; "
                f"the maximum is {request.max_price:.2f}.",
                action="Nothing was ordered. Order fewer credits or raise 'max_price'.",
            )
        if request.max_per_month is not None:
            month = month_spending(self.client, self.journal.store, but=self.journal.identity.tag)
            month.check(quote.price_with_tax, quote.currency, request.max_per_month)
