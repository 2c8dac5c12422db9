"""The credits that came to an account, with what they cost: orders that OVH delivered, and transfers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.accounts.usage_costs import Layer
from ovh_sms.api.orders import DELIVERED
from ovh_sms.campaign.account_usage import CENTS, CREDIT_UNITS
from ovh_sms.errors import MissingRight

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.orders import OrderRecord
    from ovh_sms.store.store import Store
    from ovh_sms.store.transfers import TransferRecord

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Credits that came to an account at a moment."""

    at: datetime
    layer: Layer

    @property
    def source(self) -> str:
        """The order or the transfer that they are of."""
        return self.layer.source


def delivered_orders(client: OvhSmsClient, store: Store, since: datetime) -> list[Arrival]:
    """List the delivered orders of an account made since a moment, the oldest first.

    OVH names no day of delivery. The journal knows when it was first seen for orders of this package; those of persons
    and of OVH's own recredit count from the day of the order.

    Source: GET ``/me/order``, ``/me/order/{orderId}/status``, ``/details`` and ``/me/order/{orderId}``; the journal
    alone if these keys may not read orders.
    """
    own = {order.order_id: order for order in store.orders.of_account(client.account_name)}
    try:
        listed = client.orders.since(since)
    except MissingRight:
        log.warning("orders cannot be read with these keys: only those of this package count")
        made = [order for order in own.values() if order.ordered_at >= since and order.status == DELIVERED]
        return sorted(map(_of_journal, made), key=_age)
    found = [
        Arrival(
            at=_arrived(own.get(order.id)) or order.created or since,
            layer=_layer(
                f"order {order.id}", order.quantity, order.price_with_tax, order.price_without_tax, order.currency
            ),
        )
        for order in listed
        if order.status == DELIVERED and order.quantity and (order.certain or order.id in own)
    ]
    return sorted(found, key=_age)


def transferred_in(store: Store, account: str, transfers: Iterable[TransferRecord]) -> list[Arrival]:
    """List the credits transferred to an account, at the price of the newest order of the account they came from."""
    found = []
    for each in transfers:
        if each.target != account:
            continue
        before = [order for order in store.orders.of_account(each.source) if order.ordered_at <= each.at]
        paid = next((order for order in before if order.price_without_tax is not None and order.quantity), None)
        share = each.credits / paid.quantity if paid else 0.0
        prices = (paid.price_with_tax, paid.price_without_tax) if paid else (None, None)
        with_tax, without_tax = (None if price is None else price * share for price in prices)
        layer = _layer(f"transfer {each.tag}", each.credits, with_tax, without_tax, (paid and paid.currency) or "")
        found.append(Arrival(at=each.at, layer=layer))
    return sorted(found, key=_age)


def opening_stock(credits_left: int, earlier: Sequence[Arrival]) -> tuple[Layer, ...]:
    """Return the layers of credits that are on an account: the newest ones, as the oldest are spent first.

    :param credits_left: in ten-thousandths.
    :param earlier: arrivals before that moment, the oldest first.
    """
    from dataclasses import replace

    layers: list[Layer] = []
    left = max(0, credits_left)
    for each in reversed(earlier):
        if not left:
            break
        kept = min(left, each.layer.credits)
        layers.append(replace(each.layer, taken=each.layer.credits - kept))
        left -= kept
    if left:
        layers.append(Layer(source="before", credits=left))
    return tuple(reversed(layers))


def _of_journal(order: OrderRecord) -> Arrival:
    layer = _layer(
        f"order {order.order_id}", order.quantity, order.price_with_tax, order.price_without_tax, order.currency or ""
    )
    return Arrival(at=_arrived(order) or order.ordered_at, layer=layer)


def _arrived(order: OrderRecord | None) -> datetime | None:
    return None if order is None else order.arrived_at or order.delivered_at


def _layer(
    source: str, quantity: float | None, with_tax: float | None, without_tax: float | None, currency: str
) -> Layer:
    """Make a layer; its price is unknown unless both prices are known."""
    known = None not in (with_tax, without_tax)
    cents = round((without_tax or 0) * CENTS)
    return Layer(
        source=source,
        credits=round((quantity or 0) * CREDIT_UNITS),
        without_tax=cents if known else None,
        tax=round((with_tax or 0) * CENTS) - cents if known else None,
        currency=currency,
    )


def _age(arrival: Arrival) -> tuple[datetime, str]:
    return arrival.at, arrival.source
