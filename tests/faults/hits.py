"""Hits a try: breaks calls, kills processes at the right moment, ends sandbox and database connections."""

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
from faults.kill_points import RETURNED, KillAt
from faults.outside import Outside
from faults.single import Strike
from faults.tasks import PlannedTry
from support.sandbox import SandboxProcess

#: Seconds after which a held request of a dead process is executed; less than the quiet period.
LATE = 0.5
#: Seconds without connections to PostgreSQL.
AWAY = 1.0
#: Seconds between two questions whether the sandbox holds the call.
ASK_EVERY = 0.04
#: Names in the summary; the sandbox counts broken calls under its own names.
COUNTED_AS = {
    "state": "kill -9",
    "returned": "kill -9",
    "held": "kill -9",
    "later": "kill -9",
    "restart": "sandbox killed",
    "clock": "clock wrong",
    "worker_clock": "worker's clock wrong",
    "second": "dispatched twice",
    "delayed": "resumed late",
    "republished": "list prepared again",
    "frozen": "process frozen",
    "database": "database broken",
    "claiming": "database broken",
    "storage": "document broken",
    "twice": "run twice",
    "topup": "credits topped up",
    "cancel": "run cancelled",
    "folder": "files lost",
    "replaced": "list replaced",
    "early": "resolved too early",
}
#: Credits that a new sandbox's account holds.
CREDITS = 100_000


class World(Protocol):
    """The things that can be hit."""

    sandbox: SandboxProcess
    outside: Outside
    database: Database | None
    #: Faults that held no call in time: calls that they hold later are released.
    strays: list[int]

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        """Call it after some seconds."""


class Hit:
    """One strike at one running try.

    :param strike: the fault.
    """

    def __init__(self, world: World, strike: Strike) -> None:
        self.world = world
        self.sandbox = world.sandbox
        self.strike = strike
        self.count = 0
        self.ordered: int | None = None
        self._held: int | None = None
        self._writes = 0
        self._asked = 0.0

    def before(self, planned: PlannedTry) -> PlannedTry:
        """Get ready; returns the try as it must be started."""
        how, about = self.strike.how, self.strike.about
        if how == "state":
            return replace(planned, kill=KillAt(about["when"], about["method"]))
        if how == "returned":
            return replace(planned, kill=RETURNED)
        if how == "wire":
            self.ordered = self.sandbox.fault(**about)
        elif how in ("clock", "worker_clock"):
            self._writes = _writes(self.sandbox)
            if how == "clock":
                self.sandbox.clock(offset=about["offset"])
        elif how == "topup":
            left = CREDITS + about["credits"] - self.sandbox.truth()["credits"]
            self.sandbox.account(creditsLeft=left)
            self.count += 1
        elif how == "storage":
            self.world.outside.break_next(about["kind"])
        elif how == "claiming" and self.world.database:
            self.world.database.hold_claims()
        elif how in ("held", "restart", "frozen", "second") or (how == "database" and self.world.database):
            kind = about.get("kind", "hold_before")
            more = {"drop": True} if about.get("then") == "drop" else {}
            where = {name: about[name] for name in ("method", "path", "after") if name in about}
            self._held = self.sandbox.fault(kind, seconds=60, **where, **more)
        return planned

    def watch(self, child: Child) -> None:
        """Hit if the moment has come."""
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
        elif how == "second":
            self.count += 1
            self.world.at(about["seconds"], lambda: _quietly(self.sandbox, fault))
            return
        elif how == "frozen":
            self.count += 1
            os.kill(child.pid, signal.SIGSTOP)
            self.world.at(about["seconds"], lambda: _wake(child))
        elif (database := self.world.database) is not None:
            acts = {"away": database.take_none, "cut": database.end_connections, "restart": database.restart}
            self.count += bool(acts[about["then"]]())
            self.world.at(AWAY, database.take_again)
        self.sandbox.release(fault)

    def _at_claim(self, child: Child) -> None:
        database = self.world.database
        if database is None or not database.claiming():
            return
        if self.strike.about["then"] == "kill":
            self.count += child.kill()
        else:
            self.count += database.end_connections(waiting=True)
        database.let_claim()

    def after(self, child: Child) -> None:
        """Count the hit, or remove what did not hit."""
        how = self.strike.how
        if how in ("state", "returned"):
            self.count += child.ended().get("error") == "Killed" if not child.planned.result.exists() else 0
        if how in ("clock", "worker_clock"):
            self.count += _writes(self.sandbox) > self._writes
        if how == "storage":
            if not self.strike.about["kind"].startswith("hold"):
                self.count += self.world.outside.fired.value
            self.world.outside.clear()
        if how == "claiming" and self.world.database:
            self.world.database.let_claim()
        if self._held is not None:
            self.sandbox.release(self._held)
            self.world.strays.append(self._held)


def _writes(sandbox: SandboxProcess) -> int:
    by_call: dict[str, int] = sandbox.calls()["by_call"]
    return sum(count for call, count in by_call.items() if call.startswith(("POST", "PUT", "DELETE")))


def _quietly(sandbox: SandboxProcess, fault: int) -> None:
    with suppress(OSError):
        sandbox.release(fault)


def _wake(child: Child) -> None:
    if not child.done():
        os.kill(child.pid, signal.SIGCONT)


def last_end(ends: list[dict[str, Any]]) -> dict[str, Any]:
    """The end that counts, of one process or of two: the worst one that Airflow would see."""
    crashed = [end for end in ends if not end["ok"] and not end.get("clear", True)]
    failed = [end for end in ends if not end["ok"] and not end.get("final")]
    return (crashed or failed or [end for end in ends if end["ok"]] or ends)[0]
