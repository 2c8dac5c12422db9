"""Watches one account for everything that waits there: for delivery receipts, a free slot, credits or an order.

It makes one read at a time, of what is due for the longest time, within a limit of calls per minute. Blocks while it
reads; its user waits in between.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.errors import RateLimited, Unavailable
from ovh_sms.sending.call_budget import CallBudget
from ovh_sms.sending.credits_watch import CreditsWatch
from ovh_sms.sending.orders_watch import OrdersWatch
from ovh_sms.sending.progress import SHORTEST_PAUSE, Awaited, ProgressNews, WaitEnd, WaitLimits
from ovh_sms.sending.receipts_watch import ReceiptsWatch
from ovh_sms.sending.slots_watch import SlotsWatch

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock

log = logging.getLogger(__name__)

#: Most calls in any minute, for an account and a process; OVH's time, which is read at the start, is one more.
CALLS_PER_MINUTE = 19
#: Seconds between two questions whether a person ends a wait, or OVH has called about messages of the account.
COLLECT_NOW_SECONDS = 15.0
#: Longest pause, in seconds: the wall clock, by which deadlines are kept, may be set meanwhile.
LONGEST_PAUSE = 30.0
#: Seconds without a read while OVH is away: doubled from the first to the longest.
FIRST_BACKOFF, LONGEST_BACKOFF = 10.0, 300.0

SmallRoom = SlotsWatch | OrdersWatch | CreditsWatch
News = tuple[Hashable, WaitEnd | ProgressNews | Exception]


class AccountWatch:
    """Everything that waits on one account, by keys that its user chooses.

    :param client: reads once: this class itself waits and goes on if OVH is away.
    :param collect_now: reads the tags of submissions whose wait a person ends.
    :param called_about: counts the delivery receipts that OVH has called about since it was asked last: while some
        come, submissions are read sooner. Without them all is read as it is.
    """

    def __init__(
        self,
        client: OvhSmsClient,
        *,
        clock: Clock,
        calls_per_minute: int = CALLS_PER_MINUTE,
        collect_now: Callable[[], Collection[str]] = tuple,
        called_about: Callable[[], int] = int,
    ) -> None:
        self._client = client
        self._clock = clock
        self._collect_now = collect_now
        self._called_about = called_about
        self._asked_at: float | None = None
        self._budget = CallBudget(calls_per_minute)
        self._overrun = 0
        self._away_since: datetime | None = None
        #: What has been the matter since then.
        self._away = ""
        self._away_until = 0.0
        self._backoff = FIRST_BACKOFF
        self.receipts = ReceiptsWatch(client, clock, self._budget)
        self.slots = SlotsWatch(client, clock)
        self.orders = OrdersWatch(client, clock)
        self.credits = CreditsWatch(client, clock)

    @property
    def _small(self) -> tuple[SmallRoom, ...]:
        """The waits that take one call now and then: they go before the delivery receipts, the slots first."""
        return self.slots, self.orders, self.credits

    def __len__(self) -> int:
        """Return the number of waits."""
        return len(self.receipts) + sum(len(room) for room in self._small)

    def remove(self, key: Hashable) -> None:
        """Forget what waits under a key; harmless if nothing does."""
        for room in (self.receipts, *self._small):
            room.remove(key)

    def step(self) -> list[News]:
        """Make at most one read. Return progress in words, and the ends and errors of waits; those are over then."""
        ended = self._without(self._ends())
        return [*ended, *self._without(self._read())]

    def pause(self) -> float:
        """Return the seconds until the next step has something to do."""
        at, now = self._clock.monotonic(), self._clock.now()
        room = self._next()
        due = max(room.due() - at, self._budget.wait(self._cost(room), at=at), self._away_until - at)
        rooms = (self.receipts, *self._small)
        deadlines = [each for each in (room.deadline() for room in rooms) if each is not None]
        until = [LONGEST_PAUSE, due, *((each - now).total_seconds() for each in deadlines)]
        if len(self.receipts) and self._asked_at is not None:
            until.append(self._asked_at + COLLECT_NOW_SECONDS - at)
        return max(SHORTEST_PAUSE, min(until))

    def _without(self, found: list[News]) -> list[News]:
        for key, news in found:
            if not isinstance(news, ProgressNews):
                self.remove(key)
        return found

    def _ends(self) -> list[News]:
        at = self._clock.monotonic()
        names: Collection[str] = ()
        if len(self.receipts) and (self._asked_at is None or at - self._asked_at >= COLLECT_NOW_SECONDS):
            self._asked_at, names = at, self._collect_now()
            if self._called_about():
                self.receipts.read_soon()
        found = [*self.receipts.ends(names), *(end for room in self._small for end in room.ends())]
        if self._away_since is None:
            return list(found)
        away = f"{self._away} since {self._away_since:%Y-%m-%d %H:%M} UTC."
        return [(key, replace(end, message=f"{end.message} {away}")) for key, end in found]

    def _read(self) -> list[News]:
        at, room = self._clock.monotonic(), self._next()
        if max(room.due(), self._away_until) > at or self._budget.wait(self._cost(room), at=at) > 0:
            return []
        cost, before = room.cost(), self._client.calls_made
        try:
            found: list[News] = list(room.read())
            self._is_back()
        except Unavailable as error:
            self._is_away(error)
            found = []
        made = self._client.calls_made - before
        self._budget.count(made, at=at)
        self._overrun = max(self._overrun, made - cost)
        return found

    def _next(self) -> ReceiptsWatch | SmallRoom:
        # A campaign that waits for a slot is not sent yet, so it goes first.
        first = min(self._small, key=lambda room: room.due())
        now = self._clock.monotonic()
        first = next((room for room in self._small if room.due() <= now), first)
        return first if first.due() <= max(self.receipts.due(), now) else self.receipts

    def _cost(self, room: ReceiptsWatch | SmallRoom) -> int:
        # Where OVH gives no number, a count takes a second call.
        return room.cost() + self._overrun if len(room) else 0

    def _is_away(self, error: Unavailable) -> None:
        is_busy = isinstance(error, RateLimited)
        self._away = "OVH has taken no more calls of this key" if is_busy else "OVH could not be reached"
        asked = error.retry_after if isinstance(error, RateLimited) else None
        self._away_until = self._clock.monotonic() + max(self._backoff, asked or 0.0)
        self._backoff = min(2 * self._backoff, LONGEST_BACKOFF)
        if self._away_since is None:
            self._away_since = self._clock.now()
            log.warning("%d waits go on to their deadlines without reads: %s", len(self), error)

    def _is_back(self) -> None:
        if self._away_since is not None:
            log.info("OVH answers again, after %s", self._clock.now() - self._away_since)
        self._away_since, self._backoff = None, FIRST_BACKOFF


def wait_for_receipts(
    client: OvhSmsClient,
    awaited: Awaited,
    limits: WaitLimits,
    *,
    clock: Clock,
    collect_now: Callable[[], Collection[str]],
    note: Callable[[ProgressNews], None],
    called_about: Callable[[], int] = int,
) -> WaitEnd:
    """Wait on this worker until every message of a submission is final, or the deadline has come.

    :param note: keeps the progress.
    :param called_about: counts the delivery receipts that OVH has called about.
    """
    watch = AccountWatch(client, clock=clock, collect_now=collect_now, called_about=called_about)
    watch.receipts.add(awaited.tag, awaited, limits)
    while True:
        for _, news in watch.step():
            if isinstance(news, WaitEnd):
                return news
            if isinstance(news, Exception):
                raise news
            log.info("%s", news)
            note(news)
        clock.sleep(watch.pause())
