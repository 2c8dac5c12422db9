"""Operators without one of their guards: the proof must report the harm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator

from ovh_sms.credits.order_write import OrderWrite
from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sending.batch_write import BatchWrite


class _BlindBatch(BatchWrite):
    def look(self, intent: Mapping[str, Any]) -> Observation:
        return Observation(at=datetime.now(UTC), found=0)


class _BlindOrder(OrderWrite):
    def look(self, intent: Mapping[str, Any]) -> Observation:
        return Observation(at=datetime.now(UTC), found=0)


class BlindSend(SendJobOperator):
    """Sends again without observing OVH."""

    def _write(self, *given: Any) -> BatchWrite:
        write = super()._write(*given)
        write.__class__ = _BlindBatch
        return write


class BlindOrder(OrderCreditsOperator):
    """Orders again without observing OVH, even if an order is open."""

    def _write(self, *given: Any) -> OrderWrite:
        write = super()._write(*given)
        write.__class__ = _BlindOrder
        return write

    def _refuse_second_order(self) -> None:
        """Refuse nothing."""


class _Granted(Journal):
    def take(self, attempt: int, facts: Mapping[str, Any]) -> bool:
        return True


class UnclaimedSend(SendJobOperator):
    """Sends without a claim."""

    def _write(self, *given: Any) -> BatchWrite:
        write = super()._write(*given)
        write.claims.__class__ = _Granted
        return write


class UncheckedSend(SendJobOperator):
    """Sends to any list at OVH."""

    def _check_receivers(self) -> None:
        """Check nothing."""


class _Unwitnessed(BatchWrite):
    def _credits_are_explained(self, intent: Mapping[str, Any]) -> bool:
        return True


class UnwitnessedSend(SendJobOperator):
    """Takes a submission that OVH does not list for one that OVH did not accept."""

    def _write(self, *given: Any) -> BatchWrite:
        write = super()._write(*given)
        write.__class__ = _Unwitnessed
        return write


#: The operators without a guard, by the guard's name; ``journal`` is switched off elsewhere.
WEAK: dict[str, dict[str, type[BaseOperator]]] = {
    "observation": {"send": BlindSend, "order": BlindOrder},
    "claim": {"send": UnclaimedSend},
    "slot": {"send": UncheckedSend},
    "credits": {"send": UnwitnessedSend},
}
