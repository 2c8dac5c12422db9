"""Credits that an account will spend from now on, with an interval: its rate of spending and its planned runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate
from math import sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ovh_sms.forecast.planned import PLAN_DAYS, PlannedRun
from ovh_sms.forecast.spending import WEEK, AccountSpending, SpendingRate, spending_history, spending_rate

#: Spending stays below the upper end of the interval, and above its lower one, in nine of ten cases each.
NINE_OF_TEN = 1.2816
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Credits spent by a moment.

    :param low: nine of ten times it is more.
    :param high: nine of ten times it is less.
    """

    low: float
    expected: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Coming spending.

    :param now: aware, in the zone in which days begin.
    :param rate: spending outside the plan; ``None`` without a day of history.
    :param unannounced: of it, spending that no plan announced in time: so much must be in stock before it is known.
    :param today: credits spent today so far, outside the plan.
    :param planned: the coming runs, the next one first.
    """

    now: datetime
    rate: SpendingRate | None
    unannounced: SpendingRate | None
    today: float = 0.0
    planned: tuple[PlannedRun, ...] = ()

    def spending(self, days: float) -> Interval:
        """Return the credits that will be spent in so many days from now.

        A planned campaign that is sent once is one of those that the rate expects: it uses up what such campaigns
        usually cost, and adds only what is beyond that.
        """
        plan = self._plan(0.0, days)
        rate, margin = self._unplanned(days, self.rate)
        more = max(0.0, plan.once - rate * self.rate.once_share) if self.rate else plan.once
        expected = plan.recurring + rate + more
        return Interval(
            low=plan.recurring + max(plan.once, rate - margin), expected=expected, high=expected + plan.more + margin
        )

    def at_most(self, days: float, *, after: float = 0.0) -> float:
        """Return the credits that must be in stock for so many days, nine of ten times.

        These are the planned runs, and what no plan announces in time.

        :param after: the days begin so many days from now.
        """
        plan = self._plan(after, after + days)
        rate, margin = self._unplanned(days, self.unannounced)
        return plan.recurring + plan.once + plan.more + rate + margin

    def planned_at_most(self, days: float) -> float:
        """Return the credits that planned runs may cost in so many days from now."""
        plan = self._plan(0.0, days)
        return plan.recurring + plan.once + plan.more

    def _unplanned(self, days: float, rate: SpendingRate | None) -> tuple[float, float]:
        """Credits expected outside the plan, and what they may be more."""
        if rate is None:
            return 0.0, 0.0
        margin = NINE_OF_TEN * sqrt(days * rate.spread**2 + (days * rate.uncertainty) ** 2)
        return self._expected(days, rate.by_weekday), margin

    def _expected(self, days: float, by_weekday: Sequence[float]) -> float:
        """The rates of the days, less what of today's is spent: each day is taken to go as today went so far."""
        weekday, passed = self.now.weekday(), _share_passed(self.now)
        spent_today = min(max(self.today, 0.0), by_weekday[weekday])
        done = spent_today / by_weekday[weekday] if spent_today else 0.0
        whole, share = divmod(passed + days, 1)
        weeks, rest = divmod(int(whole), WEEK)
        following = [by_weekday[(weekday + index) % WEEK] for index in range(rest + 1)]
        # Of a day's rate, `done` is spent until the time of day that it is now, the rest after it.
        part = done * share / passed if share < passed else done + (1 - done) * (share - passed) / (1 - passed)
        return weeks * sum(by_weekday) + sum(following[:-1]) + part * following[-1] - spent_today

    def _plan(self, first: float, last: float) -> _Plan:
        """Add up planned runs of some days. Beyond the plan the recurring ones go on as in it."""
        found = self._within(first, min(last, PLAN_DAYS))
        beyond = max(0.0, last - max(first, PLAN_DAYS))
        if not beyond:
            return found
        share, whole = beyond / PLAN_DAYS, self._within(0.0, PLAN_DAYS)
        return _Plan(found.recurring + share * whole.recurring, found.once, found.more + share * whole.more)

    def _within(self, first: float, last: float) -> _Plan:
        start, end = (bisect_left(self._days_ahead, each) for each in (first, last))
        return _Plan(*(sums[end] - sums[start] for sums in self._sums))

    @cached_property
    def _days_ahead(self) -> list[float]:
        return [(run.at - self.now) / _DAY for run in self.planned]

    @cached_property
    def _sums(self) -> tuple[list[float], list[float], list[float]]:
        """Credits of the first runs together: of recurring campaigns, of those sent once; what all may cost more."""
        recurring = [0.0 if run.is_once else run.credits for run in self.planned]
        once = [run.credits if run.is_once else 0.0 for run in self.planned]
        more = [run.at_most - run.credits for run in self.planned]
        return _running(recurring), _running(once), _running(more)


def _running(values: Sequence[float]) -> list[float]:
    return list(accumulate(values, initial=0.0))


class _Plan(NamedTuple):
    """Credits of planned runs, and what they may cost more."""

    recurring: float
    once: float
    more: float


def outlook(
    known: AccountSpending,
    planned: Sequence[PlannedRun],
    *,
    now: datetime,
    announced: Collection[tuple[str, datetime]] = (),
    zone: str = "Europe/Paris",
) -> Outlook:
    """Return what an account will spend, by its past and its planned runs.

    :param known: what it spent.
    :param planned: its coming runs, as :func:`~ovh_sms.forecast.planned.planned_runs` lists them.
    :param now: aware.
    :param announced: earlier runs that were in a plan in time, see
        :func:`~ovh_sms.forecast.forecast.announced_runs`. No stock is held for such runs: the next one will be
        announced in time, too.
    :param zone: name of the zone in which days begin.
    """
    local = ZoneInfo(zone)
    history = spending_history(known, planned=planned, announced=(), now=now, zone=local)
    unannounced = spending_history(known, planned=planned, announced=announced, now=now, zone=local)
    return Outlook(
        now=now.astimezone(local),
        rate=spending_rate(history) if history else None,
        unannounced=spending_rate(unannounced) if unannounced else None,
        today=history.today if history else 0.0,
        planned=tuple(sorted(planned, key=lambda run: run.at)),
    )


def end_of_day(now: datetime, day: date) -> float:
    """Return the days from now to the end of a day."""
    midnight = datetime.combine(day + _DAY, time(), tzinfo=now.tzinfo)
    return (midnight - now) / _DAY


def _share_passed(now: datetime) -> float:
    return (now.hour + now.minute / 60 + now.second / 3_600) / 24
