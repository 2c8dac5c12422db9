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

    def rows_read(self, rows: int, rejected: int) -> None:
        """Report rows classified so far, with the rejects among them."""
        now = self._clock.monotonic()
        if now - self._reported < self._every:
            return
        self._reported = now
        speed = rows / max(now - self._started, 1e-9)
        self._report(f"{rows:,} rows read ({speed:,.0f} rows/s), {rejected:,} rejected so far")

    def restart(self) -> None:
        """Measure from now on: the contact list has been fetched."""
        self._started = self._reported = self._clock.monotonic()
