"""Rows of the outbox for tests."""

from __future__ import annotations

from typing import Any

from ovh_sms.store.outbox_records import QueuedSms

NUMBERS = [f"+3363998{at:04d}" for at in range(10_000)]


def sms(at: int = 0, **changes: Any) -> QueuedSms:
    """One SMS; its number and key follow from its place."""
    given: dict[str, Any] = {
        "key": f"order-{at}",
        "receiver": NUMBERS[at],
        "message": "Votre colis est parti.",
        "sender": "MaBoutique",
        "stop_clause": False,
    }
    return QueuedSms(**{**given, **changes})
