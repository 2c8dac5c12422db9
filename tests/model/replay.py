"""Replays a way through the model against the real protocol and journal, step by step, and compares after each."""

from __future__ import annotations

import dataclasses
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from model.protocol_model import Model
from model.states import FIRST, Row, State, Step
from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.idempotency.unknown_outcome import UnknownOutcome
from ovh_sms.store.models import Attempt
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.fake_remote import IDENTITY, PEOPLE, FakeOvh, FakeTask, Killed

POLICY = ReconcilePolicy(quiet_period=timedelta(seconds=60), reconcile_timeout=timedelta(seconds=100))
QUIET_PERIOD = 62.0
NEVER = 1e12
ANOTHER = dataclasses.replace(IDENTITY, tag="other", run_id="other", message_digest="other")


class PausingJournal(Journal):
    """A journal that pauses before each of its transactions."""

    pause: Callable[[str], None]

    def claim(self, snapshot: Mapping[str, Any]) -> Attempt | None:
        self.pause("claim")
        return super().claim(snapshot)

    def succeed(self, attempt: Attempt, answer: Mapping[str, Any], message_ids: Sequence[int] | None = None) -> None:
        self.pause("succeed")
        super().succeed(attempt, answer, message_ids)

    def mark_not_executed(self, attempt: Attempt) -> None:
        self.pause("close")
        super().mark_not_executed(attempt)

    def mark_refused(self, attempt: Attempt) -> None:
        self.pause("refuse")
        super().mark_refused(attempt)

    def ask(self, attempt: Attempt, question: UnknownOutcome) -> None:
        self.pause("ask")
        super().ask(attempt, question)


class Worker:
    """One process of the task, in a thread that runs from one pause to the next."""

    def __init__(self, task: FakeTask) -> None:
        self._commands: queue.Queue[str] = queue.Queue()
        self._reached: queue.Queue[tuple[str, str]] = queue.Queue()
        on = {name: lambda name=name: self._pause(name) for name in ("precheck", "snapshot", "post", "observe")}
        self.write = task.write(**on)
        self.write.journal.pause = self._pause  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._run, args=(task,), daemon=True)
        self._thread.start()

    def go(self, command: str, result: str = "") -> tuple[str, str]:
        """Run to the next pause.

        :returns: the step before which it is paused, and the end of the process if it ended.
        """
        self.write.result = result or "ok"
        self._commands.put(command)
        reached = self._reached.get(timeout=60)
        if reached[1]:
            self._thread.join(60)
        return reached

    def _pause(self, name: str) -> None:
        self._reached.put((name, ""))
        self._obey()

    def _obey(self) -> None:
        if self._commands.get() == "kill":
            raise Killed

    def _run(self, task: FakeTask) -> None:
        try:
            self._obey()
            task.run(self.write, deferrable=True)
            self._reached.put(("idle", "answer"))
        except BaseException as error:
            self._reached.put(("idle", type(error).__name__))


class Replay:
    """The real protocol and journal beside the model."""

    def __init__(self, store: Store, clock: FakeClock, number: int) -> None:
        """Give the task instance a number: several replays may use one store."""
        self.ovh = FakeOvh(clock)
        self.ovh.listed_late = NEVER
        names = {"tag": f"t{number}", "campaign": f"c{number}", "run_id": f"r{number}", "account": f"a{number}"}
        self.task = FakeTask(ovh=self.ovh, store=store, policy=POLICY, journal_class=PausingJournal).but(**names)
        self.workers: dict[int | str, Worker] = {}

    def run(self, way: Sequence[Step], model: Model) -> State:
        """Take every step in both, and compare.

        :returns: the model's last state.
        """
        state = FIRST
        try:
            for at, step in enumerate(way):
                state = next(after for label, after in model.steps(state) if label == step)
                self._take(step, state)
                assert self._shown() == _expected(state), (at, step, way)
        finally:
            for worker in self.workers.values():
                worker.go("kill")
        return state

    def _take(self, step: Step, state: State) -> None:
        if isinstance(step.by, str):
            self._around(step)
            return
        worker = self.workers.pop(step.by) if step.name != "start" else Worker(self.task)
        reached = worker.go("kill" if step.name == "kill" else "go", step.choice)
        assert reached == (state.processes[step.by].at, step.ends), step
        if not step.ends:
            self.workers[step.by] = worker

    def _around(self, step: Step) -> None:
        match step.name:
            case "executes":
                self.ovh.land()
            case "drops":
                self.ovh.under_way.clear()
            case "lists" | "lists_other":
                for message in self.ovh.messages:
                    if (message.tag == ANOTHER.tag) == (step.name == "lists_other"):
                        message.listed_at = 0
            case "sends":
                self.ovh.accept(ANOTHER, ["somebody"])
            case "cancels":
                self.task.cancel()
            case "resolves":
                self.task.resolve("sent" if step.choice == "sent" else "send", although=step.choice == "although")
            case "quiet_period":
                self.ovh.clock.advance(QUIET_PERIOD)

    def _shown(self) -> tuple[list[tuple[str, object, object]], int]:
        rows = [(each.state, *_question(each)) for each in self.task.attempts]
        own = sum(each.tag != ANOTHER.tag for each in self.ovh.messages)
        return rows, own // len(PEOPLE)


def _question(attempt: Attempt) -> tuple[object, object]:
    if attempt.state != "unknown" or attempt.question is None:
        return None, None
    return attempt.question["credits_missing"], _way(attempt)


def _way(attempt: Attempt) -> str | None:
    if attempt.resolution is None:
        return None
    return "although" if attempt.resolution["although_credits_are_gone"] else str(attempt.resolution["way"])


def _expected_question(row: Row) -> tuple[object, object]:
    return (row.asked_with_credits_missing, row.resolution) if row.state == "unknown" else (None, None)


def _expected(state: State) -> tuple[list[tuple[str, object, object]], int]:
    rows = [
        (row.state, row.asked_with_credits_missing, row.resolution)
        if row.state == "unknown"
        else (row.state, None, None)
        for row in state.rows
    ]
    return rows, sum(made in ("hidden", "listed") for made in state.made)
