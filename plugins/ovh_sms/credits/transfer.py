"""Transfer credits from one account to another, at most once for each need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.credits.needs import Need
    from ovh_sms.credits.results import TransferResult
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class TransferRequest:
    """Credits to transfer.

    :param keep: credits that stay on the source at least: its own needs and reservations.
    :param enough: credits of the target with which nothing is transferred any more.
    """

    credits: float
    keep: float
    enough: float


def transfer_credits(
    request: TransferRequest,
    *,
    need: Need,
    run: str,
    source: OvhSmsClient,
    target: OvhSmsClient,
    store: Store,
    task: TaskTry,
    policy: ReconcilePolicy,
    clock: Clock,
) -> TransferResult:
    """Transfer credits, or reconcile an earlier try."""
    raise NotImplementedError
