"""The limit on calls per minute."""

from collections import deque


class RateLimit:
    """At most so many calls within any sixty seconds, for each key."""

    def __init__(self) -> None:
        self.per_minute: int | None = None
        self.retry_after = True
        self.refused = 0
        self._calls: dict[str, deque[float]] = {}

    def set(self, per_minute: int | None, *, retry_after: bool) -> None:
        """Set the limit, or lift it by None; the count starts anew."""
        self.per_minute, self.retry_after = per_minute, retry_after
        self._calls.clear()

    def wait(self, key: str, now: float) -> int:
        """Return 0 if the call may pass at the machine's moment, else the whole seconds until the next may."""
        if self.per_minute is None:
            return 0
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) < self.per_minute:
            calls.append(now)
            return 0
        self.refused += 1
        return max(1, int(calls[0] + 60 - now + 0.999)) if calls else 60
