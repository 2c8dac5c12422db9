"""The sandbox as one object: state, clock, faults, counters, and what the routes ask of all of them."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from .cache import PageCache
from .clock import Clock
from .errors import Refusal
from .faults import Faults
from .limits import Calls, RateLimit
from .state import State
from .world import seed as world


@dataclass(frozen=True)
class Account:
    """An SMS account at the simulated moment it was looked up."""

    name: str
    credits: float
    hold: float
    settings: dict[str, Any]


class Sandbox:
    """Everything behind the two sides of the server.

    :param file: the SQLite file; made and planted when absent, carried on when present.
    :param seed: what the fate of messages is drawn from; an existing file keeps its own.
    :param speed: simulated seconds per real second; None keeps what the file says, or 1.
    :param start: simulated moment of a new world, seconds since 1970; None is now.
    """

    def __init__(
        self, file: Path, *, seed: int = 1, speed: float | None = None, start: float | None = None
    ) -> None:
        self.state = State(file)
        self.faults = Faults(self.state)
        self.limit = RateLimit()
        self.calls = Calls()
        self.pages = PageCache()
        self.workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox")
        if self.state.fresh:
            self.plant(seed, speed=speed or 1.0, start=start)
        else:
            self._load()
            if speed is not None:
                self.move_clock(speed=speed)

    def plant(self, seed: int, *, speed: float, start: float | None) -> None:
        """Start the default world in an empty state."""
        real = time.time()
        world.plant(self.state, seed=seed, clock=Clock(real, real if start is None else start, speed))
        self.state.put("start", start)
        self._load()

    def _load(self) -> None:
        self.seed: int = self.state.get("seed")
        self.clock = Clock(**self.state.get("clock"))
        self.features: dict[str, Any] = {**world.FEATURES, **self.state.get("features")}

    def reset(self) -> None:
        """Back to a new world with the same seed and start; the clock runs at the present speed."""
        speed, start = self.clock.speed, self.state.get("start")
        self.faults.clear()
        self.limit.set(None, retry_after=True)
        self.calls.by_call.clear()
        self.pages.lists.clear()
        with self.state.write():
            self.state.wipe()
            self.plant(self.seed, speed=speed, start=start)

    @property
    def now(self) -> float:
        """The simulated moment, in seconds since 1970."""
        return self.clock.now()

    def move_clock(
        self, *, advance: float = 0.0, speed: float | None = None, offset: float | None = None
    ) -> None:
        """Set the simulated clock forward, change its speed, or set all clocks off the machine's."""
        self.clock = self.clock.moved(advance=advance, speed=speed, offset=offset)
        self.state.put("clock", asdict(self.clock))

    def set_features(self, changes: dict[str, Any]) -> None:
        """Switch undocumented or unknown behaviour on or off."""
        self.features = {**self.features, **changes}
        self.state.put("features", self.features)

    def new_uuid(self) -> str:
        """The next identifier; the same in every run from the same seed."""
        with self.state.write():
            count = self.state.get("counter") + 1
            self.state.put("counter", count)
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"ovh-sandbox/{self.seed}/{count}"))

    def account(self, name: str) -> Account:
        """An account in good standing.

        :raises Refusal: 404 when there is none of that name, 460 when it is expired.
        """
        found = self.state.row("SELECT * FROM accounts WHERE name = ?", name)
        if found is None:
            raise Refusal(404, "This service does not exist")
        if found["expired"]:
            raise Refusal(460, "This Service is expired")
        return Account(
            name, found["credits"] + self.refunded(name), found["hold"], json.loads(found["settings"])
        )

    def refunded(self, account: str, *, tag: str | None = None) -> float:
        """Credits that came back because messages ended in error 16, which is not billed."""
        found = self.state.row(
            "SELECT total(m.credits) AS credits FROM sendings s CROSS JOIN messages m ON m.sending = s.id"
            " WHERE s.account = :account AND (:tag IS NULL OR s.tag = :tag) AND m.dlr = 16"
            " AND m.final_at <= :now AND m.cancelled IS NULL",
            account=account,
            tag=tag,
            now=self.now,
        )
        return float(found["credits"]) if found else 0.0


async def _of(request: Request) -> Sandbox:
    found: Sandbox = request.app.state.sandbox
    return found


Box = Annotated[Sandbox, Depends(_of)]
