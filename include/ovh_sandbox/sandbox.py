"""The sandbox as one object: state, clock, faults, counters, accounts."""

import json
import sqlite3
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from .cache import PageCache
from .clock import Clock
from .errors import Refusal, missing
from .faults import Faults
from .limits import RateLimit
from .state import State
from .world import seed as world


@dataclass(frozen=True)
class Account:
    """An SMS account at the simulated moment when it was read."""

    name: str
    credits: float
    hold: float
    settings: dict[str, Any]


class Sandbox:
    """The world behind the two sides of the server.

    :param file: the SQLite file; made if absent, carried on if present.
    :param seed: decides the fate of messages; an existing file keeps its own.
    :param speed: simulated seconds per real second, 0 for a clock that stands; None keeps that of the file, or 1.
    :param start: simulated moment of a new world, seconds since 1970; None is now.
    """

    def __init__(self, file: Path, *, seed: int = 1, speed: float | None = None, start: float | None = None) -> None:
        self.state = State(file, lambda: self.clock.machine())
        self.faults = Faults(self.state)
        self.limit = RateLimit()
        #: How often each call of the API was made; refused and faulty calls count too.
        self.calls: Counter[str] = Counter()
        #: The same by the account that their path names.
        self.calls_of_account: Counter[str] = Counter()
        self.pages = PageCache()
        self.workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox")
        if self.state.fresh:
            self.plant(seed, speed=1.0 if speed is None else speed, start=start)
        else:
            self._load()
            if speed is not None:
                self.move_clock(speed=speed)

    def plant(self, seed: int, *, speed: float, start: float | None) -> None:
        """Fill an empty state with the default world."""
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
        self.calls.clear()
        self.calls_of_account.clear()
        self.pages.lists.clear()
        with self.state.write():
            self.state.wipe()
            self.plant(self.seed, speed=speed, start=start)

    @property
    def now(self) -> float:
        """The simulated moment (seconds since 1970)."""
        return self.clock.now()

    def move_clock(self, **change: Any) -> None:
        """Move the clock as :meth:`.Clock.moved` does, and keep it."""
        self.clock = self.clock.moved(**change)
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

    def find(self, title: str, sql: str, *values: Any, **named: Any) -> sqlite3.Row:
        """Return the first row of a query; refused with 404 if there is none."""
        found = self.state.row(sql, *values, **named)
        if found is None:
            raise missing(title)
        return found

    def account(self, name: str) -> Account:
        """Find an account; refused with 404 if there is none, with 460 if it is expired."""
        found = self.state.row("SELECT * FROM accounts WHERE name = ?", name)
        if found is None:
            raise Refusal(404, "This service does not exist")
        if found["expired"]:
            raise Refusal(460, "This Service is expired")
        left = found["credits"] + self.refunded(name)
        return Account(name, left, found["hold"], json.loads(found["settings"]))

    def add_credits(self, account: str, amount: float) -> None:
        """Add credits to an account within the caller's transaction."""
        self.state.change("UPDATE accounts SET credits = credits + ? WHERE name = ?", amount, account)

    def spend(self, account: str, cost: float) -> None:
        """Take credits from an account within the caller's transaction; refused with 402 if too few are left."""
        found = self.account(account)
        if cost > (left := found.credits - found.hold):
            raise Refusal(402, f"Not enough credits: {cost:g} needed, {left:g} left")
        self.state.change("UPDATE accounts SET credits = credits - ? WHERE name = ?", cost, account)

    def refunded(self, account: str) -> float:
        """Add up the credits of messages in error 16, which is not billed; not of those that a user's quota paid."""
        found = self.state.row(
            "SELECT total(m.credits) AS credits FROM jobs s CROSS JOIN messages m ON m.job = s.id"
            " WHERE s.account = ? AND m.dlr = 16 AND m.final_at <= ? AND m.cancelled IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM user_jobs u WHERE u.job = s.id AND u.quota)",
            *(account, self.now),
        )
        return float(found["credits"]) if found else 0.0


async def _sandbox(request: Request) -> Sandbox:
    return request.app.state.sandbox  # type: ignore[no-any-return]


Box = Annotated[Sandbox, Depends(_sandbox)]


def require_account(request: Request, box: Box) -> None:
    """Refuse a call about an account that is unknown or expired."""
    if "serviceName" in request.path_params:
        box.account(request.path_params["serviceName"])
