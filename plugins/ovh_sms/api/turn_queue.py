"""The queue of all calls that wait for their turn with one key. Pure: no clock, no I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Self

from ovh_sms.api.call_rate import CallLimits, CallRate

#: One turn in so many goes to the call that has waited longest, if it has waited so long.
FAIR_TURNS, FAIR_SECONDS = 10, 60.0

#: A waiting call that is so late to ask again has ended: its process was killed.
GRACE_SECONDS = 2.0

#: All waiting calls together ask about ten times a second, each at least every five seconds.
LONGEST_PAUSE_SECONDS, ASKS_PER_SECOND = 5.0, 10.0

SHORTEST_PAUSE_SECONDS = 0.01

_NO_WAIT = 1e-6


class CallClass(IntEnum):
    """The purpose of a task's calls. A lower class goes first."""

    #: Everything that a task does which submits or orders: the write and the reads that guard it.
    WRITE = 0
    #: The withdrawal of messages.
    CANCEL = 1
    #: The results of a submission that is over, replies, and previews.
    COLLECT = 2
    #: Waiting for delivery receipts, for a free receivers slot.
    POLL = 3


@dataclass(frozen=True)
class Ticket:
    """A call that waits.

    :param rank: 0 for the write of a task that sends, then the classes: a lower one goes first.
    :param since: when it began to wait.
    :param back: when it asks again.
    """

    name: str
    rank: int
    since: float
    back: float

    @property
    def order(self) -> tuple[int, float, str]:
        """Sorts the queue."""
        return self.rank, self.since, self.name


@dataclass(frozen=True)
class Place:
    """The answer to a call that asks for its turn.

    :param is_turn: whether it goes now.
    :param again_in: else the seconds after which it must ask again.
    :param expected: seconds until its turn, if no call comes that goes ahead.
    :param ahead: waiting calls that go first; ``ahead_writers`` of them belong to tasks that send.
    :param at: the moment, by the clock of all users.
    :param held: seconds for which OVH wants no call at all.
    """

    is_turn: bool
    again_in: float
    expected: float
    ahead: int
    ahead_writers: int
    at: float
    held: float = 0.0


class TurnQueue:
    """Gives out turns: strictly by class, first come first served within one, the write of a task that sends first.

    A call also goes ahead of others that sleep until the next call is allowed anyway, so no turn is lost by waiting.
    """

    def __init__(self, rate: CallRate, *, now: float, unfair: int = 0, tickets: tuple[Ticket, ...] = ()) -> None:
        self.rate = rate
        self._now = now
        self._unfair = unfair
        self._tickets = {each.name: each for each in tickets if each.back + GRACE_SECONDS >= now}

    @classmethod
    def restore(cls, stored: Mapping[str, Any] | None, limits: CallLimits, now: float) -> Self:
        """Go on with a stored queue; one that cannot be read counts as a rate that is used up.

        If the clock was set back, all moments are set back with it, so nobody waits for the time in between.
        """
        if stored is None:
            return cls(CallRate(limits, now), now=now)
        try:
            back = min(0.0, now - _number(stored["at"]))
            moments = ("full_at", "proved_full_at", "hold_until", "halved_at", "period_from")
            rate = {name: _number(value) + (back if name in moments else 0) for name, value in stored["rate"].items()}
            tickets = [
                Ticket(str(name), int(rank), _number(since) + back, _number(until) + back)
                for name, rank, since, until in stored["tickets"]
            ]
            return cls(CallRate(limits, now, rate), now=now, unfair=int(stored["unfair"]), tickets=tuple(tickets))
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            rate_used_up = CallRate(limits, now)
            rate_used_up.use_up(now)
            return cls(rate_used_up, now=now)

    def stored(self) -> dict[str, Any]:
        """Return the queue to store."""
        tickets = [[each.name, each.rank, each.since, each.back] for each in self._tickets.values()]
        return {"at": self._now, "rate": self.rate.stored(), "unfair": self._unfair, "tickets": tickets}

    def ask(self, name: str, call_class: CallClass, *, write: bool, waited: float, answered: int = 0) -> Place:
        """Ask for the turn of a call.

        :param name: of its ticket.
        :param write: whether the call changes something at OVH.
        :param waited: seconds that it has waited so far; its place comes from it, also after a pause.
        :param answered: reads that OVH has answered to the same client since it last asked.
        """
        now, rate = self._now, self.rate
        rate.count_answered(answered)
        rate.adapt(now)
        rank = 0 if write and call_class is CallClass.WRITE else 1 + call_class
        self._tickets.pop(name, None)
        mine = Ticket(name, rank, now - waited, now)
        longest = min([mine, *self._tickets.values()], key=lambda each: (each.since, each.name))
        ahead = [each for each in self._tickets.values() if each.order < mine.order]
        if self._unfair >= FAIR_TURNS - 1 and now - longest.since > FAIR_SECONDS:
            ahead = [] if longest is mine else [*ahead, *({longest} - {*ahead})]
        # A call ahead that asks only after the next one is allowed loses nothing if this one goes.
        due = sum(each.back <= now + 1 / rate.per_second for each in ahead)
        leaves_one = rank > 0
        if rate.wait(now, 1 + due, write=write, leaves_one=leaves_one) <= _NO_WAIT:
            rate.take(now)
            is_fair = longest is mine or now - longest.since <= FAIR_SECONDS
            self._unfair = 0 if is_fair else self._unfair + 1
            return Place(True, 0.0, 0.0, 0, 0, now)
        number = len(ahead)
        if longest is mine and waited > FAIR_SECONDS:
            number = min(number, FAIR_TURNS - 1 - self._unfair)
        expected = rate.wait(now, 1 + number, write=write, leaves_one=leaves_one)
        longest_pause = max(LONGEST_PAUSE_SECONDS, (1 + len(self._tickets)) / ASKS_PER_SECOND)
        pause = min(max(expected, SHORTEST_PAUSE_SECONDS), longest_pause)
        self._tickets[name] = replace(mine, back=now + pause)
        writers = sum(each.rank <= 1 + CallClass.WRITE for each in ahead)
        return Place(False, pause, expected, len(ahead), writers, now, rate.held(now))

    def refuse(self, *, taken_at: float, retry_after: float | None) -> None:
        """Slow down after a 429.

        :param taken_at: when the refused call got its turn.
        :param retry_after: seconds that OVH asked for.
        """
        self.rate.refuse(self._now, taken_at=taken_at, retry_after=retry_after)

    def leave(self, name: str) -> None:
        """Take a call that waits no more out of the queue."""
        self._tickets.pop(name, None)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number
