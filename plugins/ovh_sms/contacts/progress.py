"""Progress of a long preparation, one sentence now and then."""

from __future__ import annotations

from collections.abc import Callable

from ovh_sms.clock import Clock, SystemClock


class Progress:
    """Reports rows, rows per second and rejects so far, but not too often.

    :param report: called with each sentence.
    :param every: seconds between two sentences at least.
    """

    def __init__(self, report: Callable[[str], None], *, every: float = 10.0, clock: Clock | None = None) -> None:
        self._report = report
        self._every = every
        self._clock = clock or SystemClock()
        self._started = self._reported = self._clock.monotonic()

    def rows_copied(self, rows: int) -> None:
        """Report rows copied so far, before any is classified."""
        self._say(rows, "copied", "")

    def rows_read(self, rows: int, rejected: int) -> None:
        """Report rows classified so far, with the rejects among them."""
        self._say(rows, "read", f", {rejected:,} rejected so far")

    def restart(self) -> None:
        """Measure from now on, for another pass over the contact list."""
        self._started = self._reported = self._clock.monotonic()

    def _say(self, rows: int, done: str, rest: str) -> None:
        now = self._clock.monotonic()
        if now - self._reported < self._every:
            return
        self._reported = now
        speed = rows / max(now - self._started, 1e-9)
        self._report(f"{rows:,} rows {done} ({speed:,.0f} rows/s){rest}")
