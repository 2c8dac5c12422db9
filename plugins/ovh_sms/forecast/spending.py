"""The rate of spending of an account by weekday, from what it spent on the days before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from statistics import median
from zoneinfo import ZoneInfo

from ovh_sms.forecast.planned import PlannedRun

#: Spending before so many days says nothing any more.
HISTORY_DAYS = 84
#: A day counts half as much as one that is so many days later.
HALF_LIFE_DAYS = 14.0
#: A recent and a long memory of spending: a difference between them shows that it rises or falls.
FAST_DAYS, SLOW_DAYS = 7.0, 28.0
#: One day shapes its weekday with at most so many times the median of the days on which anything was spent.
MOST_OF_MEDIAN = 3.0
#: Days of average spending that each weekday is assumed to have seen, so that one day alone makes no pattern.
WEEKDAY_PRIOR = 2.0
#: Days assumed to have differed from the average by the average itself: few days of history prove no steadiness.
SPREAD_PRIOR = 2.0
WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Credits of one submission that were not refunded.

    :param at: when it was submitted, aware.
    :param planned_at: when its run was planned; ``None`` for a run started by hand or by data.
    """

    at: datetime
    credits: float
    campaign: str = ""
    planned_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AccountSpending:
    """What is known of an account's spending.

    :param spendings: those of the last :data:`HISTORY_DAYS` days at least.
    :param known_since: when the account first spent anything, however long ago; ``None`` if it never did.
    """

    spendings: Sequence[Spending] = ()
    known_since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SpendingHistory:
    """Credits spent by day, without those of runs that are in the plan.

    :param first: the first day.
    :param by_day: credits of each whole day from ``first`` to yesterday.
    :param today: credits spent today so far.
    :param once: credits of ``by_day`` that went to planned campaigns which are not planned any more, by day.
    """

    first: date
    by_day: tuple[float, ...]
    today: float = 0.0
    once: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SpendingRate:
    """Credits spent a day outside the plan.

    :param by_weekday: credits expected on Monday, Tuesday, and so on.
    :param spread: credits by which one day differs from its weekday's rate (standard deviation).
    :param uncertainty: credits a day by which the rate itself may be wrong (standard deviation).
    :param days: whole days that it is derived from.
    :param once_share: share of spending that went to campaigns sent once.
    """

    by_weekday: tuple[float, ...]
    spread: float
    uncertainty: float
    days: int
    once_share: float = 0.0

    @property
    def per_day(self) -> float:
        """Credits a day, over a week."""
        return sum(self.by_weekday) / WEEK


def spending_history(
    known: AccountSpending,
    *,
    planned: Sequence[PlannedRun],
    announced: Collection[tuple[str, datetime]],
    now: datetime,
    zone: ZoneInfo,
) -> SpendingHistory | None:
    """Add up an account's spending by day, without what the plan counts.

    :param planned: the coming runs. Earlier runs of a campaign whose schedule plans more are left out.
    :param announced: campaigns and times of earlier runs that were in a plan in time, see
        :func:`~ovh_sms.forecast.forecast.announced_runs`; those are left out too.
    :param now: aware.
    :param zone: zone in which days begin.
    :returns: ``None`` before one whole day is known.
    """
    today = now.astimezone(zone).date()
    if known.known_since is None:
        return None
    first = max(known.known_since.astimezone(zone).date(), today - timedelta(days=HISTORY_DAYS))
    days = (today - first).days
    if days < 1:
        return None
    by_day, once = [0.0] * (days + 1), [0.0] * days
    for each in _unplanned(known.spendings, planned, announced):
        index = (each.at.astimezone(zone).date() - first).days
        if 0 <= index <= days:
            by_day[index] += each.credits
        if 0 <= index < days and each.planned_at is not None:
            once[index] += each.credits
    return SpendingHistory(first=first, by_day=tuple(by_day[:days]), today=by_day[days], once=tuple(once))


