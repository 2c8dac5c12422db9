"""Events of this package's triggers: a status and a message, also for an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.triggers.base import TriggerEvent

from ovh_sms import errors
from ovh_sms.errors import ApiError


def event(status: str, message: str) -> TriggerEvent:
    """Return the event that ends a wait."""
    return TriggerEvent({"status": status, "message": message})


def error_event(error: Exception) -> TriggerEvent:
    """Return the event of a wait that failed: a trigger that dies would leave its task waiting for nothing."""
    return TriggerEvent({"status": "error", "error": type(error).__name__, "message": str(error)})


def raise_error(payload: Mapping[str, Any]) -> None:
    """Raise the error that an event carries, with its own class, by which the retry policy decides."""
    if payload["status"] == "error":
        raise getattr(errors, payload["error"], ApiError)(payload["message"])
