"""Calls per minute: one client never asks OVH more often than its connection allows."""

from __future__ import annotations

import time
from collections.abc import Callable


class TokenBucket:
    """Spread calls so that no 60 seconds hold more of them than allowed.

    A short burst is let through at once (a sixth of the minute's calls), then calls are spaced evenly. The burst is
    taken off the rate, so burst and refill together stay within the limit.

    :param calls_per_minute: most calls in any 60 seconds, at least 1.
    :param clock: seconds that never go back.
    :param sleep: waits a number of seconds.
    """

    def __init__(
        self,
        calls_per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.burst = max(1, calls_per_minute // 6)
        self.per_second = (calls_per_minute if self.burst == 1 else calls_per_minute - self.burst) / 60
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(self.burst)
        self._seen = clock()

    def acquire(self) -> float:
        """Wait until one more call is allowed, and take it.

        :returns: seconds waited.
        """
        now = self._clock()
        self._tokens = min(float(self.burst), self._tokens + (now - self._seen) * self.per_second)
        self._seen = now
        # The call is booked first: the debt is what has to be waited for.
        self._tokens -= 1
        wait = max(0.0, -self._tokens / self.per_second)
        if wait:
            self._sleep(wait)
        return wait
