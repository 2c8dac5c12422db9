"""Watches orders of credits until their credits are on the account, one read of one order at a time."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.api.orders import CLOSED_STATUSES, DELIVERED
from ovh_sms.errors import NotFound, Unavailable
from ovh_sms.sending.progress import AGE_SHARE, LONGEST_INTERVAL, ProgressNews, WaitEnd

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock

#: Least seconds between two reads of all orders together.
LEAST_SECONDS = 2.0
#: OVH lists an order a little after it was made.
NOT_LISTED = "not listed by OVH"


@dataclass(frozen=True)
class OrderNews(ProgressNews):
    """A status of an order that is waited for.

    :param status: as OVH names it; empty if OVH does not show the order yet.
    """

    order_id: int = 0
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class AwaitedOrder:
    """An order whose credits are waited for.

    :param poll_interval: least time between two reads; it grows with the time waited, to half an hour.
    :param deadline: the end of the wait, aware.
    """

    order_id: int
    poll_interval: timedelta
    deadline: datetime


@dataclass
class _Wait:
    """One order that waits, from ``since``; ``due`` on the monotonic clock."""

    order: AwaitedOrder
    since: float
    due: float
    status: str = field(default="not read yet")

    def next_due(self, at: float) -> float:
        """The moment of the next read, on the monotonic clock."""
        longest = LONGEST_INTERVAL.total_seconds()
        return at + max(self.order.poll_interval.total_seconds(), min((at - self.since) / AGE_SHARE, longest))


class OrdersWatch:
    """Ends a wait once its order is delivered or cancelled.

    Source: GET ``/me/order/{orderId}/status``.
    """

    def __init__(self, client: OvhSmsClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._waits: dict[Hashable, _Wait] = {}
        self._read_at = -math.inf

    def __len__(self) -> int:
        """Return the number of orders that are waited for."""
        return len(self._waits)

    def add(self, key: Hashable, order: AwaitedOrder) -> None:
        """Wait for one order more."""
        now = self._clock.monotonic()
        self._waits[key] = _Wait(order, now, now + order.poll_interval.total_seconds())

    def remove(self, key: Hashable) -> None:
        """Forget an order."""
        self._waits.pop(key, None)

    def due(self) -> float:
        """Return the moment of the next read, on the monotonic clock; infinite if nothing waits."""
        return max(min((each.due for each in self._waits.values()), default=math.inf), self._read_at + LEAST_SECONDS)

    def deadline(self) -> datetime | None:
        """Return the earliest deadline."""
        return min((each.order.deadline for each in self._waits.values()), default=None)

    def cost(self) -> int:
        """Return the calls of the next read."""
        return 1

    def ends(self) -> Iterator[tuple[Hashable, WaitEnd]]:
        """Yield the waits whose deadline has come."""
        now = self._clock.now()
        for key, each in list(self._waits.items()):
            if now >= each.order.deadline:
                yield key, WaitEnd("deadline", f"The deadline has come: {_text(each.order.order_id, each.status)}")

    def read(self) -> Iterator[tuple[Hashable, WaitEnd | ProgressNews | Exception]]:
        """Read the order that is due for the longest time. Yield its status if it changed, its end, or its error.

        :raises Unavailable: OVH cannot be reached; a later read goes on.
        """
        self._read_at = at = self._clock.monotonic()
        key, wait = min(self._waits.items(), key=lambda item: item[1].due)
        wait.due = wait.next_due(at)  # also if OVH does not answer: the others come first
        before, number = wait.status, wait.order.order_id
        try:
            wait.status = order_status(self._client, number)
        except Unavailable:
            raise
        except Exception as error:  # of this order alone
            yield key, error
            return
        if wait.status in CLOSED_STATUSES:
            yield key, WaitEnd("delivered" if wait.status == DELIVERED else "cancelled", _text(number, wait.status))
        elif wait.status != before:
            yield key, OrderNews(_text(number, wait.status), order_id=number, status=shown_status(wait.status))


def order_status(client: OvhSmsClient, order_id: int) -> str:
    """Read the status of an order, in words; one that OVH does not show is waited for."""
    try:
        return client.orders.status(order_id)
    except NotFound:
        return NOT_LISTED


def shown_status(status: str) -> str:
    """Return a status as the results keep it: empty for an order that OVH does not show."""
    return "" if status == NOT_LISTED else status


def _text(order_id: int, status: str) -> str:
    return f"Order {order_id}: {status}."
