"""Time for tests in which one thread at a time waits: a wait takes none, and a slow machine changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from ovh_sms.clock import SystemClock
from support.sandbox import SandboxProcess

#: How fast this machine's seconds pass: a test that takes a minute has aged by less than a second.
PACE = 0.01
#: Seconds of the shortest leap: a loop that waits for no time at all gets on too.
SHORTEST = 0.05


class LeapingTime:
    """The time of this process and of its sandbox: both leap over each wait of the product, and of the test.

    The product reads the time from :class:`~ovh_sms.clock.SystemClock` alone; :meth:`installed` makes
    that one this time.
    """

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._sandbox = sandbox
        self._began, self._real = datetime.now(UTC), time.monotonic()
        self._leapt = 0.0
        self._due: list[tuple[float, Callable[[], object]]] = []

    def monotonic(self) -> float:
        return self._real + (time.monotonic() - self._real) * PACE + self._leapt

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self.monotonic() - self._real)

    def sleep(self, seconds: float) -> None:
        seconds = max(seconds, SHORTEST)
        self._sandbox.clock(leap=seconds)  # first, as OVH's time is never later than the product takes it for
        self._leapt += seconds
        for at, happens in [each for each in self._due if each[0] <= self._leapt]:
            self._due.remove((at, happens))
            happens()

    def after(self, seconds: float, happens: Callable[[], object]) -> None:
        """Let something happen while the product waits, once so many seconds have been waited."""
        self._due.append((self._leapt + seconds, happens))

    @contextmanager
    def installed(self) -> Iterator[None]:
        clock = {
            name: lambda _, *given, name=name: getattr(self, name)(*given) for name in ("now", "monotonic", "sleep")
        }
        self._sandbox.clock(pace=PACE)
        try:
            with patch.multiple(SystemClock, **clock):
                yield
            assert not self._due, "nobody waited for so long"
        finally:
            shown = datetime.fromisoformat(self._sandbox.clock(pace=1.0)["machine"])
            self._sandbox.clock(leap=time.time() - shown.timestamp())
