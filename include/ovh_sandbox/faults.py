"""Faults on demand: which call each of them hits, and how often it has."""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from .models import Strict
from .state import State

Kind = Literal[
    "lost_answer",
    "reset_before",
    "reset_after",
    "status",
    "html_502",
    "slow",
    "half_body",
    "wrong_json",
    "trickle",
    "hold_before",
    "hold_after",
    "late_listing",
    "partial",
    "proxy_4xx",
    "repeat",
]
# Kinds whose call is not executed.
INSTEAD = frozenset({"reset_before", "status", "html_502"})
JOBS = "/sms/*/jobs"
BATCHES = "/sms/*/batches"
# Kinds that hit only these POST calls, also if the order names more calls.
ONLY = {
    "late_listing": (
        *(JOBS, BATCHES, "/order/sms/*/credits", "/me/order/*/pay", "/sms/*/transferCredits"),
        *("/sms/*/senders", "/sms/*/hlr"),
    ),
    "partial": (JOBS, BATCHES, "/sms/*/hlr"),
}
STATUSES = {"proxy_4xx": 403}
SECONDS = {"hold_before": 60.0, "hold_after": 60.0, "late_listing": 20.0}


class FaultOrder(Strict):
    """A fault as it is ordered on the control side.

    ``times`` None is without end; ``seconds`` None is the kind's own: 60 for a held call, 20 for a late listing, or 5.
    ``status`` None is 403 for a proxy's refusal, or 500; ``page`` is the form of a proxy's refusal.
    With a ``chance`` below 1 each call that matches draws from ``seed``, the n-th call the same in every run.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    after: int = 0
    seconds: Annotated[float | None, Field(ge=0)] = None
    retry_after: int | None = None
    status: int | None = None
    page: Literal["html", "json"] = "html"
    chance: Annotated[float, Field(ge=0, le=1)] = 1.0
    seed: int = 0
    answer: Literal["sent", "lost"] = "sent"
    share: Annotated[float | None, Field(ge=0, le=1)] = None
    count: Annotated[int | None, Field(ge=0)] = None
    drop: bool = False

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if self.kind == "partial" and (self.share is None) == (self.count is None):
            raise ValueError("a partial job needs either share or count")
        if self.kind == "proxy_4xx" and not 400 <= self.answered < 500:
            raise ValueError("a proxy's refusal has a status from 400 to 499")
        return self

    @property
    def lasts(self) -> float:
        """Its duration in real seconds."""
        return SECONDS.get(self.kind, 5.0) if self.seconds is None else self.seconds

    @property
    def answered(self) -> int:
        """The status that it answers with."""
        return STATUSES.get(self.kind, 500) if self.status is None else self.status

    def matches(self, method: str, path: str) -> bool:
        """Whether the order names a call."""
        only = ONLY.get(self.kind)
        if only and not (method == "POST" and any(fnmatchcase(path, each) for each in only)):
            return False
        return self.method in ("*", method) and fnmatchcase(path, self.path)

    def drawn(self, call: int) -> bool:
        """Whether it hits the n-th call that matches, by chance."""
        # With the kind and the calls in it, faults of one seed do not all draw the same calls.
        return Random(f"{self.seed} {self.kind} {self.method} {self.path} {call}").random() < self.chance

    def hides(self) -> float | None:
        """Return the real seconds for which OVH does not show the call it hits; None if it shows it at once."""
        return self.lasts if self.kind == "late_listing" else None

    def first_of(self, receivers: int) -> int:
        """Return how many of these receivers a partial job accepts."""
        return min(receivers, int(receivers * (self.share or 0)) if self.count is None else self.count)


@dataclass
class Held:
    """A held call; made within the event loop that serves it."""

    call: str
    gone: Callable[[], bool]
    since: float = field(default_factory=time.monotonic)
    released: bool = False
    broken: bool = False
    _go: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    async def wait(self, seconds: float) -> None:
        """Wait until it is released or the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._go.wait(), seconds)

    def release(self) -> None:
        """Let it go, from any thread."""
        self.released = True
        self._loop.call_soon_threadsafe(self._go.set)

    def shown(self) -> dict[str, Any]:
        """Show it on the control side, with the seconds since its begin."""
        seconds = round(time.monotonic() - self.since, 3)
        return {"call": self.call, "seconds": seconds, "client_gone": self.gone()}


@dataclass
class Fault:
    """An ordered fault; ``left`` is how often it can still fire, ``seen`` counts the calls it could have hit."""

    id: int
    order: FaultOrder
    skip: int
    left: int | None
    seen: int = 0
    fired: int = 0
    holding: list[Held] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Show it on the control side."""
        return {
            "id": self.id,
            **self.order.model_dump(),
            "seconds": self.order.lasts,
            "status": self.order.answered,
            "remaining": self.left,
            "fired": self.fired,
            "holding": [held.shown() for held in tuple(self.holding)],
        }

    def release(self) -> int:
        """Let its held calls go; returns how many."""
        waiting = [held for held in tuple(self.holding) if not held.released]
        for held in waiting:
            held.release()
        return len(waiting)


class Faults:
    """All faults ordered since the last clearing, and how often each kind fired; a restart keeps both."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self.known = [
            Fault(number, FaultOrder.model_validate_json(spec), *counts)
            for number, spec, *counts in state.rows("SELECT * FROM faults ORDER BY id")
        ]
        self._ids = itertools.count(1 + max((fault.id for fault in self.known), default=0))

    def add(self, order: FaultOrder) -> int:
        """Add a fault; returns its id."""
        with self._lock:
            fault = Fault(next(self._ids), order, skip=order.after, left=order.times)
            self._keep([fault])
            self.known.append(fault)
        return fault.id

    def find(self, number: int) -> Fault | None:
        """Find a fault; None if it was cleared."""
        return next((fault for fault in tuple(self.known) if fault.id == number), None)

    def clear(self) -> None:
        """Clear all faults and let their held calls go; those that fired stay counted."""
        with self._lock:
            for fault in self.known:
                fault.release()
            self.known.clear()
            self._state.change("DELETE FROM faults")

    def stop(self) -> None:
        """Break the connections of all held calls, as the server ends; those not executed yet never are."""
        for fault in tuple(self.known):
            for held in tuple(fault.holding):
                held.broken = True
                held.release()

    def by_kind(self) -> dict[str, int]:
        """Return how often each kind fired since the world began, cleared faults included."""
        return {row["kind"]: row["n"] for row in self._state.rows("SELECT kind, n FROM fired ORDER BY kind")}

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits a call, if any; each call counts for every fault it matches.

        The count is on disk before the call is executed, so that a crash forgets no fault that fired.
        """
        hit: Fault | None = None
        with self._lock:
            met = [fault for fault in self.known if fault.left != 0 and fault.order.matches(method, path)]
            for fault in met:
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.seen += 1
                if hit is None and fault.order.drawn(fault.seen):
                    fault.left = None if fault.left is None else fault.left - 1
                    fault.fired += 1
                    hit = fault
            if met:
                self._keep(met, fired=hit)
        return hit

    def _keep(self, faults: list[Fault], *, fired: Fault | None = None) -> None:
        rows = [(x.id, x.order.model_dump_json(), x.skip, x.left, x.seen, x.fired) for x in faults]
        with self._state.write() as db:
            db.executemany("INSERT OR REPLACE INTO faults VALUES (?, ?, ?, ?, ?, ?)", rows)
            if fired is not None:
                sql = "INSERT INTO fired VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET n = n + 1"
                db.execute(sql, (fired.order.kind,))
