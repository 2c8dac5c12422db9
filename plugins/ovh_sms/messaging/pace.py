"""Messages per minute, hour or day: how a list is cut, and when each of its batches leaves."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from ovh_sms.messaging.receiver_zones import Zones, is_elsewhere

if TYPE_CHECKING:
    from ovh_sms.messaging.departure_hours import HoursRule

#: Batches into which the messages of a minute, an hour and a day are cut, and the seconds over which these are spread:
#: those of a day have to leave within its open hours.
_CUT = {60: (1, 60), 3_600: (4, 3_600), 86_400: (10, 36_000)}
NAMES = {60: "minute", 3_600: "hour", 86_400: "day"}
#: Between the claim of a batch and the departure of its messages, at most.
_MARGIN = timedelta(seconds=30)


class Departure(NamedTuple):
    """Messages that leave at one moment; in UTC."""

    at: datetime
    messages: int


@dataclass(frozen=True, kw_only=True)
class MessagePace:
    """So many messages in so long a time, at most.

    :param seconds: of a minute, an hour or a day.
    """

    messages: int
    seconds: int

    @property
    def batch_size(self) -> int:
        """Receivers of one batch at most."""
        return max(1, self.messages // _CUT[self.seconds][0])

    @property
    def period(self) -> timedelta:
        """The time in which no more leave; longer by what a batch may take from its claim to its departure."""
        period = timedelta(seconds=self.seconds)
        return period + min(_MARGIN, period / 60)

    def gap(self, messages: int) -> timedelta:
        """Return the time from the departure of some messages until the next."""
        spread_over = self.period.total_seconds() / self.seconds * _CUT[self.seconds][1]
        return timedelta(seconds=ceil(spread_over * messages / self.messages))

    def free_at(self, left: Sequence[Departure], wanted: int, at: datetime) -> datetime:
        """Return from when on some messages may follow those that have left.

        A batch that was late by a little does not move the next one: half of the gap is enough.

        :param left: in their order, none of them later than ``at``.
        """
        if left:
            at = max(at, left[-1].at + self.gap(left[-1].messages) / 2)
        inside = [each for each in left if each.at > at - self.period]
        messages = sum(each.messages for each in inside)
        for each in inside:
            if messages + wanted <= self.messages:
                break
            at, messages = max(at, each.at + self.period), messages - each.messages
        return at

    def conflict(self, others: Sequence[Departure], wanted: int, at: datetime) -> datetime | None:
        """Return the next moment to check if messages cannot leave at this one; ``None`` if they can.

        :param others: those that have left, or are planned; in their order.
        """
        place = bisect_left(others, Departure(at, 0))
        before, after = others[place - 1 : place], others[place : place + 1]
        for each in before:
            if each.at + self.gap(each.messages) > at:
                return each.at + self.gap(each.messages)
        for each in after:
            if at + self.gap(wanted) > each.at:
                return max(each.at + self.gap(each.messages), at + timedelta(microseconds=1))
        first = bisect_left(others, Departure(at - self.period + timedelta(microseconds=1), 0))
        for start in [each.at for each in others[first:place]] + [at]:
            begins = bisect_left(others, Departure(start, 0))
            ends = bisect_left(others, Departure(start + self.period, 0))
            if sum(each.messages for each in others[begins:ends]) + wanted > self.messages and begins < ends:
                return start + self.period if start < at else others[begins].at + self.gap(others[begins].messages)
        return None


class PilotFirst(NamedTuple):
    """People who get the message first, and the time until the rest follows at the earliest."""

    people: int
    wait: timedelta


class PacedBatch(NamedTuple):
    """A batch that is to leave."""

    batch: int
    receivers: int
    zones: Zones


class NoPlace(Exception):
    """No hour of the coming week is fit for a batch.

    :param zones: of its receivers.
    """

    def __init__(self, zones: Zones) -> None:
        self.zones = zones
        super().__init__(str(zones))


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The places of a run's batches: within the pace, and within the hours of their receivers.

    :param hours: the campaign's rule.
    """

    pace: MessagePace
    hours: HoursRule

    def place(self, others: Sequence[Departure], batch: PacedBatch, start: datetime) -> datetime:
        """Return the first moment at which a batch may leave beside others.

        :param others: in their order.
        :raises NoPlace: there is none.
        """
        at = start.astimezone(UTC)
        while True:
            opens = self.hours.submit_at(batch.zones, at, receivers=batch.receivers)
            if opens is None:
                raise NoPlace(batch.zones)
            at = opens.astimezone(UTC)
            later = self.pace.conflict(others, batch.receivers, at)
            if later is None:
                return at
            at = later

    def plan(
        self, batches: Iterable[PacedBatch], start: datetime, *, beside: Iterable[Departure] = ()
    ) -> dict[int, datetime]:
        """Return when each batch leaves, in UTC.

        Those to other time zones have fewer hours, and choose first; the others fill what is left.

        :param beside: departures that are planned already.
        :raises NoPlace: there is no hour for one of them.
        """
        found: dict[int, datetime] = {}
        others = sorted(beside)
        reached: dict[Zones, datetime] = {}
        for each in sorted(batches, key=lambda each: (not is_elsewhere(each.zones), each.batch)):
            at = self.place(others, each, reached.get(each.zones, start))
            found[each.batch] = reached[each.zones] = at
            insort(others, Departure(at, each.receivers))
        return found


def last_of(plan: Mapping[int, datetime]) -> datetime | None:
    """Return when the last batch leaves; ``None`` without any."""
    return max(plan.values(), default=None)
