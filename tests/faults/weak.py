"""Operators without one of their guards: the proof must find out what they do wrong."""

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


class _BlindSending(BatchWrite):
    def look(self, intent: Mapping[str, Any]) -> Observation:
        return Observation(at=datetime.now(UTC), found=0)


class _BlindOrdering(OrderWrite):
    def look(self, intent: Mapping[str, Any]) -> Observation:
        return Observation(at=datetime.now(UTC), found=0)


class BlindSend(SendJobOperator):
    """Finds an intent and sends again."""

    def _write(self, *given: Any) -> BatchWrite:
        write = super()._write(*given)
        write.__class__ = _BlindSending
        return write


class BlindOrder(OrderCreditsOperator):
    """Finds an intent and orders again, whatever is open."""

    def _write(self, *given: Any) -> OrderWrite:
        write = super()._write(*given)
        write.__class__ = _BlindOrdering
        return write

    def _refuse_second_order(self) -> None:
        """Refuse nothing."""


class _Granted(Journal):
    def take(self, attempt: int, facts: Mapping[str, Any]) -> bool:
        return True


class UnclaimedSend(SendJobOperator):
    """Sends whoever else has claimed the attempt, or sends the same."""

    def _write(self, *given: Any) -> BatchWrite:
        write = super()._write(*given)
        write.claims.__class__ = _Granted
        return write


class UncheckedSend(SendJobOperator):
    """Sends to whatever list is at OVH."""

    def _check_receivers(self) -> None:
        """Check nothing."""


class _Unwitnessed(BatchWrite):
    def _credits_are_explained(self, intent: Mapping[str, Any]) -> bool:
        return True


class UnwitnessedSend(SendJobOperator):
    """Takes what OVH does not list for what it has not taken."""

    def _write(self, *given: Any) -> BatchWrite:
        write = super()._write(*given)
        write.__class__ = _Unwitnessed
        return write


#: What can be switched off, beside ``intent``, and the operators without it.
WEAK: dict[str, dict[str, type[BaseOperator]]] = {
    "lookup": {"send": BlindSend, "order": BlindOrder},
    "claims": {"send": UnclaimedSend},
    "slot": {"send": UncheckedSend},
    "credits": {"send": UnwitnessedSend},
}
