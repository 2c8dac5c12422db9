"""Airflow as the tasks see it, in simulated time: workers, tries, deferrals, a triggerer; both can be restarted.

A restarted triggerer makes its triggers anew from their serialized form. A restarted scheduler runs a task that is
running a second time beside the first: the same try; of the two ends the first one counts.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from faults.deferral import described, trigger_of
from load.virtual_time import Killed, Process, VirtualTime
from ovh_sms.clock import SystemClock
from ovh_sms.hooks.collect_now import tags_to_collect_now
from ovh_sms.hooks.sms import CallClass, OvhSmsHook, client_of
from ovh_sms.sending.account_watch import AccountWatch
from ovh_sms.sending.progress import ProgressNews
from ovh_sms.triggers.events import error_event, event
from ovh_sms.triggers.watching import WatchingTrigger

WORKERS = 4
RETRIES = 3
#: Airflow's own words for a trigger that did not end in time.
FAIL, TIMED_OUT = "__fail__", {"error": "Trigger timeout"}


class TaskFailed(Exception):
    """A task that is not tried again, with its last error."""


@dataclass(frozen=True)
class Task:
    """One task of a run.

    :param make: makes its operator, as each process does.
    :param context: makes its context, by the number of the try.
    """

    make: Callable[[], Any]
    context: Callable[[int], dict[str, Any]]


@dataclass
class Try:
    """One process of a try, and the ends of all that run it."""

    task: Task
    number: int
    method: str | None
    given: dict[str, Any]
    ends: list[Any] = field(default_factory=list)

    def run(self) -> None:
        operator, context = self.task.make(), self.task.context(self.number)
        try:
            if self.method is None:
                result = operator.execute(context)
            else:
                result = operator.resume_execution(self.method, dict(self.given), context)
            self.ends.append(json.loads(json.dumps(result)))
        except Killed:
            raise
        except BaseException as error:
            self.ends.append(error)


class SimulatedAirflow:
    """The workers, and the state of what is deferred."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.triggerer = Triggerer(time)
        self.counts: Counter[str] = Counter()
        self._free = WORKERS
        self._queued: deque[Process] = deque()
        self._to_double = False
        self._away_until = 0.0
        time.before_sleep = self._double

    def restart_scheduler(self, *, away: float) -> None:
        """Dispatch nothing for some seconds; the next task that waits while it runs is dispatched once more."""
        self.counts["scheduler_restarts"] += 1
        self._away_until = self.time.monotonic() + away
        self._to_double = True

    def run(self, task: Task) -> Any:
        """Run a task to its end.

        :raises TaskFailed: it is not tried again.
        """
        operator, number, method, given = task.make(), 1, None, {}
        while True:
            end = self._run_try(Try(task, number, method, given))
            if isinstance(end, TaskDeferred):
                method, given = self.triggerer.wait(end)
            elif not isinstance(end, BaseException):
                return end
            else:
                self.counts["failed_tries"] += 1
                pause = self._pause(operator, end, number)
                self.time.wait(pause.total_seconds())
                number, method, given = number + 1, None, {}

    def _pause(self, operator: Any, error: BaseException, number: int) -> timedelta:
        decision = operator.retry_policy.evaluate(error, number, RETRIES)
        if isinstance(error, AirflowFailException) or decision.action is RetryAction.FAIL or number > RETRIES:
            raise TaskFailed(f"{type(error).__name__}: {error}") from error
        return decision.retry_delay or operator.retry_delay

    def _run_try(self, one: Try) -> Any:
        self._take_worker()
        process = self.time.current
        assert process is not None
        process.about = one
        one.run()
        process.about = None
        self._free += 1
        if self._queued:
            self.time.wake(self._queued.popleft())
        return one.ends[0]

    def _take_worker(self) -> None:
        while True:
            if self.time.monotonic() < self._away_until:
                self.time.wait(self._away_until - self.time.monotonic())
            elif self._free:
                self._free -= 1
                return
            else:
                assert self.time.current is not None
                self._queued.append(self.time.current)
                self.time.wait()

    def _double(self) -> None:
        one = self.time.current and self.time.current.about
        if self._to_double and one and not one.ends:
            self._to_double = False
            self.counts["tasks_run_twice"] += 1
            self.time.start(Try(one.task, one.number, one.method, one.given, one.ends).run)


class Triggerer:
    """Runs the triggers of all deferred tasks, with the package's own watch of the account."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.restarts = 0
        self._ids = count()
        self._rows: dict[int, dict[str, Any]] = {}
        self._events: dict[int, Any] = {}
        self._waiting: dict[int, Process] = {}
        self._new: list[int] = []
        self._process = time.start(self._run)

    def __len__(self) -> int:
        return len(self._rows)

    def wait(self, deferred: TaskDeferred) -> tuple[str, dict[str, Any]]:
        """Wait for the event of a deferred task; returns the method to go on with, and what it gets."""
        number, process = next(self._ids), self.time.current
        assert process is not None
        # Airflow's database holds it as JSON.
        self._rows[number] = row = json.loads(json.dumps(described(deferred)))
        self._waiting[number] = process
        self._new.append(number)
        self.time.wake(self._process)
        ends = deferred.timeout.total_seconds() if deferred.timeout else 10 * 86400.0
        self.time.wait(ends)
        del self._rows[number], self._waiting[number]
        if number not in self._events:
            return FAIL, dict(TIMED_OUT)
        return row["method"], {**row["kwargs"], "event": self._events.pop(number)}

    def restart(self, *, away: float) -> None:
        """Kill it; another one begins after some seconds, with all triggers."""
        self.restarts += 1
        self.time.wake(self._process, kill=True)
        self._process = self.time.start(self._run, after=away)

    def stop(self) -> None:
        self.time.wake(self._process, kill=True)

    def _run(self) -> None:
        self._new = list(self._rows)
        moments: dict[int, datetime] = {}
        earliest: dict[int, float] = {}
        with client_of(OvhSmsHook().settings, call_class=CallClass.POLL) as client:
            watch = AccountWatch(client, clock=SystemClock(), collect_now=tags_to_collect_now)
            while True:
                for number in self._take_new():
                    trigger = trigger_of(self._rows[number])
                    if isinstance(trigger, WatchingTrigger):
                        earliest[number] = self.time.monotonic() + trigger.earliest_after
                        trigger.enter(watch, number)  # type: ignore[arg-type]
                    else:
                        moments[number] = trigger.moment
                for key, news in watch.step() if len(watch) else []:
                    if not isinstance(news, ProgressNews):
                        found = error_event(news) if isinstance(news, Exception) else event(news.status, news.message)
                        self._fire(key, found.payload, after=earliest.pop(key) - self.time.monotonic())
                for number in [each for each, at in moments.items() if at <= self.time.now()]:
                    self._fire(number, moments.pop(number).isoformat())
                pauses = [(at - self.time.now()).total_seconds() for at in moments.values()]
                self.time.wait(max(0.01, min([3600.0, *pauses, *([watch.pause()] if len(watch) else [])])))

    def _take_new(self) -> list[int]:
        taken, self._new = self._new, []
        return [number for number in taken if number in self._rows and number not in self._events]

    def _fire(self, key: Any, payload: Any, *, after: float = 0.0) -> None:
        process = self._waiting.get(key)
        if process is None or key in self._events:
            return
        self._events[key] = payload
        self.time.start(lambda: self.time.wake(process), after=max(0.0, after))
