"""Money spent on credits in a calendar month, and its cap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.credits.lost_orders import CENT, lost_and_listed
from ovh_sms.credits.needs import record_order
from ovh_sms.errors import BudgetExceeded
from ovh_sms.store.models import SUCCEEDED
from ovh_sms.store.orders import CANCELLED_STATUSES

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store

#: Time zone of the accounts' months.
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, kw_only=True)
class MonthSpending:
    """Orders of one calendar month in Paris, those of persons too.

    :param month: such as ``2026-03``.
    :param spent: prices with tax together, in the account's currency.
    :param spent_by_others: of them, those of orders that this package did not make.
    :param currency: that of OVH's list; empty if it has no order of the month.
    """

    month: str
    spent: float
    orders: int
    spent_by_others: float = 0.0
    currency: str = ""

    def left(self, cap: float) -> float:
        """Return the money that the month's cap leaves; none if it is used up."""
        return max(0.0, round(cap - self.spent, 2))

    def check(self, price: float, currency: str, cap: float) -> None:
        """Refuse an order over the month's cap.

        :param price: of the order, with tax.
        :raises BudgetExceeded: with the figures; nothing is ordered.
        """
        if self.spent + price > cap + CENT:
            raise BudgetExceeded(
                f"The order costs {price:.2f} {currency} with tax. Orders of {self.month} ({self.orders}) cost "
                f"{self.spent:.2f} already, and the maximum for a month is {cap:.2f}.",
                action="Nothing was ordered. Order fewer credits, or raise 'max_per_month'.",
            )


def month_spending(client: OvhSmsClient, store: Store, *, but: str = "") -> MonthSpending:
    """Add up the month's orders of an account that are not cancelled, paid or not.

    They are OVH's, and those of the journal that OVH does not list yet. An order whose answer was lost counts once: as
    OVH lists it, or with its quoted price.

    :param but: tag of an order that does not count.

    Source: GET ``/me/order``, ``/me/order/{orderId}/status``, ``/details`` and ``/me/order/{orderId}``.
    """
    now = client.time().astimezone(PARIS)
    start = datetime(now.year, now.month, 1, tzinfo=PARIS)
    listed = {order.id: order for order in client.orders.since(start)}
    journaled = [each for each in store.deposits.live_orders(client.account_name, start) if each.tag != but]
    known = {each.tag: record_order(each, store) for each in journaled if each.state == SUCCEEDED}
    own = {order.order_id: order for order in known.values() if order}
    counted = [
        order
        for order in listed.values()
        if (order.certain or order.id in own) and order.status not in CANCELLED_STATUSES
    ]
    undecided = [each for each in journaled if each.state != SUCCEEDED]
    lost = lost_and_listed(undecided, [order for order in listed.values() if order.id not in own])
    ours = own.keys() | {order.id for order in lost.values()}
    prices = [order.price_with_tax or 0.0 for order in counted]
    unlisted = [order for order in own.values() if order.order_id not in listed and order.takes_money]
    prices += [order.price_with_tax or 0.0 for order in unlisted]
    prices += [_quoted(each) for each in undecided if each.tag not in lost]
    return MonthSpending(
        month=f"{start:%Y-%m}",
        spent=round(sum(prices), 2),
        orders=len(prices),
        spent_by_others=round(sum(order.price_with_tax or 0.0 for order in counted if order.id not in ours), 2),
        currency=next((order.currency for order in counted), ""),
    )


def _quoted(attempt: Attempt) -> float:
    """Quoted price with tax of an order whose answer was lost."""
    return (attempt.snapshot or {}).get("price_with_tax") or 0.0
