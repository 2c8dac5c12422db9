"""Whether the credits of a delivered order are on the account: OVH may show them later than the order's status."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.orders import OrderRecord
    from ovh_sms.store.store import Store

#: Credits that are not seen so long after the delivery have arrived and are spent.
ARRIVE_WITHIN = timedelta(hours=1)


def has_arrived(order: OrderRecord, before: float | None, *, client: OvhSmsClient, store: Store) -> bool:
    """Return whether an order's credits were seen on the account, or have had an hour to arrive; record it.

    They are seen if the account held at least as many more than at an earlier moment since the order. Credits that are
    spent meanwhile hide it: then the hour decides, as ordering later is better than ordering twice.

    :param before: the account's credits right before the order.

    Source: GET ``/sms/{serviceName}``.
    """
    now = store.clock.now()
    if order.arrived_at is not None:
        return True
    is_late = order.delivered_at is not None and now - order.delivered_at >= ARRIVE_WITHIN
    if not is_late and not _is_seen(order, before, client, store):
        return False
    store.orders.set_arrived(order.order_id, now)
    return True


def _is_seen(order: OrderRecord, before: float | None, client: OvhSmsClient, store: Store) -> bool:
    """Whether the credits have risen by the order's, between two moments since it was made."""
    checks = store.credit_readings.of_account(order.account, since=order.ordered_at)
    levels = [*([] if before is None else [before]), *(each.credits for each in reversed(checks))]
    lowest = float("inf")
    for level in [*levels, client.account.get().credits_left]:
        lowest = min(lowest, level)
        if level - lowest >= order.quantity:
            return True
    return False
