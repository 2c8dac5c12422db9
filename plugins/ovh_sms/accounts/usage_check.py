"""Compares the credits that the balance of an account lost with those that are explained. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from ovh_sms.accounts.usage_counts import Group
from ovh_sms.accounts.usage_month import local_text

#: OVH refunds credits within the validity of a message and names no date: those of messages that are older than this
#: at a reading are refunded by then, those of newer ones are counted at each reading.
REFUNDS_WITHIN = timedelta(days=4)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The balance of an account at one moment, with the refunds and orders until then.

    :param credits: all of them, those that users hold included; ten-thousandths, as everywhere here.
    :param refunded: credits that were back then, of the messages of the four days before.
    :param arrived: the orders whose credits had arrived by then.
    """

    at: datetime
    credits: int
    refunded: int
    arrived: tuple[str, ...] = ()

    def edges(self) -> tuple[str, str]:
        """Return the moments between which messages are counted apart, as exports write them."""
        return local_text(self.at - REFUNDS_WITHIN), local_text(self.at)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "at": self.at.isoformat(), "arrived": list(self.arrived)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` returned."""
        return cls(
            at=datetime.fromisoformat(value["at"]),
            credits=value["credits"],
            refunded=value["refunded"],
            arrived=tuple(value["arrived"]),
        )


@dataclass(frozen=True, kw_only=True)
class Check:
    """The ways that the credits of an account went between two readings; each amount in ten-thousandths.

    :param arrived: by orders and transfers to the account.
    :param transferred: to other accounts.
    :param sent: taken by the messages that OVH lists.
    :param refunded: those of some of them.
    :param replies: taken by replies.
    :param number_checks: taken by checks of numbers.
    """

    since: datetime
    until: datetime
    before: int
    after: int
    arrived: int
    transferred: int
    sent: int
    refunded: int
    replies: int
    number_checks: int = 0

    @property
    def not_explained(self) -> int:
        """Credits that are gone and that nothing explains; less than 0 if there are too many."""
        taken = self.before + self.arrived - self.transferred - self.after
        return taken - (self.sent - self.refunded + self.replies + self.number_checks)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        moments = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return {**asdict(self), **moments, "not_explained": self.not_explained}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` returned."""
        moments = {name: datetime.fromisoformat(value[name]) for name in ("since", "until")}
        return cls(**{name: value[name] for name in cls.__dataclass_fields__} | moments)


class Between:
    """Adds up the credits of messages between two moments at which a counter has counted apart.

    :param edges: the counter's.
    :param credits_of: credits of one message of a group.
    """

    def __init__(self, edges: Sequence[str], credits_of: Mapping[Group, int]) -> None:
        self._place_of = {edge: at + 1 for at, edge in enumerate(edges)}
        self._credits_of = credits_of

    def sum(self, messages: Mapping[Group, int], since: str, until: str) -> int:
        """Return the credits of the messages that were made after ``since``, and not after ``until``."""
        first, last = self._place_of[since], self._place_of[until]
        return sum(
            count * self._credits_of[group] for group, count in messages.items() if first <= group.interval < last
        )


def refunds_between(before: Reading, after: Reading, between: Between, refunded: Mapping[Group, int]) -> int:
    """Return the credits that came back between two readings."""
    old, _ = before.edges()
    new, _ = after.edges()
    return between.sum(refunded, old, new) + after.refunded - before.refunded


def edges_of(readings: Iterable[Reading | None]) -> tuple[str, ...]:
    """Return the moments at which a counter counts apart, in their order."""
    return tuple(sorted({edge for each in readings if each is not None for edge in each.edges()}))
