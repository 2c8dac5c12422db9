"""Hitting a try: orders broken calls, kills processes at the right moment, stops sandbox and database connections."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from faults.children import Child
from faults.databases import Database
from faults.outside import Outside
from faults.single import Strike
from faults.store import RETURNED, KillAt
from faults.tasks import Job
from support.sandbox import SandboxProcess

#: How much later a held request is executed whose sender is dead; less than the quiet_period time.
LATE = 0.5
#: For so long PostgreSQL takes no connections.
AWAY = 1.0
#: Seconds between two questions whether the sandbox holds the call.
ASK_EVERY = 0.04
#: What it is called in the summary; broken calls are counted by the sandbox, under its own names.
TOLD = {
    "state": "kill -9",
    "returned": "kill -9",
    "held": "kill -9",
    "later": "kill -9",
    "restart": "sandbox killed",
    "clock": "clock wrong",
    "frozen": "process frozen",
    "database": "database broken",
    "claiming": "database broken",
    "storage": "document broken",
    "twice": "run twice",
    "topup": "credits topped up",
    "stop": "run stopped",
    "folder": "files lost",
    "replaced": "list replaced",
    "early": "decided too early",
}
#: Credits that a new sandbox's account holds.
CREDITS = 100_000


class World(Protocol):
    """What can be hit."""

    sandbox: SandboxProcess
    outside: Outside
    database: Database | None
    #: Faults that have held nothing while they were waited for: whatever they hold later is let go.
    strays: list[int]

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something after some seconds."""


class Hit:
    """One strike at one running try.

    :param world: where calls are broken.
    :param strike: what is done.
    """

    def __init__(self, world: World, strike: Strike) -> None:
        self.world = world
        self.sandbox = world.sandbox
        self.strike = strike
        self.count = 0
        self.ordered: int | None = None
        self._held: int | None = None
        self._posts = 0
        self._asked = 0.0

    def before(self, job: Job) -> Job:
        """Get ready; gives the try as it is to be started."""
        how, about = self.strike.how, self.strike.about
        if how == "state":
            return replace(job, kill=KillAt(about["when"], about["write"]))
        if how == "returned":
            return replace(job, kill=RETURNED)
        if how == "wire":
            self.ordered = self.sandbox.fault(**about)
        elif how == "clock":
            self._posts = _posts(self.sandbox)
            self.sandbox.clock(offset=about["offset"])
        elif how == "topup":
            left = CREDITS + about["credits"] - self.sandbox.truth()["credits"]
            self.sandbox.account(creditsLeft=left)
            self.count += 1
        elif how == "storage":
            self.world.outside.break_next(about["kind"])
        elif how == "claiming" and self.world.database:
            self.world.database.hold_claims()
        elif how in ("held", "restart", "frozen") or (how == "database" and self.world.database):
            kind = about.get("kind", "hold_before")
            more = {"drop": True} if about.get("then") == "drop" else {}
            where = {name: about[name] for name in ("method", "path", "after") if name in about}
            self._held = self.sandbox.fault(kind, seconds=60, **where, **more)
        return job

    def look(self, child: Child) -> None:
        """Hit where the moment has come."""
        how, about = self.strike.how, self.strike.about
        if how == "later" and self.count == 0 and time.monotonic() - child.since > about["seconds"]:
            self.count += child.kill()
        if time.monotonic() - self._asked < ASK_EVERY:
            return
        self._asked = time.monotonic()
        if how == "storage" and about["kind"].startswith("hold") and self.world.outside.holding.is_set():
            self.count += child.kill()
            self.world.outside.go.set()
        elif how == "claiming" and not self.count:
            self._at_claim(child)
        elif self._held is not None and self.sandbox.holding(self._held):
            fault, self._held = self._held, None
            self._at_call(child, fault)

    def _at_call(self, child: Child, fault: int) -> None:
        """The sandbox holds the call."""
        how, about = self.strike.how, self.strike.about
        if how == "held":
            self.count += child.kill()
            if about["then"] == "late":
                self.world.at(LATE, lambda: _quietly(self.sandbox, fault))
                return
        elif how == "restart":
            self.sandbox.kill()
            self.sandbox.start()
            self.count += 1
            return
        elif how == "frozen":
            self.count += 1
            os.kill(child.pid, signal.SIGSTOP)
            self.world.at(about["seconds"], lambda: _wake(child))
        elif (database := self.world.database) is not None:
            self.count += bool(
                database.take_none() if about["then"] == "away" else database.end_connections()
            )
            self.world.at(AWAY, database.take_again)
        self.sandbox.release(fault)

    def _at_claim(self, child: Child) -> None:
        """The database keeps the process waiting for its claim."""
        database = self.world.database
        if database is None or not database.claiming():
            return
        if self.strike.about["then"] == "kill":
            self.count += child.kill()
        else:
            self.count += database.end_connections(waiting=True)
        database.let_claim()

    def after(self, child: Child) -> None:
        """Count, and tidy up what has not come to pass."""
        how = self.strike.how
        if how in ("state", "returned"):
            self.count += child.ended().get("error") == "Killed" if not child.job.result.exists() else 0
        if how == "clock":
            self.count += _posts(self.sandbox) > self._posts
        if how == "storage":
            if not self.strike.about["kind"].startswith("hold"):
                self.count += self.world.outside.fired.value
            self.world.outside.clear()
        if how == "claiming" and self.world.database:
            self.world.database.let_claim()
        if self._held is not None:
            self.sandbox.release(self._held)
            self.world.strays.append(self._held)


def _posts(sandbox: SandboxProcess) -> int:
    """Count the writes that have reached the sandbox: while its clock is wrong they are what it can do harm to."""
    by_call: dict[str, int] = sandbox.calls()["by_call"]
    return sum(count for call, count in by_call.items() if call.startswith(("POST", "PUT", "DELETE")))


def _quietly(sandbox: SandboxProcess, fault: int) -> None:
    with suppress(OSError):
        sandbox.release(fault)


def _wake(child: Child) -> None:
    if not child.done():
        os.kill(child.pid, signal.SIGCONT)


def outcome(children: list[Child]) -> dict[str, Any]:
    """How a try ended that ran in several processes: Airflow hears of the last one that ends, here of a failure."""
    ends = [child.ended() for child in children]
    crashed = [end for end in ends if not end["ok"] and not end.get("clear", True)]
    failed = [end for end in ends if not end["ok"] and not end.get("final")]
    return (crashed or failed or [end for end in ends if end["ok"]] or ends)[0]
