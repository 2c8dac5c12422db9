"""One account through a year: each morning the real rules see the past and the plan, and a person pays later."""

from __future__ import annotations

import random
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from credits_year.accounts import ANNOUNCED_AHEAD, DAYS, Account, Demand, moment
from ovh_sms.forecast import need
from ovh_sms.forecast import outlook as rate
from ovh_sms.forecast.forecast import Forecast, announced_runs, forecast
from ovh_sms.forecast.need import CreditsNeeded, StockRule
from ovh_sms.forecast.planned import PlannedCampaign, PlannedRun, plan_end, planned_runs
from ovh_sms.forecast.spending import AccountSpending, Spending

CHECK_HOUR = 7.0
#: Sizes of orders that the account's file allows. A larger one costs less a credit, so the largest that fits is taken.
SIZES = tuple(range(1_000, 11_000, 1_000))
PAYS_WITHIN = timedelta(days=3)
NEVER_RAN = 10_000.0


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """A campaign that nobody announced.

    :param limit: the stock asked for, see :meth:`Simulation.limit`.
    """

    day: date
    campaign: str
    credits: float
    limit: float


@dataclass(frozen=True, kw_only=True)
class DryDay:
    """A day on which a campaign was not covered.

    :param stock: credits of the account when it was to be sent.
    :param asked: stock that the rule asked for on the morning of the first such day.
    :param cause: the one unannounced campaign that exceeds the stock asked for; without it, the rules are to blame.
    """

    day: date
    campaign: str
    credits: float
    stock: float
    asked: float
    was_announced: bool
    cause: Surprise | None


@dataclass
class Year:
    """The year of an account, day by day."""

    stocks: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    spent_by_day: list[float] = field(default_factory=list)
    dry: list[DryDay] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    forecasts: list[Forecast] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)


