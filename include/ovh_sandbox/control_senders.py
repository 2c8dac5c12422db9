"""The control side of senders: what a moderator of OVH, or time, makes of them."""

from typing import Any, Literal

from fastapi import APIRouter, HTTPException

from .errors import Refusal
from .models import Strict
from .sandbox import Box
from .world import senders

router = APIRouter()


class SenderChanges(Strict):
    """A sender's new status and the moderator's comment; ``expires_in`` are simulated seconds until it is disabled."""

    status: Literal["enable", "disable", "refused", "waitingValidation"] | None = None
    comment: str | None = None
    expires_in: float | None = None


@router.get("/accounts/{name}/senders")
def every_sender(box: Box, name: str) -> list[dict[str, Any]]:
    """Every sender with the code that a number was sent, and how often it was requested."""
    return senders.truth(box, name)


@router.patch("/accounts/{name}/senders/{sender}")
def change_sender(box: Box, name: str, sender: str, changes: SenderChanges) -> None:
    """Decide about a sender as a moderator does, or let its time end."""
    try:
        senders.decide(box, name, sender, changes.model_dump(exclude_unset=True))
    except Refusal as refusal:
        raise HTTPException(refusal.status, refusal.message) from None
