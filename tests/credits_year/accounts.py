"""A year of campaigns of three accounts: steady, seasonal, bursts. The rules never see what is to come but the plan."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
FIRST = date(2026, 1, 5)  # a Monday
DAYS = 365
#: Nobody pays faster than in three days, so a campaign that its file names later than this is not announced in time.
ANNOUNCED_AHEAD = 4.0


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One run of a campaign that wants to be sent.

    :param planned_from: since when its file plans it; ``None`` for a run that nobody planned.
    """

    at: datetime
    campaign: str
    credits: float
    planned_from: datetime | None = None
    is_once: bool = False

    @property
    def planned_at(self) -> datetime | None:
        return self.at if self.planned_from is not None else None


@dataclass(frozen=True, kw_only=True)
class Account:
    """:param first_stock: credits that a person has bought before the first day."""

    name: str
    first_stock: float
    year: Callable[[random.Random], Iterator[Demand]]


def moment(day: int, hour: float) -> datetime:
    minutes = round(hour * 60)
    return datetime.combine(FIRST + timedelta(days=day), time(minutes // 60, minutes % 60), tzinfo=PARIS)


START = moment(0, 0)


def around(rng: random.Random, amount: float, share: float) -> float:
    return max(1.0, round(rng.gauss(amount, amount * share)))


def by_hand(rng: random.Random, *, every_days: float, median: float, spread: float) -> Iterator[Demand]:
    """Campaigns that a person starts without a plan."""
    day = rng.expovariate(1 / every_days)
    while day < DAYS:
        size = round(median * math.exp(rng.gauss(0, spread)))
        yield Demand(at=moment(int(day), rng.uniform(9, 18)), campaign=f"by_hand_{int(day)}_{size}", credits=size)
        day += rng.expovariate(1 / every_days)


def steady(rng: random.Random) -> Iterator[Demand]:
    """Reminders on working days, messages started by data, a newsletter on Tuesdays that slowly grows."""
    for day in range(DAYS):
        weekday = day % 7
        if weekday < 5:
            cost = around(rng, 300, 0.1)
            yield Demand(at=moment(day, 9), campaign="reminders", credits=cost, planned_from=START)
        if weekday == 1:
            cost = around(rng, 1500 * 1.003 ** (day / 7), 0.03)
            yield Demand(at=moment(day, 10), campaign="newsletter", credits=cost, planned_from=START)
        yield Demand(at=moment(day, 14), campaign="parcels", credits=around(rng, 120 if weekday < 5 else 40, 0.25))
    yield from by_hand(rng, every_days=90, median=1000, spread=0.5)


def season(day: int) -> float:
    """A low summer, and weeks before Christmas that are two and a half times as busy."""
    before_christmas = math.exp(-(((day - 338) / 14) ** 2) / 2)
    return 1 + 0.3 * math.cos(2 * math.pi * (day - 338) / 365) + 1.2 * before_christmas


def seasonal(rng: random.Random) -> Iterator[Demand]:
    """Messages started by data and a newsletter on Thursdays, both with the season; two sales that are announced."""
    for day in range(DAYS):
        weekday = day % 7
        cost = around(rng, 200 * season(day) * (0.5 if weekday == 6 else 1.0), 0.15)
        yield Demand(at=moment(day, 15), campaign="orders", credits=cost)
        if weekday == 3:
            cost = around(rng, 2000 * season(day), 0.05)
            yield Demand(at=moment(day, 10), campaign="newsletter", credits=cost, planned_from=START)
    for first in (3, 169):
        for wave in range(3):
            yield once(rng, first + 7 + 9 * wave, around(rng, 2500, 0.2), ahead=rng.uniform(6, 10))
    yield from by_hand(rng, every_days=90, median=1500, spread=0.6)


def bursts(rng: random.Random) -> Iterator[Demand]:
    """Few messages a day; large campaigns, most of them announced some days ahead, some started by hand."""
    for day in range(DAYS):
        yield Demand(at=moment(day, 12), campaign="codes", credits=around(rng, 60, 0.4))
    day = 8 + rng.expovariate(1 / 9)
    while day < DAYS:
        size = round(2500 * math.exp(rng.gauss(0, 0.5)))
        yield once(rng, int(day), size, ahead=rng.uniform(4.5, 12))
        day += rng.expovariate(1 / 9)
    yield from by_hand(rng, every_days=30, median=1500, spread=0.8)


def once(rng: random.Random, day: int, amount: float, *, ahead: float) -> Demand:
    """A campaign with one moment, whose file is written so many days ahead."""
    at = moment(day, rng.choice((9, 10, 11, 14, 16)))
    planned_from = at - timedelta(days=ahead)
    return Demand(at=at, campaign=f"once_{day}_{amount:.0f}", credits=amount, planned_from=planned_from, is_once=True)


ACCOUNTS = (
    Account(name="steady", first_stock=9_000, year=steady),
    Account(name="seasonal", first_stock=9_000, year=seasonal),
    Account(name="bursts", first_stock=9_000, year=bursts),
)
