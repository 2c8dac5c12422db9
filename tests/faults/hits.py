"""Hitting a try: orders broken calls, kills processes at the right moment, stops and restarts the sandbox."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from faults.children import Child
from faults.single import Strike
from faults.store import KillAt
from faults.tasks import Job
from support.sandbox import SandboxProcess

#: How much later a held request is executed whose sender is dead; less than the settling time.
LATE = 0.5
#: Seconds between two questions whether the sandbox holds the call.
ASK_EVERY = 0.04


class Hit:
    """One strike at one running try.

    :param sandbox: where calls are broken.
    :param strike: what is done.
    :param later: takes something to do after some seconds.
    """

    def __init__(
        self, sandbox: SandboxProcess, strike: Strike, later: Callable[[float, Callable[[], None]], None]
    ) -> None:
        self.sandbox = sandbox
        self.strike = strike
        self.later = later
        self.count = 0
        self._fault: int | None = None
        self._asked = 0.0

    def before(self, job: Job) -> Job:
        """Get ready; gives the try as it is to be started."""
        how, about = self.strike.how, self.strike.about
        if how == "state":
            return replace(job, kill=KillAt(about["when"], about["write"]))
        if how == "wire":
            self.sandbox.fault(**about)
        elif how == "clock":
            self.sandbox.clock(offset=about["offset"])
            self.count += 1
        elif how in ("held", "restart", "frozen"):
            kind = about.get("kind", "hold_before")
            more = {"drop": True} if about.get("then") == "drop" else {}
            where = {"method": about["method"], "path": about["path"]}
            self._fault = self.sandbox.fault(kind, seconds=60, **where, **more)
        return job

    def look(self, child: Child) -> Generator[None, None, None] | None:
        """Hit where the moment has come; gives what else is to be done, if anything takes time."""
        how, about = self.strike.how, self.strike.about
        if how == "later" and self.count == 0 and time.monotonic() - child.since > about["seconds"]:
            self.count += child.kill()
        if self._fault is None or time.monotonic() - self._asked < ASK_EVERY:
            return None
        self._asked = time.monotonic()
        if not self.sandbox.holding(self._fault):
            return None
        fault, self._fault = self._fault, None
        if how == "held":
            self.count += child.kill()
            self._release(fault, about["then"])
        elif how == "restart":
            self.sandbox.kill()
            self.sandbox.start()
            self.count += 1
        else:
            self.count += 1
            os.kill(child.pid, signal.SIGSTOP)
            self.sandbox.release(fault)
            self.later(about["seconds"], lambda: _wake(child))
        return None

    def after(self, child: Child) -> None:
        """Count, and tidy up what has not come to pass."""
        if self.strike.how == "state":
            self.count += child.ended()["error"] == "Killed" if not child.job.result.exists() else 0
        if self._fault is not None:
            self.sandbox.release(self._fault)

    def _release(self, fault: int, then: str) -> None:
        if then == "late":
            self.later(LATE, lambda: _quietly(self.sandbox, fault))
        else:
            self.sandbox.release(fault)


def _quietly(sandbox: SandboxProcess, fault: int) -> None:
    with suppress(OSError):
        sandbox.release(fault)


def _wake(child: Child) -> None:
    if not child.done():
        os.kill(child.pid, signal.SIGCONT)


def strikes_at(
    sandbox: SandboxProcess, strikes: list[Strike], later: Callable[[float, Callable[[], None]], None]
) -> list[Hit]:
    """Make the hits of one try; running it twice is none that waits."""
    return [Hit(sandbox, strike, later) for strike in strikes if strike.how != "twice"]


def outcome(children: list[Child]) -> dict[str, Any]:
    """How a try ended that ran in several processes: Airflow hears of the last one that ends, here of a failure."""
    ends = [child.ended() for child in children]
    crashed = [end for end in ends if not end["ok"] and not end["clear"]]
    failed = [end for end in ends if not end["ok"] and not end["final"]]
    return (crashed or failed or [end for end in ends if end["ok"]] or ends)[0]
