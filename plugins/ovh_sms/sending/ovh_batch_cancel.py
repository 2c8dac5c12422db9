"""Cancels OVH batches before they leave: a doubled or wrong one, or those of a run that a person cancels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ovh_sms.api.models_ovh_batches import COMPLETED
from ovh_sms.errors import ApiError, Unavailable
from ovh_sms.sending.ovh_batch_post import is_ovh_batch, standing

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models_ovh_batches import OvhBatch
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class OvhBatchCancel:
    """Cancels OVH batches, and records the credits that come back."""

    client: OvhSmsClient
    store: Store

    def cancel(self, batch: OvhBatch, *, tag: str = "") -> bool:
        """Cancel one OVH batch.

        :param tag: of its messages, if they count as withdrawn; none for a doubled one.
        :returns: whether it is cancelled; ``False`` if it has left, or OVH does not say so.
        :raises Unavailable: OVH cannot be reached.

        Source: POST ``/sms/{serviceName}/batches/{id}/cancel``, GET ``/batches/{id}``.
        """
        account, message_id = self.client.account_name, _number_of(batch)
        # Before the call: a task that is killed in between cancels it at its next try.
        self.store.withdrawals.record(
            tag,
            account=account,
            message_id=message_id,
            refunded=batch.credits_estimated,
            created_at=batch.created,
            at=self.client.time(),
            messages=batch.records - len(batch.refused),
        )
        is_cancelled = self._cancel(batch)
        if not is_cancelled:
            self.store.withdrawals.forget(account=account, message_id=message_id)
        return is_cancelled

    def cancel_of_run(self, attempts: Sequence[Attempt]) -> tuple[int, list[Attempt]]:
        """Cancel the OVH batches of some attempts, each in one call.

        :returns: the number of messages that were withdrawn now, and the attempts whose messages must be withdrawn one
            by one: those of jobs, and of an OVH batch that has started to leave.
        """
        withdrawn, others = 0, [each for each in attempts if not is_ovh_batch(each)]
        if len(others) == len(attempts):
            return 0, others
        # What is completed has left.
        listed = [batch for batch in self.client.ovh_batches.all() if batch.status != COMPLETED]
        for each in attempts:
            named = standing(batch for batch in listed if batch.name == each.tag) if is_ovh_batch(each) else []
            results = [self.cancel(batch, tag="" if place else each.tag) for place, batch in enumerate(named)]
            withdrawn += sum(batch.records for batch, done in zip(named, results, strict=True) if done)
            if named and all(results):
                self.store.attempt_receivers.forget_all(each.tag)
            elif named:
                others.append(each)
        return withdrawn, others

    def _cancel(self, batch: OvhBatch) -> bool:
        try:
            return self.client.ovh_batches.cancel(batch.id).is_cancelled
        except Unavailable:
            raise
        except ApiError:  # refused, or its answer was lost: its status says what became of it
            return self._is_cancelled(batch)

    def _is_cancelled(self, batch: OvhBatch) -> bool:
        try:
            return self.client.ovh_batches.get(batch.id).is_cancelled
        except Unavailable:
            raise
        except ApiError:
            return False


def _number_of(batch: OvhBatch) -> int:
    """A number for the withdrawals, which no message of OVH has."""
    return -(UUID(batch.id).int % 2**62) - 1
