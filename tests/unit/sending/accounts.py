"""An account at OVH whose messages a test changes, and that counts its calls in each minute; for tests of waiting."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ovh_sms.errors import Unavailable
from support.fake_clock import FakeClock


@dataclass
class FakeAccount:
    """Stands for the client: tags with their messages by receipt.

    :ivar calls: moment and query of every call.
    :ivar away: whether OVH cannot be reached, or answers no call.
    :ivar away_with: the error of each call then.
    """

    clock: FakeClock
    tags: dict[str, Counter[int]] = field(default_factory=dict)
    pending: int = 0
    used_slots: int = 9
    away: bool = False
    away_with: Unavailable = field(default_factory=lambda: Unavailable("OVH cannot be reached."))
    calls: list[tuple[float, str]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        if name == "jobs":  # OVH's word for messages that are pending
            return self
        raise AttributeError(name)

    @property
    def outgoing(self) -> Any:
        return self

    @property
    def receivers(self) -> Any:
        return self

    @property
    def calls_made(self) -> int:
        return len(self.calls)

    def count(
        self, *, tag: str | None = None, delivery_receipt: int | None = None, created_from: datetime | None = None
    ) -> int:
        self._call(tag or "account")
        counted = [self.tags.get(tag, Counter())] if tag else [*self.tags.values()]
        return sum(each.total() if delivery_receipt is None else each[delivery_receipt] for each in counted)

    def pending_ids(self) -> list[int]:
        self._call("pending")
        return list(range(self.pending))

    def ids(self) -> list[int]:
        self._call("slots")
        return list(range(self.used_slots))

    def most_in_a_minute(self) -> int:
        moments = [at for at, _ in self.calls]
        return max((sum(at <= other < at + 60 for other in moments) for at in moments), default=0)

    def _call(self, query: str) -> None:
        self.calls.append((self.clock.monotonic(), query))
        if self.away:
            raise self.away_with
