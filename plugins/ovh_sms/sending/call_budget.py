"""A limit for the calls of something that waits: so many in any minute, spread out once they are many."""

from __future__ import annotations

from collections import deque

#: A little more than a minute, because calls take different times to reach OVH.
PERIOD_SECONDS = 61.0


class CallBudget:
    """Counts calls by a monotonic clock that its user reads.

    Half of the calls of a minute may come at once. From then on each waits as long as those before it are worth.

    :param most: most calls in any minute, at least 1.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._made: deque[float] = deque(maxlen=most)
        self._spaced_until = 0.0

    def wait(self, calls: int, *, at: float) -> float:
        """Return the seconds from now until so many calls may be made.

        :param at: the moment of now.
        """
        calls = min(calls, self.most)
        made = [moment for moment in self._made if moment > at - PERIOD_SECONDS]
        if len(made) + calls > self.most:
            return made[len(made) + calls - self.most - 1] + PERIOD_SECONDS - at
        return max(0.0, self._spaced_until - at) if self.is_busy(calls, at=at) else 0.0

    def is_busy(self, calls: int, *, at: float) -> bool:
        """Whether so many calls more than now are above half of the limit."""
        made = sum(moment > at - PERIOD_SECONDS for moment in self._made)
        return made + calls > self.most / 2

    def count(self, calls: int, *, at: float) -> None:
        """Count calls that were made."""
        self._made.extend([at] * calls)
        self._spaced_until = at + calls * PERIOD_SECONDS / self.most
