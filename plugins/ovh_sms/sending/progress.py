"""How far a sending is, from a few counting calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient

#: Delivery receipts that do not change any more: delivered, failed, error.
FINAL_RECEIPTS = (1, 2, 16)


@dataclass(frozen=True)
class Progress:
    """Counts of one sending at one moment.

    :param expected: receivers OVH accepted.
    :param listed: messages OVH lists as outgoing; those it still holds back are not among them.
    :param done: messages whose delivery receipt is final.
    """

    expected: int
    listed: int
    done: int

    @property
    def final(self) -> bool:
        """Whether every message has its final delivery receipt."""
        return self.done >= self.expected

    def __str__(self) -> str:
        pending, held = max(0, self.listed - self.done), max(0, self.expected - self.listed)
        return f"{self.done} of {self.expected} messages final, {pending} pending, {held} not yet sent"


def look(client: OvhSmsClient, *, tag: str, expected: int) -> Progress:
    """Count how far a sending is.

    :param client: the account's client.
    :param tag: the sending's tag.
    :param expected: receivers OVH accepted.
    :returns: the counts.

    Rests on GET /sms/{serviceName}/outgoing with the filters tag and deliveryReceipt.
    """
    listed = client.outgoing.count(tag=tag)
    # Finals are counted, as a message could hop from one open receipt to another between two calls.
    done = sum(client.outgoing.count(tag=tag, delivery_receipt=receipt) for receipt in FINAL_RECEIPTS)
    return Progress(expected=expected, listed=listed, done=done)
