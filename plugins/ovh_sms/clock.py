"""The source of time: the store's wall clock, the monotonic clock of deadlines, and waiting.

OVH's own time, by which it dates messages and orders, comes from :meth:`ovh_sms.api.client.OvhSmsClient.time`.
Code below the operators takes a :class:`Clock` instead of reading the time itself, so that tests need not wait.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC. A person or a time server may set it at any moment."""

    def monotonic(self) -> float:
        """Return seconds that only grow, for deadlines within one process. Compare them with no other clock's."""

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds."""


class SystemClock:
    """This machine's time."""

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds since the machine started, with the time for which it was suspended if it counts that."""
        # On Linux time.monotonic() stands still meanwhile, and a request would be sent long after its deadline.
        with_suspended = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic() if with_suspended is None else time.clock_gettime(with_suspended)

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds."""
        time.sleep(seconds)
