"""The messages of one submission in counts, as they are stored and read: no phone number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

#: Kinds of :class:`Group` that figures hold.
OPERATOR, COUNTRY, SENDER, HOUR, SEGMENTS = GROUPS = ("operator", "country", "sender", "hour", "segments")


class MessageDeliveries(NamedTuple):
    """The columns of some messages that figures are computed from; of the number not the last four digits."""

    delivery_status: Sequence[str]
    operator_code: Sequence[int | None]
    operator_words: Sequence[str | None]
    operator: Sequence[str | None]
    sender: Sequence[str]
    sent_at: Sequence[datetime | None]
    delivered_at: Sequence[datetime | None]
    segments: Sequence[int]
    receiver: Sequence[str]


class StatusCount(NamedTuple):
    """Messages of one delivery status, by the operator's code and its own words for it."""

    status: str
    code: int | None
    words: str | None
    messages: int


class Group(NamedTuple):
    """Messages that have something in common: their operator, country, sender, hour of departure or segments.

    :param name: the operator's code, the country, the sender, the hour in UTC (ISO 8601), or the segments of each.
    :param failed: those that expired too.
    :param segments: all of them together.
    """

    name: str
    messages: int
    delivered: int
    failed: int
    segments: int

    @property
    def pending(self) -> int:
        """Messages that are not final."""
        return self.messages - self.delivered - self.failed

    def plus(self, other: Group) -> Group:
        """Add another one of the same name up."""
        return Group(self.name, *(mine + theirs for mine, theirs in zip(self[1:], other[1:], strict=True)))


@dataclass(frozen=True, kw_only=True)
class MessageFigures:
    """The messages of one submission, counted when they were collected. Those of several can be added up.

    :param statuses: messages by delivery status, operator code and the operator's words.
    :param delays: (seconds from sent to delivered, messages), the shortest first; seconds with three digits.
    :param deliveries: (minute in UTC, messages delivered in it), the earliest first.
    :param groups: messages by what they have in common, by its kind.
    :param credit_price: price of one credit without tax; ``None`` if nobody knows it.
    :param currency: its currency; empty without a price.
    :param stop_threshold: opt-outs per 1,000 delivered messages above which the campaign notifies, if it names one.
    """

    statuses: tuple[StatusCount, ...] = ()
    delays: tuple[tuple[float, int], ...] = ()
    deliveries: tuple[tuple[datetime, int], ...] = ()
    groups: dict[str, tuple[Group, ...]] | None = None
    credit_price: float | None = None
    currency: str = ""
    stop_threshold: float | None = None

    @property
    def messages(self) -> int:
        """Number of messages counted."""
        return sum(each.messages for each in self.statuses)

    def count(self, delivery_status: str) -> int:
        """Count the messages of one delivery status."""
        return sum(each.messages for each in self.statuses if each.status == delivery_status)

    def of_kind(self, kind: str) -> tuple[Group, ...]:
        """Return the messages by one kind of group."""
        return (self.groups or {}).get(kind, ())

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; minutes as minutes after the first one."""
        first = self.deliveries[0][0] if self.deliveries else None
        return {
            "statuses": [list(each) for each in self.statuses],
            "delays": [[int(delay) if delay.is_integer() else delay, count] for delay, count in self.delays],
            "first_minute": int(first.timestamp()) if first else None,
            "deliveries": [
                [int((minute - first).total_seconds()) // 60, count] for minute, count in self.deliveries if first
            ],
            "groups": {kind: [list(each) for each in groups] for kind, groups in (self.groups or {}).items()},
            "credit_price": self.credit_price,
            "currency": self.currency,
            "stop_threshold": self.stop_threshold,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> MessageFigures:
        """Read what :meth:`to_json` made."""
        first = values["first_minute"] or 0
        return cls(
            statuses=tuple(StatusCount(*each) for each in values["statuses"]),
            delays=tuple((float(seconds), count) for seconds, count in values["delays"]),
            deliveries=tuple(
                (datetime.fromtimestamp(first + 60 * minutes, UTC), count) for minutes, count in values["deliveries"]
            ),
            groups={kind: tuple(Group(*each) for each in groups) for kind, groups in values["groups"].items()},
            credit_price=values["credit_price"],
            currency=values["currency"],
            stop_threshold=values["stop_threshold"],
        )


def add_groups(several: Iterable[Group]) -> tuple[Group, ...]:
    """Add groups of the same name up, the largest first."""
    found: dict[str, Group] = {}
    for each in several:
        found[each.name] = found[each.name].plus(each) if each.name in found else each
    return tuple(sorted(found.values(), key=lambda each: (-each.messages, each.name)))
