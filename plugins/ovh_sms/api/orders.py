"""Orders of credits: quotes, new orders, and orders that are still open. Payments are in :mod:`.payments`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ovh_sms.api.answer import ids, text
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import Order, OrderForm, OrderLine, words
from ovh_sms.errors import MissingRight, NotFound

#: Statuses of a closed order: its credits are on the account, or will never be.
DELIVERED = "delivered"
CLOSED_STATUSES = frozenset({DELIVERED, "cancelled", "cancelling"})

#: An order that nobody has paid is closed by OVH sooner than this.
LONGEST_OPEN = timedelta(days=60)

#: A line names one SMS account, or one other service such as a domain or a server.
_ACCOUNT = re.compile(r"sms-[a-z0-9]+-[0-9]+")
_OTHER_SERVICE = re.compile(r"(?!sms)[a-z0-9][a-z0-9._-]*")

_CREDITS = "/order/sms/{account}/credits"
_ORDER = "/me/order/{order}"


@dataclass(frozen=True)
class OpenOrder:
    """An order that is or may be the account's.

    :param status: ``not paid``, ``checking``, ``delivering``, ``documents requested`` or ``unknown``.
    :param certain: whether a line names this account; otherwise the order only may be this account's.
    :param quantity: credits ordered; ``None`` if the order does not say it clearly.
    :param price_with_tax: ``None`` if the order does not say it, as for ``price_without_tax``.
    :param expires: moment at which OVH closes it if nobody has paid it.
    """

    id: int
    status: str
    url: str = field(repr=False)  # it carries a password
    created: datetime | None
    certain: bool
    quantity: int | None
    price_with_tax: float | None
    price_without_tax: float | None = None
    currency: str = ""
    expires: datetime | None = None


class OrdersClient(SubClient):
    """Quotes, makes and reads orders of credits."""

    def quote(self, quantity: int) -> Order:
        """Read the price of a number of credits. Orders nothing. Source: GET ``/order/sms/{serviceName}/credits``."""
        return self._calls.make("GET", _CREDITS, Order.read, query={"quantity": quantity})

    def create(self, quantity: int, *, not_after: float | None = None) -> Order:
        """Order credits: each call makes a new unpaid order, which a person pays at its address.
        Source: POST ``/order/sms/{serviceName}/credits``.

        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was ordered.
        :raises ovh_sms.errors.OutcomeUnknown: the order may have been made.
        """
        return self._calls.make("POST", _CREDITS, Order.read, body={"quantity": quantity}, not_after=not_after)

    def ids(self, *, created_from: datetime | None = None) -> list[int]:
        """List the customer's orders of any kind. Source: GET ``/me/order``."""
        return self._calls.make("GET", "/me/order", ids, query={"date.from": created_from})

    def status(self, order_id: int) -> str:
        """Read the status of an order. Source: GET ``/me/order/{orderId}/status``.

        :returns: ``not paid``, ``checking``, ``delivering``, ``delivered``, ``documents requested``, ``cancelling``,
            ``cancelled`` or ``unknown``.
        """
        return words(self._calls.make("GET", f"{_ORDER}/status", text, order=order_id))

    def form(self, order_id: int) -> OrderForm:
        """Read the address, the dates and the price of an order. Source: GET ``/me/order/{orderId}``.

        :raises ovh_sms.errors.NotFound: OVH shows no such order.
        """
        return self._calls.make("GET", _ORDER, OrderForm.read, order=order_id)

    def shown_status(self, order_id: int) -> str:
        """Read the status of an order; empty if OVH does not show it, or not to these keys."""
        try:
            return self.status(order_id)
        except (MissingRight, NotFound):
            return ""

    def shown_ids(self, created_from: datetime) -> list[int]:
        """List the customer's orders of any kind; none if OVH does not show them to these keys."""
        try:
            return self.ids(created_from=created_from)
        except MissingRight:
            return []

    def may_be_ours(self, order_id: int) -> bool:
        """Return whether an order may be for this account; one whose lines OVH does not show may be."""
        try:
            return may_be_for(self._calls.account, [line.domain for line in self.lines(order_id)])
        except (MissingRight, NotFound):
            return True

    def lines(self, order_id: int) -> list[OrderLine]:
        """List the lines of an order, each with its service and quantity.
        Source: GET ``/me/order/{orderId}/details`` and ``/details/{orderDetailId}``.
        """
        line = f"{_ORDER}/details/{{detail}}"
        found = self._calls.make("GET", f"{_ORDER}/details", ids, order=order_id)
        return [self._calls.make("GET", line, OrderLine.read, order=order_id, detail=each) for each in found]

    def open(self, *, days: int = 30) -> list[OpenOrder]:
        """List the orders that are or may be this account's and are neither delivered nor cancelled.
        Source: GET ``/me/order``, ``/me/order/{orderId}/status``, ``/details`` and ``/me/order/{orderId}``.

        :param days: age of the oldest order that is read.
        :returns: the orders of this account, and with ``certain`` false those that do not clearly name another service.
        """
        since = self._calls.transport.clock.now() - timedelta(days=days)
        return self.since(since, closed=False)

    def since(self, since: datetime, *, closed: bool = True, but: Collection[int] = ()) -> list[OpenOrder]:
        """List the orders made since a moment that are or may be this account's.
        Source: GET ``/me/order``, ``/me/order/{orderId}/status``, ``/details`` and ``/me/order/{orderId}``.
        """
        candidates = [order_id for order_id in self.ids(created_from=since) if order_id not in but]
        found = [self._read(order_id, closed=closed) for order_id in candidates]
        return [order for order in found if order is not None]

    def _read(self, order_id: int, *, closed: bool) -> OpenOrder | None:
        """Read one order; ``None`` if it is another account's, or closed and not wanted."""
        status = self.status(order_id)
        if status in CLOSED_STATUSES and not closed:
            return None
        account, lines = self._calls.account, self.lines(order_id)
        if not may_be_for(account, [line.domain for line in lines]):
            return None
        form = self.form(order_id)
        named = [line.quantity for line in lines if line.domain == account]
        return OpenOrder(
            id=order_id,
            status=status,
            url=form.url,
            created=form.date,
            certain=bool(named),
            quantity=int(named[0]) if len(named) == 1 and named[0].isdecimal() else None,
            price_with_tax=form.price_with_tax,
            price_without_tax=form.price_without_tax,
            currency=form.currency,
            expires=form.expires,
        )


def may_be_for(account: str, services: Sequence[str]) -> bool:
    """Return whether an order may be for an SMS account; anything unclear counts as yes.

    :returns: false only if there are lines and each one clearly names something else: another SMS account,
        or a service of another kind.
    """
    return not services or not all(_is_other(account, name.strip().lower()) for name in services)


def _is_other(account: str, name: str) -> bool:
    if _ACCOUNT.fullmatch(name):
        return name != account.lower()
    return _OTHER_SERVICE.fullmatch(name) is not None
