"""Time whose waits are skipped. Processes are threads, one runs at a time, and waiting takes no time.

The product reads the time from :class:`~ovh_sms.clock.SystemClock` alone; :meth:`VirtualTime.installed` makes that one
this time, and that of Airflow's own trigger of a pause. The seconds in which a process computes go by as they do.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

from airflow.providers.standard.triggers import temporal

from ovh_sms.clock import SystemClock


class Killed(BaseException):
    """The process was killed while it waited."""


class Process:
    """One simulated process; it starts at its first turn."""

    def __init__(self, target: Callable[[], object]) -> None:
        self._target = target
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.go, self.back = threading.Event(), threading.Event()
        self.ticket = 0
        self.is_woken = self.is_killed = self.has_ended = False
        self.error: BaseException | None = None
        #: The user's own note of what it does.
        self.about: Any = None

    def resume(self) -> None:
        """Let it run until it waits or ends."""
        self.back.clear()
        self.go.set()
        if self.thread.ident is None:
            self.thread.start()
        self.back.wait()

    def _run(self) -> None:
        self.go.wait()
        self.go.clear()
        try:
            self._target()
        except Killed:
            pass
        except BaseException as error:
            self.error = error
        self.has_ended = True
        self.back.set()


class VirtualTime:
    """The time of all processes.

    :param on_leap: called with all seconds skipped so far, whenever some are skipped.
    """

    def __init__(self, on_leap: Callable[[float], object]) -> None:
        self.skipped = 0.0
        self.before_sleep: Callable[[], object] = lambda: None
        self._on_leap = on_leap
        self._waiting: list[tuple[float, int, Process, int]] = []
        self._numbers = count()
        self.current: Process | None = None

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.skipped)

    def monotonic(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.before_sleep()
        self.wait(seconds)

    def start(self, target: Callable[[], object], *, after: float = 0.0) -> Process:
        process = Process(target)
        self._put(process, self.monotonic() + after)
        return process

    def wait(self, seconds: float = math.inf) -> bool:
        """Wait within a process; returns whether it was woken before."""
        process = self.current
        assert process is not None
        assert process.thread is threading.current_thread()
        process.ticket += 1
        if seconds < math.inf:
            self._put(process, self.monotonic() + seconds)
        process.back.set()
        process.go.wait()
        process.go.clear()
        if process.is_killed:
            raise Killed
        woken, process.is_woken = process.is_woken, False
        return woken

    def wake(self, process: Process, *, kill: bool = False) -> None:
        """End the wait of a process, or the process itself."""
        process.is_woken, process.is_killed = True, kill
        process.ticket += 1
        self._put(process, self.monotonic())

    def run(self, *, until: float) -> None:
        """Go on until no process waits for a moment any more, or that moment of :meth:`monotonic` has come."""
        while self._waiting:
            at, _, process, ticket = heapq.heappop(self._waiting)
            if ticket != process.ticket or process.has_ended:
                continue
            if at > until:
                return
            if at > self.monotonic():
                self.skipped += at - self.monotonic()
                self._on_leap(self.skipped)
            self.current = process
            process.resume()
            self.current = None
            if process.error is not None:
                raise process.error

    def _put(self, process: Process, at: float) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), process, process.ticket))

    @contextmanager
    def installed(self) -> Iterator[None]:
        clock = {
            name: lambda _, *given, name=name: getattr(self, name)(*given) for name in ("now", "monotonic", "sleep")
        }
        with patch.multiple(SystemClock, **clock), patch.object(temporal.timezone, "utcnow", self.now):
            yield
