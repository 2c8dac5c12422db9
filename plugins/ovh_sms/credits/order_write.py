"""One order of credits as a write that must be made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import RequestChanged
from ovh_sms.idempotency.reconcile import Observation

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import OpenOrder
    from ovh_sms.idempotency.journal import Journal


#: How far back orders are listed: further than clocks can differ.
LOOKED_BACK = timedelta(hours=6)


class OrderWrite:
    """One order.

    :param client: the account's client.
    :param quantity: credits to order.
    :param account: the SMS account that the credits are for.
    :param tag: names the order here; OVH knows no tag of orders.
    :param verify: refuses to order while another order is open, or where price or credits are against it.
    :param claims: takes attempts for this process alone.
    """

    name = "ordered"

    def __init__(
        self,
        client: OvhSmsClient,
        *,
        quantity: int,
        account: str,
        tag: str,
        verify: Callable[[], None],
        claims: Journal,
    ) -> None:
        self.client = client
        self.quantity = quantity
        self.account = account
        self.tag = tag
        self.verify = verify
        self.claims = claims
        self.expected: int | None = 1
        self.ids: Sequence[int] | None = None
        self._credits_left: float | None = None
        self._found: list[OpenOrder] = []

    def check_same(self, kept: Mapping[str, Any]) -> None:
        """Refuse to pass an earlier order of this task for another one, or to make another one in its place.

        :param kept: what the earlier try has ordered, or was about to.
        :raises RequestChanged: names what differs.
        """
        now = {"account": self.account, "quantity": self.quantity}
        differ = [
            f"{name} was {kept[name]} and is now {here}"
            for name, here in now.items()
            if kept.get(name, here) != here
        ]
        if differ:
            raise RequestChanged(
                f"This task has ordered already, or may have, and what it orders changed since: {', '.join(differ)}.",
                action="Nothing is ordered now. Set it back and clear the task, or start a new run for another order.",
            )

    def facts(self) -> dict[str, Any]:
        """What is about to be ordered, and which orders are there before."""
        time = self.client.time()
        self._credits_left = self.client.account().credits_left
        return {
            "tag": self.tag,
            "account": self.account,
            "quantity": self.quantity,
            "credits_left": self._credits_left,
            "ovh_time": time.isoformat(),
            "orders_before": self.client.orders(created_from=time - LOOKED_BACK),
        }

    def make(self, not_after: float) -> dict[str, Any]:
        """Order: one POST."""
        order = self.client.order_credits(self.quantity, not_after=not_after)
        return {
            "ordered": True,
            "credits_left": self._credits_left,
            "account": self.account,
            "quantity": self.quantity,
            "order_id": order.order_id,
            "url": order.url,
            "price_with_tax": order.price_with_tax,
            "price_without_tax": order.price_without_tax,
            "currency": order.currency,
        }

    def look(self, intent: Mapping[str, Any]) -> Observation:
        """Count the orders that OVH has of this account since, paid ones too.

        Rests on GET /me/order, /me/order/{orderId} and what hangs below it.
        """
        since = datetime.fromisoformat(intent["ovh_time"]) - LOOKED_BACK
        orders = self.client.orders_since(since, but=intent["orders_before"])
        self._found = [order for order in orders if order.certain]
        return Observation(
            at=datetime.now(UTC), found=len(self._found), complete=len(self._found) == len(orders)
        )

    def adopt(self, intent: Mapping[str, Any], look: Observation) -> dict[str, Any]:
        """Put together what an answer would have said of the order that was found."""
        order = self._found[0] if len(self._found) == 1 else None
        return {
            "ordered": True,
            "credits_left": intent["credits_left"],
            "account": intent.get("account", self.account),
            "quantity": intent["quantity"],
            "order_id": order.id if order else None,
            "url": order.url if order else None,
            "price_with_tax": None,
            "price_without_tax": None,
            "currency": None,
        }

    def concerned(self, intent: Mapping[str, Any], look: Observation) -> str:
        """Tell where to look."""
        ids = ", ".join(str(order.id) for order in self._found) or "none"
        return f"Look at the orders since {intent['ovh_time']} in OVH's manager (certainly of this account: {ids})."
