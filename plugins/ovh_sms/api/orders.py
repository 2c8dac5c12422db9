"""Orders of credits: quotes, new orders, and orders that are still open. Nothing here pays."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ovh_sms.api.answer import ids, text
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import Order, OrderForm, OrderLine, words

#: Statuses of a closed order: its credits are on the account, or will never be.
CLOSED_STATUSES = frozenset({"delivered", "cancelled", "cancelling"})

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
    """

    id: int
    status: str
    url: str
    created: datetime | None
    certain: bool


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

    def services(self, order_id: int) -> list[str]:
        """List the services that an order is for.
        Source: GET ``/me/order/{orderId}/details`` and ``/details/{orderDetailId}``.

        :returns: for each line the name of its service, such as an SMS account; ``""`` if it names none.
        """
        lines = self._calls.make("GET", f"{_ORDER}/details", ids, order=order_id)
        line = f"{_ORDER}/details/{{detail}}"
        return [self._calls.make("GET", line, OrderLine.read, order=order_id, detail=each).domain for each in lines]

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
        account, services = self._calls.account, self.services(order_id)
        if not may_be_for(account, services):
            return None
        form = self._calls.make("GET", _ORDER, OrderForm.read, order=order_id)
        return OpenOrder(order_id, status, form.url, form.date, certain=account in services)


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
