"""Reserved credits as typed values: what a run needs, what others have reserved, what a campaign spends in a month."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

#: Credits have some decimals; a smaller difference is none.
NO_CREDIT = 1e-6


class RunBatch(NamedTuple):
    """A batch of a run: its list's digest names it in the journal, too."""

    dag_id: str
    run_id: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class WantedCredits:
    """The credits that a run needs for its prepared list.

    :param list_tag: names the list within all runs.
    :param batches: credits by the digest of each batch.
    :param lasts: when the reservation ends at the latest, from now: its batches are submitted by then.
    """

    list_tag: str
    dag_id: str
    run_id: str
    account: str
    batches: Mapping[str, float]
    lasts: timedelta

    @property
    def credits(self) -> float:
        """Credits of all batches."""
        return math.fsum(self.batches.values())


@dataclass(frozen=True)
class MonthlyBudget:
    """The most credits that a campaign may cost in a calendar month of its time zone."""

    credits: float
    timezone: str


@dataclass(frozen=True)
class KnownReservations:
    """An account's reservations as they stood before its credits were read.

    :param live: tags of the lists with reservations that had not expired.
    :param accepted: batches that OVH had accepted: their credits are in no later reading.
    :param transferred: transfers from the account (tag and attempt) that take nothing from it after that reading.
    """

    live: frozenset[str] = frozenset()
    accepted: frozenset[RunBatch] = frozenset()
    transferred: frozenset[tuple[str, int]] = frozenset()


class OtherReservation(NamedTuple):
    """Credits that another run still needs, or that a transfer to an account takes away."""

    dag_id: str
    run_id: str
    credits: float
    transfer_to: str = ""


class WaitingRun(NamedTuple):
    """A run that waits for credits and has reserved none.

    :param since: when its wait began.
    :param until: when its wait ends.
    """

    dag_id: str
    run_id: str
    credits: float
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class MonthUse:
    """The credits of a campaign in one month.

    :param month: its first day in the campaign's time zone.
    :param spent: credits of batches that OVH accepted, less refunds; an estimate where OVH's answer was lost.
    :param unknown: credits of batches that OVH may have accepted.
    :param reserved: credits that other runs of the campaign have reserved and not submitted.
    :param needed: credits of the run that is checked.
    """

    month: date
    budget: float
    spent: float
    unknown: float
    reserved: float
    needed: float = 0.0

    @property
    def is_exceeded(self) -> bool:
        """Whether the run would cost more than is left of the budget."""
        return self.spent + self.unknown + self.reserved + self.needed > self.budget + NO_CREDIT


@dataclass(frozen=True, kw_only=True)
class ReservationCheck:
    """Whether a run's credits are reserved, and the figures.

    :param needed: credits that the run needs.
    :param credits_left: the account's credits as OVH gave them.
    :param others: reservations of other runs that still need credits, the largest first; then transfers under way.
    :param month: the campaign's month, if it has a budget for one.
    :param waits_since: since when the run has waited for credits; ``None`` if this is its first check.
    """

    is_reserved: bool
    needed: float
    credits_left: float
    others: tuple[OtherReservation, ...]
    month: MonthUse | None = None
    waits_since: datetime | None = None

    @property
    def reserved_by_others(self) -> float:
        """Credits that other runs still need."""
        return math.fsum(each.credits for each in self.others)

    @property
    def missing(self) -> float:
        """Credits that the account lacks for the run; 0 if it lacks none."""
        missing = self.needed + self.reserved_by_others - self.credits_left
        return missing if missing > NO_CREDIT else 0.0


@dataclass(frozen=True, kw_only=True)
class AwaitedCredits:
    """A run that waits for credits, as its last check found it.

    :param until: when the wait ends.
    """

    needed: float
    credits_left: float
    reserved_by_others: float
    since: datetime
    until: datetime
    checked_at: datetime
