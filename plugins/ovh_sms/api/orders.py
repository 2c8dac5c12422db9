"""Credits: what they cost, ordering them, and orders that are still open. Nothing here pays."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from ovh_sms.api.answers import Answer, Fields
from ovh_sms.api.models import OpenOrder, Order, Pack, Rate
from ovh_sms.api.part import ClientPart, words

#: Statuses of an order that is over: its credits are on the account, or will never be.
CLOSED_STATUSES = frozenset({"delivered", "cancelled", "cancelling"})

#: A line names one SMS account, or one other service such as a domain or a server.
_ACCOUNT = re.compile(r"sms-[a-z0-9]+-[0-9]+")
_OTHER_SERVICE = re.compile(r"(?!sms)[a-z0-9][a-z0-9._-]*")

_CREDITS = "/order/sms/{account}/credits"


class OrderCalls(ClientPart):
    """Calls about orders and prices."""

    def quote_credits(self, quantity: int) -> Order:
        """Ask what credits would cost. Orders nothing.

        :param quantity: credits.

        Source: GET ``/order/sms/{serviceName}/credits``.
        """
        return self._transport.request(self._call("GET", _CREDITS, query={"quantity": quantity}), _order)

    def order_credits(self, quantity: int, *, not_after: float | None = None) -> Order:
        """Order credits: makes a new unpaid order each time, which a person pays at its address.

        :param quantity: credits.
        :param not_after: the last moment at which the request may go out, in seconds of :func:`time.monotonic`.
        :returns: the order with prices and the address of its form.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was ordered.
        :raises ovh_sms.errors.OutcomeUnknown: where the order may have been made.

        Source: POST ``/order/sms/{serviceName}/credits``.
        """
        call = self._call("POST", _CREDITS, body={"quantity": quantity})
        return self._transport.request(call, _order, not_after=not_after)

    def orders(self, *, created_from: datetime | None = None) -> list[int]:
        """List the customer's orders, of whatever kind.

        :param created_from: only those made at this moment or later.

        Source: GET ``/me/order``.
        """
        call = self._call("GET", "/me/order", query={"date.from": created_from})
        return self._transport.request(call, Answer.integers)

    def order_status(self, order_id: int) -> str:
        """Say how far an order is.

        :param order_id: the order.
        :returns: ``not paid``, ``checking``, ``delivering``, ``delivered``, ``documents requested``, ``cancelling``,
            ``cancelled`` or ``unknown``.

        Source: GET ``/me/order/{orderId}/status``.
        """
        call = self._call("GET", "/me/order/{order}/status", order=order_id)
        return words(self._transport.request(call, Answer.text))

    def order_services(self, order_id: int) -> list[str]:
        """Say what an order is for.

        :param order_id: the order.
        :returns: for each line the name of its service, such as an SMS account; ``""`` where it names none.

        Source: GET ``/me/order/{orderId}/details`` and ``/details/{orderDetailId}``.
        """
        details = self._transport.request(
            self._call("GET", "/me/order/{order}/details", order=order_id), Answer.integers
        )
        calls = [
            self._call("GET", "/me/order/{order}/details/{detail}", order=order_id, detail=detail)
            for detail in details
        ]
        return [
            self._transport.request(call, lambda answer: answer.fields().optional_text("domain"))
            for call in calls
        ]

    def open_orders(self, *, days: int = 30) -> list[OpenOrder]:
        """List the orders that are or may be this account's and are neither delivered nor cancelled.

        :param days: how far back to look.
        :returns: those of this account, and with ``certain`` false those that do not clearly name other services.

        Source: GET ``/me/order``, ``/me/order/{orderId}/status``, ``/details`` and ``/me/order/{orderId}``.
        """
        since = datetime.now(UTC) - timedelta(days=days)
        return self.orders_since(since, closed=False)

    def orders_since(
        self, since: datetime, *, closed: bool = True, but: Collection[int] = ()
    ) -> list[OpenOrder]:
        """List the orders made since a moment that are or may be this account's.

        :param since: the moment, aware.
        :param closed: also those that are delivered or cancelled.
        :param but: orders that are left out.
        :returns: as :meth:`open_orders`.

        Source: GET ``/me/order``, ``/me/order/{orderId}/status``, ``/details`` and ``/me/order/{orderId}``.
        """
        found = []
        for order_id in self.orders(created_from=since):
            if order_id in but:
                continue
            status = self.order_status(order_id)
            if status in CLOSED_STATUSES and not closed:
                continue
            services = self.order_services(order_id)
            if may_be_for(self._account, services):
                call = self._call("GET", "/me/order/{order}", order=order_id)
                fields = self._transport.request(call, Answer.fields)
                found.append(
                    OpenOrder(
                        id=order_id,
                        status=status,
                        url=fields.optional_text("url"),
                        created=fields.optional_moment("date"),
                        certain=self._account in services,
                    )
                )
        return found

    def destination_rate(self, country: str) -> Rate:
        """Say what one part costs to a country.

        :param country: two letters, such as ``fr``.

        Source: GET ``/sms/rates/destinations``.
        """
        call = self._call("GET", "/sms/rates/destinations", query={"country": country})
        return self._transport.request(call, _rate)

    def packs(self, country: str = "fr") -> list[Pack]:
        """List the prices of credits by the size of the order.

        :param country: two letters of the country the messages go to.

        Source: GET ``/sms/rates/packs``.
        """
        call = self._call("GET", "/sms/rates/packs", query={"country": country})
        return self._transport.request(
            call, lambda answer: [_pack(Fields.of(item)) for item in answer.json()]
        )


def may_be_for(account: str, services: Sequence[str]) -> bool:
    """Say whether an order may be for an SMS account: what cannot be told counts as yes.

    :param account: the SMS account.
    :param services: what the order's lines name.
    :returns: false only where there are lines and every one clearly names something else: another SMS account,
        or a service that is none.
    """
    return not services or not all(_is_other(account, name.strip().lower()) for name in services)


def _is_other(account: str, name: str) -> bool:
    if _ACCOUNT.fullmatch(name):
        return name != account.lower()
    return _OTHER_SERVICE.fullmatch(name) is not None


def _order(answer: Answer) -> Order:
    fields = answer.fields()
    prices = fields.object("prices")
    with_tax = prices.object("withTax")
    return Order(
        order_id=fields.optional_integer("orderId"),
        url=fields.optional_text("url") or None,
        price_with_tax=with_tax.number("value"),
        price_without_tax=prices.object("withoutTax").number("value"),
        tax=prices.object("tax").number("value"),
        currency=with_tax.text("currencyCode"),
        text=with_tax.text("text"),
        contracts=tuple(
            (one.optional_text("name"), one.optional_text("url")) for one in fields.objects("contracts")
        ),
    )


def _rate(answer: Answer) -> Rate:
    fields = answer.fields()
    price = fields.object("price")
    return Rate(
        country=fields.text("country"),
        credits=fields.number("credit"),
        price=price.number("value"),
        currency=price.text("currencyCode"),
    )


def _pack(fields: Fields) -> Pack:
    price = fields.object("creditPrice")
    return Pack(
        minimum=fields.integer("creditQuantityMin"),
        below=fields.optional_integer("creditQuantityMax"),
        credit_price=price.number("value"),
        currency=price.text("currencyCode"),
    )
