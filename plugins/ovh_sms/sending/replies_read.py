"""Has a batch wait until the replies of its account are read: one of them may be a STOP that OVH's list does not hold.

Replies are read by a room above this one. So the write only says that it needs them, and is run again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.idempotency.remote_write import WriteWait

if TYPE_CHECKING:
    from ovh_sms.clock import Clock

#: What was read counts for so long: reading the list of opt-outs and asking for the tag come after it.
LASTS = timedelta(minutes=2)


class RepliesUnread(WriteWait):
    """The replies of the account must be read right before the batch is submitted. Nothing is claimed yet."""

    def __init__(self) -> None:
        super().__init__("The replies of the account are read before the batch is submitted.")


@dataclass
class RepliesRead:
    """Knows when this process last read the replies of the account."""

    _at: float | None = field(default=None, init=False)

    def check(self, clock: Clock) -> None:
        """Have the batch wait if they are not read, or were read too long ago.

        :raises RepliesUnread: they are to be read now.
        """
        if self._at is None or clock.monotonic() - self._at > LASTS.total_seconds():
            raise RepliesUnread

    def note(self, clock: Clock) -> None:
        """Note that they are read."""
        self._at = clock.monotonic()
