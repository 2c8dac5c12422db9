"""Whether the credits of a delivered order are on the account: OVH may show them later than the order's status."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.credits.readings import note_credits

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.orders import OrderRecord
    from ovh_sms.store.store import Store

#: Credits that are not seen so long after the delivery are not waited for any more.
ARRIVE_WITHIN = timedelta(hours=1)

_log = logging.getLogger(__name__)


def is_wait_over(order: OrderRecord, before: float | None, *, client: OvhSmsClient, store: Store) -> bool:
    """Return whether an order's credits were seen on the account, or were waited for an hour; record which of them.

    They are seen if the account held at least as many more than at an earlier moment since the order was not delivered.
    Credits that are spent meanwhile hide it: then the hour ends the wait, as they look like credits that never
    came, and an account that falls short needs others.

    :param before: the account's credits right before the order.

    Source: GET ``/sms/{serviceName}``.
    """
    now = store.clock.now()
    if order.arrived_at is not None or order.given_up_at is not None:
        return True
    if _is_seen(order, before, client, store):
        store.crossings.arm(order.account)  # first: a process may end in between
        store.orders.set_arrived(order.order_id, now)
        return True
    if order.delivered_at is None or now - order.delivered_at < ARRIVE_WITHIN:
        return False
    store.orders.end_wait(order.order_id, now)
    _log.warning(
        "OVH calls the order %d delivered since %s, and its %d credits were not seen on %s. Nothing waits for them any "
        "more. Compare the order with the account in OVH's manager.",
        *(order.order_id, order.delivered_at, order.quantity, order.account),
    )
    return True


def _is_seen(order: OrderRecord, before: float | None, client: OvhSmsClient, store: Store) -> bool:
    """Whether the credits have risen by the order's, between two moments since it was last seen undelivered."""
    # By the clock of the readings, not by OVH's, which may be ahead of it.
    made = [each.claimed_at for each in store.deposits.succeeded(order.account) if each.tag == order.tag]
    ordered_at = min((at for at in made if at), default=order.ordered_at)
    since = order.undelivered_at or ordered_at
    readings = store.credit_readings.of_account(order.account, since=ordered_at)[::-1]
    # A rise before that moment is somebody else's; the last reading until then is what the credits rise from.
    earlier = [*([] if before is None else [before]), *(each.credits for each in readings if each.at <= since)]
    levels = [*earlier[-1:], *(each.credits for each in readings if each.at > since)]
    left, lowest = client.account.get().credits_left, float("inf")
    note_credits(store, order.account, left)
    for level in [*levels, left]:
        lowest = min(lowest, level)
        if level - lowest >= order.quantity:
            return True
    return False
