"""Orders whose answer was lost, among those that OVH lists. OVH knows no tag of orders: account, time and price do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.api.orders import OpenOrder
    from ovh_sms.store.models import Attempt

#: How far back orders are listed: further than clocks can differ.
LISTED_BACK = timedelta(hours=6)
#: Less than a cent is no difference between two prices.
CENT = 0.005


def listed_since(snapshot: Mapping[str, Any]) -> datetime:
    """Return the earliest date that OVH may give to an order, by what was true before it."""
    return datetime.fromisoformat(snapshot["ovh_time"]) - LISTED_BACK


def may_be_ordered(order: OpenOrder, snapshot: Mapping[str, Any]) -> bool:
    """Return whether an order has the quantity that was ordered, or names none: a person can decide about its price."""
    return order.quantity in (snapshot["quantity"], None)


def is_as_ordered(order: OpenOrder, snapshot: Mapping[str, Any]) -> bool:
    """Return whether an order is of this account, and of the quantity and the price that were ordered."""
    price = snapshot["price_with_tax"]
    if not order.certain or order.quantity != snapshot["quantity"] or price is None or order.price_with_tax is None:
        return False
    return bool(abs(order.price_with_tax - price) < CENT)


def lost_and_listed(lost: Iterable[Attempt], listed: Iterable[OpenOrder]) -> dict[str, OpenOrder]:
    """Return the listed orders that attempts without an answer seem to have made, by the attempt's tag.

    :param lost: attempts whose result is not known; each order is of one of them at most.
    :param listed: orders that the journal does not know.
    """
    left = sorted(listed, key=lambda each: each.id)
    found: dict[str, OpenOrder] = {}
    for attempt in lost:
        order = next((each for each in left if _may_be_of(each, attempt.snapshot or {})), None)
        if order is not None:
            left.remove(order)
            found[attempt.tag] = order
    return found


def _may_be_of(order: OpenOrder, snapshot: Mapping[str, Any]) -> bool:
    """Whether an order is as ordered, and was not there before."""
    is_new = order.created is not None and order.created >= listed_since(snapshot)
    return is_new and order.id not in snapshot["orders_before"] and is_as_ordered(order, snapshot)
