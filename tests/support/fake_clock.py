"""A clock that only tests move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 3, 10, tzinfo=UTC)


class FakeClock:
    """Time that stands still until a test advances it; sleeping advances it too.

    :param start: the wall clock's first time.
    :param on_sleep: called with the seconds of each sleep, such as to advance a sandbox too.
    """

    def __init__(self, start: datetime = START, *, on_sleep: Callable[[float], object] = lambda seconds: None) -> None:
        self._now = start
        self.on_sleep = on_sleep
        self._monotonic = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps.append(seconds)
        self.advance(seconds)
        self.on_sleep(seconds)

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self.set_wall(seconds)

    def set_wall(self, seconds: float) -> None:
        """Move the wall clock alone, as a person who sets it, or a machine that wakes up."""
        self._now += timedelta(seconds=seconds)
