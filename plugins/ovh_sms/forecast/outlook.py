"""Credits that an account will spend from now on, with an interval: its rate of spending and its planned runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import sqrt
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
    :param today: credits spent today so far, outside the plan.
    :param planned: the coming runs.
    """

    now: datetime
    rate: SpendingRate | None
    today: float = 0.0
    planned: tuple[PlannedRun, ...] = ()

    def spending(self, days: float) -> Interval:
        """Return the credits that will be spent in so many days from now.

        A campaign that is sent once uses up what such campaigns usually cost, rather than adding to it: the expected
        credits hold it once. The upper end adds both, as another one may follow.
        """
        recurring, once = self._planned(days, at_most=False)
        rate, margin = self._unplanned(days)
        usual_once = min(once, rate * self.rate.once_share) if self.rate else 0.0
        return Interval(
            low=recurring + max(once, rate - margin),
            expected=recurring + once + rate - usual_once,
            high=sum(self._planned(days, at_most=True)) + rate + margin,
        )

    def at_most(self, days: float, *, after: float = 0.0) -> float:
        """Return the credits that may be spent in so many days, nine of ten times.

        :param after: the days begin so many days from now.
        """
        planned = sum(self._planned(after + days, at_most=True)) - sum(self._planned(after, at_most=True))
        return planned + sum(self._unplanned(days))

    def _unplanned(self, days: float) -> tuple[float, float]:
        """Credits expected outside the plan, and what they may be more."""
        if self.rate is None:
            return 0.0, 0.0
        margin = NINE_OF_TEN * sqrt(days * self.rate.spread**2 + (days * self.rate.uncertainty) ** 2)
        return self._expected(days), margin

    def _expected(self, days: float) -> float:
        """The rest of today's rate, then whole days, then a share of the last day."""
        assert self.rate is not None
        by_weekday, weekday = self.rate.by_weekday, self.now.weekday()
        rest_of_today = 1 - _share_passed(self.now)
        left_today = max(0.0, by_weekday[weekday] - max(self.today, 0.0))
        if days <= rest_of_today:
            return left_today * days / rest_of_today
        whole, share = divmod(days - rest_of_today, 1)
        weeks, rest = divmod(int(whole), WEEK)
        following = [by_weekday[(weekday + 1 + index) % WEEK] for index in range(rest + 1)]
        return left_today + weeks * sum(by_weekday) + sum(following[:-1]) + share * following[-1]

    def _planned(self, days: float, *, at_most: bool) -> tuple[float, float]:
        """Credits of recurring campaigns, and of those sent once. Beyond the plan the recurring ones go on as in it."""
        end = self.now + timedelta(days=min(days, PLAN_DAYS))
        recurring = once = 0.0
        for run in self.planned:
            if run.at < end:
                cost = run.at_most if at_most else run.credits
                recurring, once = (recurring, once + cost) if run.is_once else (recurring + cost, once)
        return recurring * max(days, PLAN_DAYS) / PLAN_DAYS, once


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
        :func:`~ovh_sms.forecast.forecast.announced_runs`. The rate does not expect such runs again: the next one
        will be announced too.
    :param zone: name of the zone in which days begin.
    """
    local = ZoneInfo(zone)
    history = spending_history(known, planned=planned, announced=announced, now=now, zone=local)
    return Outlook(
        now=now.astimezone(local),
        rate=spending_rate(history) if history else None,
        today=history.today if history else 0.0,
        planned=tuple(planned),
    )


def end_of_day(now: datetime, day: date) -> float:
    """Return the days from now to the end of a day."""
    midnight = datetime.combine(day + _DAY, time(), tzinfo=now.tzinfo)
    return (midnight - now) / _DAY


def _share_passed(now: datetime) -> float:
    return (now.hour + now.minute / 60 + now.second / 3_600) / 24
