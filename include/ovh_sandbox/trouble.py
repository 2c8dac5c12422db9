"""The control side of faults, the limit on calls and the count of calls."""

from typing import Any

from fastapi import APIRouter, HTTPException

from .faults import FaultOrder
from .models import Strict
from .sandbox import Box

router = APIRouter()


class Limit(Strict):
    """Calls per minute and key; None lifts the limit."""

    per_minute: int | None = None
    retry_after: bool = True


@router.post("/faults")
def add_fault(box: Box, order: FaultOrder) -> dict[str, int]:
    return {"id": box.faults.add(order)}


@router.get("/faults")
def faults(box: Box) -> list[dict[str, Any]]:
    return [fault.shown() for fault in box.faults.known]


@router.delete("/faults")
def clear_faults(box: Box) -> None:
    """Clear all faults and let their held calls go; those that fired stay counted."""
    box.faults.clear()


@router.get("/faults/fired")
def fired(box: Box) -> dict[str, Any]:
    """How often faults fired since the world began, by kind; clearing them and a restart change nothing."""
    by_kind = box.faults.by_kind()
    return {"total": sum(by_kind.values()), "by_kind": by_kind}


@router.post("/faults/{number}/release")
def release(box: Box, number: int) -> dict[str, int]:
    """Let the calls go that a fault holds right now."""
    found = box.faults.find(number)
    if found is None:
        raise HTTPException(404, f"no fault {number}")
    return {"released": found.release()}


@router.post("/rate_limit")
def rate_limit(box: Box, limit: Limit) -> None:
    box.limit.set(limit.per_minute, retry_after=limit.retry_after)


@router.get("/calls")
def calls(box: Box) -> dict[str, Any]:
    """How often each call of the API was made since the start or the last reset, and how many the limit refused."""
    return {
        "total": box.calls.total(),
        "refused": box.limit.refused,
        "by_call": dict(sorted(box.calls.items())),
        "by_account": dict(sorted(box.calls_of_account.items())),
    }


@router.delete("/calls")
def reset_calls(box: Box) -> None:
    box.calls.clear()
    box.calls_of_account.clear()
    box.limit.refused = 0
