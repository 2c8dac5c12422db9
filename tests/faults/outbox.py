"""`make faults`, single SMS: queued and sent while writers and workers die at each boundary and calls break.

Each round queues some rows and lets a worker send them; the writer or the worker is killed at one boundary after
another. In between answers are lost, requests are executed after the death of their process, two workers work at once,
and two writers queue the same keys. Every few rounds workers come until no row waits. What came of it is counted from
the sandbox's truth, into build/faults_outbox.json.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from faults.kill_rounds import KillRounds, carried_out, command
from faults.outbox_count import OUTBOX_BREACHES, count_rows
from faults.outbox_world import WEAK, queue, send, surroundings

#: After so many rounds of kills, one of another kind.
KILLS_IN_A_ROW = 4
#: After so many rounds, workers come until no row waits.
SETTLE_AFTER = 10
#: Workers that come to an end at most.
MOST_WORKERS = 120
#: Errors after which the next worker goes on.
AGAIN = ("Unavailable", "DeadlineMissed", "OperationalError", "OutcomeUnknown")
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
DIED = "executed after its process died"
OTHERS = ("answer lost", "reset before", DIED, "workers at once", "writers at once")


class Rounds(KillRounds):
    """Carries out rounds in one world."""

    def __init__(self, home: Path, sandbox: Any, *, weak: str = "") -> None:
        super().__init__(home, sandbox, weak=weak)
        self.wanted: list[tuple[str, str]] = []
        self._boundaries = {"queue": 0, "send": 0}

    @property
    def kills(self) -> int:
        return sum(count for kind, count in self.hits.items() if "killed" in kind or kind == DIED)

    def prepare(self) -> None:
        """Count the boundaries of a writer and of a worker."""
        for number in (-1, 0):
            self._run("queue", self._queue(number))
            self._run("send", send(self.home, self.sandbox, self.weak))
        self.import_modules()
        if self.errors:
            raise SystemExit("\n".join(self.errors))

    def run(self, injected: int, minutes: float) -> None:
        """Carry out rounds until so many faults have hit."""
        ends, kills = time.monotonic() + 60 * minutes, count(1)
        for number in count(1):
            if self.injected >= injected or time.monotonic() > ends:
                break
            if number % (KILLS_IN_A_ROW + 1):
                self._killed(number, next(kills))
            else:
                self._other(number, OTHERS[number // (KILLS_IN_A_ROW + 1) % len(OTHERS)])
            if number % SETTLE_AFTER == 0:
                self.settle()
        self.settle()

    def settle(self) -> None:
        """Let workers come until no row waits."""
        for _ in range(MOST_WORKERS):
            ended = self._run("send", send(self.home, self.sandbox, self.weak))
            if ended is not None and not ended["pending"]:
                return
            time.sleep(0.2)

    def _killed(self, number: int, at: int) -> None:
        writes = self._queue(number)
        every_third = at % 3 == 0
        if every_third:
            self._run("queue", writes, kill_at=1 + (at // 3) % self._boundaries["queue"])
        self._run("queue", writes)
        self._run("send", send(self.home, self.sandbox, self.weak), kill_at=1 + at % self._boundaries["send"])

    def _other(self, number: int, kind: str) -> None:
        """A round in which no process is killed at a boundary."""
        from faults.inbound_child import Task

        (self.home / "beside").mkdir(exist_ok=True)
        if kind == "writers at once":
            other = Task(self._queue(number, wanted=False), self.home / "beside")
            self._run("queue", self._queue(number))
            other.wait()
            self.hits[kind] += 1
        else:
            self._run("queue", self._queue(number))
        if kind in ("answer lost", "reset before"):
            self.sandbox.fault("lost_answer" if kind == "answer lost" else "reset_before", **SUBMIT)
            self.hits[kind] += 1
        worker = send(self.home, self.sandbox, self.weak)
        if kind == DIED:
            self.executed_after_death(kind, worker, SUBMIT)
        elif kind == "workers at once":
            other = Task(worker, self.home / "beside")
            self._run("send", worker)
            other.wait()
            self.hits[kind] += 1
        self._run("send", worker)

    def _queue(self, number: int, *, wanted: bool = True) -> Callable[[], Any]:
        work, rows = queue(self.home, number)
        if wanted:
            self.wanted += rows
        return work

    def _run(self, name: str, work: Callable[[], Any], *, kill_at: int = 0) -> Any:
        """Run a process; returns what it returned, ``None`` if it did not come to that."""
        from faults.inbound_child import Task

        task = Task(work, self.home, kill_at=kill_at)
        ended, reached = task.wait(), task.boundaries()
        if ended.get("killed"):
            self.note_kill(name, reached)
        elif "value" in ended:
            if not self._boundaries[name] or len(self.wanted) <= 8:
                self._boundaries[name] = len(reached)
            return ended["value"]
        elif ended["error"] not in AGAIN:
            self.errors.append(f"{name}: {ended['error']}: {ended['says']}")
        return None

    def counts(self) -> dict[str, int]:
        """Count from the sandbox's truth and the rows."""
        from ovh_sms.store.outbox_queries import OutboxFilter
        from ovh_sms.store.store import Store

        store = Store(f"sqlite:///{self.home}/data/results.sqlite")
        rows = store.outbox.latest(OutboxFilter(), limit=1_000_000)
        messages = self.sandbox.messages(account=self.sandbox.account_name)
        store.close()
        found = count_rows(self.wanted, [(row.receiver, row.message, row.state) for row in rows], messages)
        return {"rows": len(rows), **found, "errors": len(self.errors)}


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Carry out the rounds of one command line; returns the counts."""

    def rounds(home: Path, sandbox: Any) -> Rounds:
        surroundings(home)
        return Rounds(home, sandbox, weak=given.weak)

    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return carried_out(given, "ovh_sms_outbox_", rounds)


def main() -> int:
    return command(
        "faults.outbox",
        __doc__,
        run,
        breaches=OUTBOX_BREACHES,
        counted=("rows",),
        weak=WEAK,
        injected=300,
        minutes=25,
        out="build/faults_outbox.json",
    )


if __name__ == "__main__":
    sys.exit(main())
