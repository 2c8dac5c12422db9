"""How far a sending is, from a few counting calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient

#: Delivery receipts of messages whose fate is still open: being created, pending, buffered.
PENDING_RECEIPTS = (0, 4, 8)


@dataclass(frozen=True)
class Progress:
    """Counts of one sending at one moment.

    :param expected: receivers OVH accepted.
    :param listed: messages OVH lists as outgoing; those it still holds back are not among them.
    :param pending: listed messages whose delivery receipt is not final.
    """

    expected: int
    listed: int
    pending: int

    @property
    def final(self) -> bool:
        """Whether every message has its final delivery receipt."""
        return self.listed >= self.expected and self.pending == 0

    def __str__(self) -> str:
        done = self.listed - self.pending
        held = max(0, self.expected - self.listed)
        return f"{done} of {self.expected} messages final, {self.pending} pending, {held} not yet sent"


def look(client: OvhSmsClient, *, tag: str, expected: int) -> Progress:
    """Count how far a sending is.

    :param client: the account's client.
    :param tag: the sending's tag.
    :param expected: receivers OVH accepted.
    :returns: the counts.

    Rests on GET /sms/{serviceName}/outgoing with the filters tag and deliveryReceipt.
    """
    listed = client.count_outgoing(tag=tag)
    pending = sum(client.count_outgoing(tag=tag, delivery_receipt=receipt) for receipt in PENDING_RECEIPTS)
    return Progress(expected=expected, listed=listed, pending=pending)
