"""One try of a task as Airflow dispatches it: its process, its deferrals, and a second process beside it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from faults.children import Child
from faults.hits import Hit, World, last_end
from faults.single import Strike
from faults.tasks import PlannedTry

Ended = dict[str, Any]
Process = Generator[None, None, Ended]


class Dispatcher(World, Protocol):
    """The maker of tries."""

    folder: Path
    #: How often a task has deferred itself.
    waits: int
    hits: list[Hit]

    def happened(self, strike: Strike) -> None:
        """Count a strike around the tasks, not at a try of one."""

    def on_time(self) -> None:
        """Do what is due."""

    def ended(self, planned: PlannedTry) -> None:
        """A process has ended."""


class Dispatch:
    """One try, through its deferrals to its end.

    :param strikes: what hits it.
    """

    def __init__(self, by: Dispatcher, planned: PlannedTry, strikes: list[Strike]) -> None:
        self.by = by
        self.planned = planned
        self.strikes = strikes
        self._ends: list[Ended] = []
        self._running: list[Process] = []
        self._since = time.monotonic()
        clocks = [each.about["offset"] for each in strikes if each.how == "worker_clock"]
        self._clock = clocks[0] if clocks else 0.0

    def run(self) -> Process:
        """Go on until no process of it is left; returns the end that counts."""
        doubles = [each for each in self.strikes if each.how == "twice"]
        self._running = [self._through(replace(self.planned, clock=self._clock), self.strikes)]
        while doubles or self._running:
            if doubles and time.monotonic() >= self._since + doubles[-1].about["delay"]:
                double = doubles.pop()
                if not self._ends:
                    self.by.happened(double)
                self.start_second()
            for each in tuple(self._running):
                try:
                    next(each)
                except StopIteration as end:
                    self._ends.append(end.value)
                    self._running.remove(each)
            yield
        return last_end(self._ends)

    def start_second(self) -> None:
        """Make the same try once more beside the first: a second dispatch."""
        second = replace(self.planned, clock=-self._clock, result=self.planned.result.with_suffix(".second.json"))
        self._running.append(self._through(second, []))

    def _through(self, planned: PlannedTry, strikes: list[Strike]) -> Process:
        """Make a try; if the task defers itself, run its trigger and go on with it."""
        by_phase = {phase: [each for each in strikes if each.during == phase] for phase in ("", "waiting", "resumed")}
        ended = yield from self._process(planned, by_phase[""])
        while "deferred" in ended:
            self.by.waits += 1
            waiting = replace(planned, trigger=ended["deferred"], result=planned.result.with_suffix(".event.json"))
            ended = yield from self._waited(waiting, by_phase["waiting"])
            by_phase["waiting"] = []
            if ended["ok"]:
                resumed = replace(planned, trigger=waiting.trigger, event=ended["value"])
                ended = yield from self._process(resumed, by_phase["resumed"])
                # A kill at a write of the journal waits for the try that comes to it.
                by_phase["resumed"] = [each for each in by_phase["resumed"] if each.how == "state"]
        return ended

    def _waited(self, waiting: PlannedTry, strikes: list[Strike]) -> Process:
        ended = yield from self._process(waiting, [each for each in strikes if each.how != "delayed"])
        while ended.get("error") == "Killed":  # another triggerer takes it over
            ended = yield from self._process(waiting, [])
        for strike in (each for each in strikes if each.how == "delayed"):
            until = time.monotonic() + strike.about["seconds"]
            while time.monotonic() < until:
                yield
            self.by.happened(strike)
        return ended

    def _process(self, planned: PlannedTry, strikes: list[Strike]) -> Process:
        hits = [Hit(self.by, strike) for strike in strikes if strike.how != "twice"]
        self.by.hits += hits
        for hit in hits:
            planned = hit.before(planned)
        child = Child(planned, self.by.folder / "tasks.log")
        seconds = [hit for hit in hits if hit.strike.how in ("frozen", "second")]
        while not child.done():
            yield
            self.by.on_time()
            for hit in hits:
                hit.watch(child)
            if any(hit.count for hit in seconds):
                seconds.clear()
                self.start_second()
        for hit in hits:
            hit.after(child)
        with suppress(OSError):
            self.by.ended(planned)
        return child.ended()
