"""How fast a long list is being prepared, in words."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Tells rows, rows per second and rejects so far, not more often than asked for.

    :param tell: takes the sentence.
    :param every: seconds between two sentences at least.
    :param clock: seconds; the system's monotonic clock but for tests.
    """

    def __init__(
        self, tell: Callable[[str], None], *, every: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._every = every
        self._clock = clock
        self._started = self._told = clock()

    def copied(self, rows: int) -> None:
        """Rows copied so far, before any is judged.

        :param rows: rows of the source.
        """
        self._say(rows, "copied", "")

    def prepared(self, rows: int, rejected: int) -> None:
        """Rows judged so far.

        :param rows: rows of the list.
        :param rejected: those of them that get no SMS.
        """
        self._say(rows, "read", f", {rejected:,} rejected so far")

    def restart(self) -> None:
        """Begin another pass over the list."""
        self._started = self._told = self._clock()

    def _say(self, rows: int, done: str, rest: str) -> None:
        now = self._clock()
        if now - self._told < self._every:
            return
        self._told = now
        speed = rows / max(now - self._started, 1e-9)
        self._tell(f"{rows:,} rows {done} ({speed:,.0f} rows/s){rest}")
