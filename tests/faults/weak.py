"""Operators that send without looking first: the proof must find out that they send twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ovh_sms.operators.credits import OrderCreditsOperator
from ovh_sms.operators.jobs import SendJobOperator
from ovh_sms.operators.looks import Look
from ovh_sms.operators.order_write import OrderWrite
from ovh_sms.operators.sending_write import SendingWrite


class _BlindSending(SendingWrite):
    def look(self, intent: Mapping[str, Any]) -> Look:
        return Look(at=datetime.now(UTC), found=0)


class _BlindOrdering(OrderWrite):
    def look(self, intent: Mapping[str, Any]) -> Look:
        return Look(at=datetime.now(UTC), found=0)


class BlindSend(SendJobOperator):
    """Finds an intent and sends again."""

    def _write(self, *given: Any) -> SendingWrite:
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
