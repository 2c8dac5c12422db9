"""Pay an order of credits with the default payment method, at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.credits.results import PayResult
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store


def pay_order(
    order_id: int, *, client: OvhSmsClient, store: Store, task: TaskTry, policy: ReconcilePolicy, clock: Clock
) -> PayResult:
    """Pay an order, or reconcile an earlier try."""
    raise NotImplementedError
