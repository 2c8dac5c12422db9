"""Faults on demand, the limit on calls per minute, and the count of calls."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal[
    "lost_answer", "reset_before", "reset_after", "status", "html_502", "slow", "half_body", "wrong_json"
]
# What happens instead of the call; with every other kind the call is executed first.
INSTEAD = frozenset({"reset_before", "status", "html_502"})


class FaultOrder(BaseModel):
    """A fault to come, as it is ordered on the control side."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    method: str = "*"
    path: str = "*"
    times: int = 1
    after: int = 0
    seconds: float = 5.0
    retry_after: int | None = None
    status: int = 500


@dataclass
class Fault:
    """A fault with what is left of it."""

    id: int
    order: FaultOrder
    skip: int
    left: int
    fired: int = 0

    def shown(self) -> dict[str, Any]:
        """How the control side lists it."""
        return {"id": self.id, **self.order.model_dump(), "remaining": self.left, "fired": self.fired}


@dataclass
class Faults:
    """All faults that were ordered since the last clearing."""

    known: list[Fault] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, order: FaultOrder) -> int:
        """Take an order; returns its id."""
        fault = Fault(next(self._ids), order, skip=order.after, left=order.times)
        with self._lock:
            self.known.append(fault)
        return fault.id

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self.known.clear()

    def take(self, method: str, path: str) -> FaultOrder | None:
        """The fault that hits this call, if any; each call counts for every fault it matches.

        :param path: the path after ``/1.0``.
        """
        hit: FaultOrder | None = None
        with self._lock:
            for fault in self.known:
                order = fault.order
                if order.method not in ("*", method) or not fnmatchcase(path, order.path) or fault.left == 0:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                elif hit is None:
                    fault.left -= 1
                    fault.fired += 1
                    hit = order
        return hit


class RateLimit:
    """At most so many calls within any sixty seconds, for each key."""

    def __init__(self) -> None:
        self.per_minute: int | None = None
        self.retry_after = True
        self._calls: dict[str, deque[float]] = {}

    def set(self, per_minute: int | None, *, retry_after: bool) -> None:
        """Set or (with None) lift the limit; counting starts anew."""
        self.per_minute = per_minute
        self.retry_after = retry_after
        self._calls.clear()

    def wait(self, key: str) -> int:
        """0 when the call may pass, else the whole seconds until the next one may."""
        if self.per_minute is None:
            return 0
        now = time.monotonic()
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) < self.per_minute:
            calls.append(now)
            return 0
        return max(1, int(calls[0] + 60 - now + 0.999)) if calls else 60


class Calls:
    """How often each call of the API was made; refused and faulty calls count too."""

    def __init__(self) -> None:
        self.by_call: Counter[str] = Counter()

    def shown(self) -> dict[str, Any]:
        """How the control side lists them."""
        return {"total": self.by_call.total(), "by_call": dict(sorted(self.by_call.items()))}
