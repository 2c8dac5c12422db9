"""Watches the receivers slots of one account for all uploads that wait for a free one: one read serves them all."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.errors import Unavailable
from ovh_sms.sending.progress import WaitEnd

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock

#: Least seconds between two reads, so that calls are left for the delivery receipts.
LEAST_SECONDS = 5.0


@dataclass(frozen=True)
class _Upload:
    """One upload that waits, from ``since`` on the monotonic clock."""

    poll_interval: float
    deadline: datetime
    since: float


class SlotsWatch:
    """Ends as many waits as there are free slots, the longest first: the others would only find them taken.

    Source: GET ``/sms/{serviceName}/receivers``.
    """

    def __init__(self, client: OvhSmsClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._uploads: dict[Hashable, _Upload] = {}
        self._read_at = -math.inf

    def __len__(self) -> int:
        """Return the number of uploads that wait."""
        return len(self._uploads)

    def add(self, key: Hashable, *, poll_interval: float, deadline: datetime) -> None:
        """Wait for one upload more.

        :param poll_interval: seconds between two reads, and before the first that may end this wait.
        """
        self._uploads[key] = _Upload(poll_interval, deadline, self._clock.monotonic())

    def remove(self, key: Hashable) -> None:
        """Forget an upload."""
        self._uploads.pop(key, None)

    def due(self) -> float:
        """Return the moment of the next read, on the monotonic clock; infinite if nothing waits."""
        moments = [max(each.since, self._read_at) + each.poll_interval for each in self._uploads.values()]
        return max(min(moments, default=math.inf), self._read_at + LEAST_SECONDS)

    def deadline(self) -> datetime | None:
        """Return the earliest deadline."""
        return min((each.deadline for each in self._uploads.values()), default=None)

    def cost(self) -> int:
        """Return the calls of the next read."""
        return 1

    def ends(self) -> Iterator[tuple[Hashable, WaitEnd]]:
        """Yield the waits whose deadline has come."""
        now = self._clock.now()
        for key, upload in list(self._uploads.items()):
            if now >= upload.deadline:
                yield key, WaitEnd("deadline", "The deadline has come and all receivers slots are in use.")

    def read(self) -> Iterator[tuple[Hashable, WaitEnd | Exception]]:
        """Read the slots in use once, and yield the waits that are over; with the error if OVH refuses the read.

        :raises Unavailable: OVH cannot be reached; a later read goes on.
        """
        from ovh_sms.api.receivers import SLOTS

        self._read_at = now = self._clock.monotonic()
        try:
            used = len(self._client.receivers.ids())
        except Unavailable:
            raise
        except Exception as error:
            for key in list(self._uploads):
                yield key, error
            return
        waiting = [key for key, each in self._uploads.items() if now >= each.since + each.poll_interval]
        for key in waiting[: max(0, len(SLOTS) - used)]:
            yield key, WaitEnd("free", f"{used} of {len(SLOTS)} receivers slots are in use.")