@dataclass
class Simulation:
    """:param rule: the stock asked for."""

    account: Account
    seed: int
    rule: StockRule

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.account.name} {self.seed}")
        # Within this account's year each demand is known here from the start; the rules get them by the clock.
        self.demands = sorted(self.account.year(self.rng), key=lambda each: (each.at, each.campaign))
        self.recurring = {each.campaign for each in self.demands if each.planned_from and not each.is_once}
        self.stock = self.account.first_stock
        self.sent: list[Spending] = []
        self.costs: dict[str, list[float]] = {}
        self.waiting: list[Demand] = []
        self.asked_first: dict[Demand, float] = {}
        self.surprises: dict[Demand, Surprise] = {}
        self.lately: list[CreditsNeeded] = []
        self.planned_sent = 0.0
        self.arrives: tuple[datetime, int] | None = None
        self.announced: set[tuple[str, datetime]] = set()
        self.year = Year()

    def run(self) -> Year:
        for day in range(DAYS):
            morning, evening = moment(day, CHECK_HOUR), moment(day + 1, 0)
            needed = self.check(morning)
            self.year.stocks.append(self.stock)
            self.send_until(day, evening, needed)
            self.year.stocks.append(self.stock)
        return self.year

    def check(self, now: datetime) -> CreditsNeeded:
        """Check and order each morning, with the rules of the package."""
        earliest = now - timedelta(days=100)
        recent = self.sent[bisect_right(self.sent, earliest, key=lambda each: each.at) :]
        known = AccountSpending(spendings=recent, known_since=self.sent[0].at if self.sent else None)
        coming = rate.outlook(known, self.plan(now), now=now, announced=self.announced)
        reserved = sum(each.credits for each in self.waiting)
        made = forecast(coming, self.stock, reserved=reserved)
        self.announced |= announced_runs([made], days_ahead=ANNOUNCED_AHEAD)
        needed = need.credits_needed(self.rule, coming, credits_left=self.stock, reserved=reserved)
        if needed.is_needed and self.arrives is None:  # an open order stops others
            size = max(need.fitting_sizes(needed, SIZES))
            self.arrives = (now + self.rng.random() * PAYS_WITHIN, size)
            self.year.orders.append(size)
        self.lately.append(needed)
        self.planned_sent = 0.0
        self.year.forecasts.append(made)
        self.year.asked.append(needed.asked)
        self.year.highs.append(coming.spending(self.rule.cover_days or 14.0).high)
        return needed

    def plan(self, now: datetime) -> list[PlannedRun]:
        """The coming runs of files that exist now; their cost is that of their last lists."""
        end = plan_end(now)
        first = bisect_right(self.demands, now, key=lambda each: each.at)
        times: dict[tuple[str, bool], list[datetime]] = {}
        costs = dict(self.costs)
        for each in self.demands[first:]:
            if each.at >= end:
                break
            if each.planned_from is not None and each.planned_from <= now:
                times.setdefault((each.campaign, each.is_once), []).append(each.at)
                if each.is_once:
                    costs[each.campaign] = [each.credits]  # its budget: the author has counted the list
        campaigns = [
            PlannedCampaign(campaign=name, times=moments, costs=costs.get(name, ()), budget=NEVER_RAN, is_once=is_once)
            for (name, is_once), moments in times.items()
        ]
        return planned_runs(campaigns, now)

    def send_until(self, day: int, evening: datetime, needed: CreditsNeeded) -> None:
        """Let campaigns and paid orders come in their order."""
        spent_before = sum(each.credits for each in self.sent)
        events: list[Demand] = [each for each in self.demands if moment(day, 0) <= each.at < evening]
        short = {each: self.dry_day(day, each, needed) for each in self.waiting}
        while events or (self.arrives and self.arrives[0] < evening):
            if self.arrives and self.arrives[0] < evening and (not events or self.arrives[0] <= events[0].at):
                self.stock += self.arrives[1]
                at, self.arrives = self.arrives[0], None
                self.send_waiting(at)
                continue
            each = events.pop(0)
            self.costs.setdefault(each.campaign, []).insert(0, each.credits)  # its list is prepared
            covered = self.send(each, each.at)
            self.note_surprise(each, covered=covered)
            if covered and self.was_announced(each):
                self.planned_sent += each.credits
            if not covered:
                self.waiting.append(each)
                short[each] = self.dry_day(day, each, needed)
        self.year.dry += short.values()
        self.year.spent_by_day.append(sum(each.credits for each in self.sent) - spent_before)

    def dry_day(self, day: int, each: Demand, needed: CreditsNeeded) -> DryDay:
        since = each.at - timedelta(days=ANNOUNCED_AHEAD)
        causes = [
            it for demand, it in self.surprises.items() if since <= demand.at <= each.at and it.credits > it.limit
        ]
        return DryDay(
            day=moment(day, 0).date(),
            campaign=each.campaign,
            credits=each.credits,
            stock=self.stock,
            asked=self.asked_first.setdefault(each, needed.asked),
            was_announced=self.was_announced(each),
            cause=max(causes, key=lambda it: it.credits - it.limit, default=None),
        )

    def was_announced(self, each: Demand) -> bool:
        return each.campaign in self.recurring or (each.campaign, each.at) in self.announced

    def note_surprise(self, each: Demand, *, covered: bool) -> None:
        if not self.was_announced(each):
            self.surprises[each] = Surprise(
                day=each.at.date(), campaign=each.campaign, credits=each.credits, limit=self.limit(covered=covered)
            )

    def limit(self, *, covered: bool) -> float:
        """The stock that the rules asked for on each of the last mornings: what is asked for later is not paid yet.

        Planned runs that were sent since have used their share. A campaign that is covered takes credits from planned
        runs to come if it exceeds what was asked for beside them.
        """
        lately = self.lately[-1 - int(ANNOUNCED_AHEAD) :]
        return min(each.asked - (each.planned if covered else self.planned_sent) for each in lately)

    def send_waiting(self, at: datetime) -> None:
        for each in sorted(self.waiting, key=lambda each: each.at):
            if self.send(each, at):
                self.waiting.remove(each)

    def send(self, each: Demand, at: datetime) -> bool:
        if each.credits > self.stock:
            return False
        self.stock -= each.credits
        spending = Spending(at=at, credits=each.credits, campaign=each.campaign, planned_at=each.planned_at)
        insort(self.sent, spending, key=lambda sent: sent.at)
        return True