def _unplanned(
    spendings: Sequence[Spending], planned: Sequence[PlannedRun], announced: Collection[tuple[str, datetime]]
) -> Iterator[Spending]:
    """Leave out runs that were in a plan, and those by hand from before their campaign had a schedule."""
    recurring = {run.campaign for run in planned if not run.is_once}
    scheduled_since: dict[str, datetime] = {}
    for each in spendings:
        if each.campaign in recurring and each.planned_at is not None:
            scheduled_since[each.campaign] = min(each.at, scheduled_since.get(each.campaign, each.at))
    for each in spendings:
        if each.planned_at is not None and (each.campaign, each.planned_at) in announced:
            continue
        if each.campaign in recurring:
            since = scheduled_since.get(each.campaign)
            if each.planned_at is not None or since is None or each.at < since:
                continue
        yield each


def spending_rate(history: SpendingHistory) -> SpendingRate:
    """Derive the rate of spending by weekday; the later a day, the more it counts."""
    days = history.by_day
    weekdays = [(history.first.weekday() + index) % WEEK for index in range(len(days))]
    weights = _weights(len(days), HALF_LIFE_DAYS)
    shape = _weekday_shape(days, weekdays, weights)
    level = _level(days, weekdays, weights, shape)
    effective = _effective(weights)
    squares = sum(
        weight * (spent - level * shape[weekday]) ** 2
        for spent, weekday, weight in zip(days, weekdays, weights, strict=True)
    ) / sum(weights)
    # The weighted mean takes one day's worth of freedom from the squares; the prior adds its own.
    variance = (effective * squares + SPREAD_PRIOR * level**2) / (max(effective - 1, 0.0) + SPREAD_PRIOR)
    drift = _drift_variance(days, weekdays, shape, variance)
    spent, once = _weighted(days, weights), _weighted(history.once, weights) if history.once else 0.0
    return SpendingRate(
        by_weekday=tuple(level * each for each in shape),
        spread=sqrt(variance),
        uncertainty=sqrt(variance / effective + drift),
        days=len(days),
        once_share=once / spent if spent > 0 else 0.0,
    )


def _weights(days: int, half_life: float) -> list[float]:
    """Yesterday counts most."""
    return [0.5 ** ((days - 1 - index) / half_life) for index in range(days)]


def _effective(weights: Sequence[float]) -> float:
    """The number of equal days that say as much."""
    return sum(weights) ** 2 / sum(each * each for each in weights)


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True))


def _weekday_shape(days: Sequence[float], weekdays: Sequence[int], weights: Sequence[float]) -> list[float]:
    """Spending of each weekday as a multiple of the average. One large day hardly changes it."""
    cap = MOST_OF_MEDIAN * median([each for each in days if each > 0] or [0.0])
    if cap <= 0:
        return [1.0] * WEEK
    capped = [min(max(each, 0.0), cap) for each in days]
    average = _weighted(capped, weights) / sum(weights)
    spent, weight_of = [WEEKDAY_PRIOR * average] * WEEK, [WEEKDAY_PRIOR] * WEEK
    for value, weekday, weight in zip(capped, weekdays, weights, strict=True):
        spent[weekday] += weight * value
        weight_of[weekday] += weight
    rates = [amount / weight for amount, weight in zip(spent, weight_of, strict=True)]
    mean = sum(rates) / WEEK
    return [each / mean for each in rates] if mean > 0 else [1.0] * WEEK


def _level(days: Sequence[float], weekdays: Sequence[int], weights: Sequence[float], shape: Sequence[float]) -> float:
    """Credits of an average day, whichever weekdays the history holds."""
    expected = sum(weight * shape[weekday] for weekday, weight in zip(weekdays, weights, strict=True))
    return max(_weighted(days, weights), 0.0) / expected if expected > 0 else 0.0


def _drift_variance(days: Sequence[float], weekdays: Sequence[int], shape: Sequence[float], variance: float) -> float:
    """The square of what spending has lately risen or fallen by, beyond what chance explains."""
    fast, slow = _weights(len(days), FAST_DAYS), _weights(len(days), SLOW_DAYS)
    difference = _level(days, weekdays, fast, shape) - _level(days, weekdays, slow, shape)
    chance = variance * (1 / _effective(fast) - 1 / _effective(slow))
    return max(0.0, difference**2 - max(0.0, chance))
