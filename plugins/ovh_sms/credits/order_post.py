"""One order of credits as a remote write. OVH knows no tag of orders: an order is found by account and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.api.orders import CLOSED_STATUSES, LONGEST_OPEN
from ovh_sms.errors import BudgetExceeded, NotFound, OpenOrderExists, PreflightError
from ovh_sms.idempotency.reconcile import Observation

if TYPE_CHECKING:
    import logging

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.orders import OpenOrder
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.models import Attempt

#: How far back orders are listed: further than clocks can differ.
LISTED_BACK = timedelta(hours=6)
#: OVH lists an order sooner than this; one that it does not show any more then is gone.
LISTED_WITHIN = timedelta(days=1)
#: Less than a cent is no difference between two prices.
_CENT = 0.005


class EnoughCredits(PreflightError):
    """The account holds as many credits as it should. Nothing is ordered."""

    def __init__(self, left: float, threshold: float) -> None:
        self.left = left
        super().__init__(f"{left:.12g} credits left, threshold {threshold:.12g}: nothing to order.")


@dataclass(frozen=True, kw_only=True)
class CreditNeed:
    """When to order credits, and how many.

    :param threshold: credits under which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that is ordered without asking.
    """

    threshold: float
    quantity: int
    max_price: float


@dataclass
class OrderPost:
    """The remote write of one order; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`."""

    need: CreditNeed
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    log: logging.Logger | Any
    done: str = field(default="ordered", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    _credits_left: float | None = field(default=None, init=False)
    _price: float | None = field(default=None, init=False)
    _found: list[OpenOrder] = field(default_factory=list, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One order."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Name what distinguishes this order from the one that an earlier try made."""
        now = {"account": self.client.account_name, "quantity": self.need.quantity}
        return [
            f"{name} (was {earlier[name]}, is now {value})"
            for name, value in now.items()
            if earlier.get(name, value) != value
        ]

    def snapshot(self) -> dict[str, Any]:
        """Record the order, and which orders exist before it."""
        time = self.client.time()
        self._credits_left = self.client.account.get().credits_left
        return {
            "account": self.client.account_name,
            "quantity": self.need.quantity,
            "price_with_tax": self._price,
            "credits_left": self._credits_left,
            "ovh_time": time.isoformat(),
            "orders_before": self.client.orders.ids(created_from=time - LISTED_BACK),
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse to order if there are enough credits, or if they cost too much."""
        left = self.client.account.get().credits_left
        if left >= self.need.threshold:
            raise EnoughCredits(left, self.need.threshold)
        self._check_price()

    def post(self, deadline: float) -> dict[str, Any]:
        """Order by one POST, after a last check of open orders, credits and price."""
        # The credits come last: an order delivered between the two reads is open no more, but counts.
        self._refuse_second_order()
        self.precheck()
        order = self.client.orders.create(self.need.quantity, not_after=deadline)
        return {
            "ordered": True,
            "credits_left": self._credits_left,
            "account": self.client.account_name,
            "quantity": self.need.quantity,
            "order_id": order.order_id,
            "url": order.url,
            "price_with_tax": order.price_with_tax,
            "price_without_tax": order.price_without_tax,
            "currency": order.currency,
        }

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Count the orders of this account that OVH has since the snapshot, paid ones too, if they are as ordered.

        An order of another quantity is a person's. One of another price may be: only a person can decide that.

        Source: GET ``/me/order``, ``/me/order/{orderId}`` and below.
        """
        at, snapshot = self.client.time(), attempt.snapshot or {}
        since = datetime.fromisoformat(snapshot["ovh_time"]) - LISTED_BACK
        orders = self.client.orders.since(since, but=snapshot["orders_before"])
        quantity, price = snapshot["quantity"], snapshot["price_with_tax"]
        similar = [order for order in orders if order.quantity in (quantity, None)]
        self._found = [order for order in similar if order.certain and order.quantity and _same(order, price)]
        exhaustive = len(self._found) == len(similar)
        return Observation(at=at, found=len(self._found), exhaustive=exhaustive)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from the order that was found."""
        snapshot = attempt.snapshot or {}
        order = self._found[0] if len(self._found) == 1 else None
        return {
            "ordered": True,
            "credits_left": snapshot["credits_left"],
            "account": snapshot.get("account", self.client.account_name),
            "quantity": snapshot["quantity"],
            "order_id": order.id if order else None,
            "url": order.url if order else None,
            "price_with_tax": None,
            "price_without_tax": None,
            "currency": None,
        }

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the orders that a person should check."""
        ids = ", ".join(str(order.id) for order in self._found) or "none"
        since = (attempt.snapshot or {})["ovh_time"]
        return f"Check the orders since {since} in OVH's manager (certainly of this account: {ids})."

    def _refuse_second_order(self) -> None:
        """Refuse to order while one is open: an order of the journal is, until OVH says otherwise, listed or not."""
        for order_id, made in self.journal.orders(LONGEST_OPEN).items():
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
                action=f"No second order was made. Pay or cancel it first: {order.url}.",
            )

    def _check_price(self) -> None:
        quantity = self.need.quantity
        quote = self.client.orders.quote(quantity)
        self._price = quote.price_with_tax
        self.log.info("quoted credits=%d price=%s %s", quantity, quote.price_with_tax, quote.currency)
        if quote.price_with_tax > self.need.max_price:
            raise BudgetExceeded(
                f"{quantity} credits cost {quote.price_with_tax:.2f} {quote.currency} with tax; "
                f"the maximum is {self.need.max_price:.2f}.",
                action="Nothing was ordered. Order fewer credits or raise 'max_price'.",
            )


def _same(order: OpenOrder, price: float | None) -> bool:
    """Whether an order costs what was quoted."""
    return price is not None and order.price_with_tax is not None and abs(order.price_with_tax - price) < _CENT
