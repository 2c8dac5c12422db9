"""The overview of all campaigns: runs that need a person, runs under way, and the figures of the last 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from zoneinfo import ZoneInfo

from ovh_sms.report.run_figures import RunFigures
from ovh_sms.report.run_state import RunState, RunStatus

#: Days of the figures, and of the usual range before them.
DAYS, USUAL_DAYS = 30, 90
#: Runs with fewer messages say nothing of a usual rate; and so many runs make a range.
FEWEST_MESSAGES, FEWEST_RUNS = 20, 5
#: A run that was not sent needs a person for so long, unless a later run of its campaign was sent.
ATTENTION_DAYS = 7
#: States on which a person must act, however old they are.
ALWAYS_NEEDING = frozenset(
    {*(RunState.UNKNOWN, RunState.TROUBLED, RunState.ON_HOLD), *(RunState.AWAITING_APPROVAL, RunState.UNCOLLECTED)}
)
#: Those of them at the beginning of the list.
_FIRST = ALWAYS_NEEDING - {RunState.UNCOLLECTED}
#: A cancellation is mostly over by then.
SLOW_CANCELLATION = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share of the last 30 days, with its whole and the usual range.

    :param part: ``None``-free counts: ``part`` of ``whole``.
    :param usual: lower and upper end, in percent, of eight in ten runs of the last 90 days; ``None`` of too few.
    """

    part: int
    whole: int
    usual: tuple[float, float] | None

    @property
    def percent(self) -> float | None:
        """The share in percent; ``None`` of nothing."""
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The figures of the last 30 days.

    :param runs: runs that sent anything; ``open_runs`` of them are not final yet, with ``open_credits``.
    :param unknown: people of batches whose outcome is unknown; they are in no other figure.
    :param sent_by_day: messages by day, the oldest first, the last one today.
    :param delivered: of the messages that are final.
    :param opt_outs: people who answered STOP, of those whom a marketing message reached.
    """

    runs: int
    sent: int
    unknown: int
    sent_by_day: list[tuple[datetime, int]]
    delivered: Rate
    opt_outs: Rate
    credits: float
    open_runs: int
    open_credits: float


def overview(runs: Sequence[RunFigures], now: datetime, zone: ZoneInfo) -> Overview:
    """Add up the runs of the last 30 days.

    :param runs: those of the last 90 days.
    :param now: aware.
    """
    since = now - timedelta(days=DAYS)
    sent = [run for run in runs if run.sent_at is not None and run.sent_at >= since]
    unfinished = [run for run in sent if run.state not in {RunState.FINAL, RunState.CANCELLED}]
    marketing = [run for run in sent if run.marketing]
    usual = [run for run in runs if run.state is RunState.FINAL and run.sent >= FEWEST_MESSAGES]
    return Overview(
        runs=len(sent),
        sent=sum(run.sent for run in sent),
        unknown=sum(_unknown_since(run, since) for run in runs),
        sent_by_day=_by_day(sent, now, zone),
        delivered=Rate(
            part=sum(run.delivered for run in sent),
            whole=sum(run.final for run in sent),
            usual=_usual([100 * run.delivered / run.sent for run in usual]),
        ),
        opt_outs=Rate(
            part=sum(run.opt_outs for run in marketing),
            whole=sum(run.delivered for run in marketing),
            usual=_usual([100 * run.opt_outs / run.delivered for run in usual if _is_marketing(run)]),
        ),
        credits=sum(run.credits_spent for run in sent),
        open_runs=len(unfinished),
        open_credits=sum(run.credits_spent for run in unfinished),
    )


def needing_a_person(runs: Sequence[RunFigures], now: datetime) -> list[RunFigures]:
    """List the runs on which a person must act: unknown outcomes first, then those not sent, the newest first.

    A run that was not sent, or in part, needs nobody once a later run of its campaign was sent.

    :param runs: the newest first.
    """
    since = now - timedelta(days=ATTENTION_DAYS)
    found, passed = [], set()
    for run in runs:
        if run.state in ALWAYS_NEEDING or _is_slow_cancellation(run, now):
            found.append(run)
        elif run.state in {RunState.BLOCKED, RunState.IN_PART} and run.campaign not in passed:
            found += [run] if run.started_at is not None and run.started_at >= since else []
        if run.batches_sent and run.state is not RunState.IN_PART:
            passed.add(run.campaign)
    return sorted(found, key=lambda run: run.state not in _FIRST)


def _is_slow_cancellation(run: RunFigures, now: datetime) -> bool:
    """Whether a cancellation that was asked for has not withdrawn everything for a while."""
    at = run.cancelled_at
    return run.state is RunState.CANCELLING and at is not None and now - at > SLOW_CANCELLATION


def under_way(runs: Sequence[RunStatus]) -> list[RunStatus]:
    """List the runs that change by themselves, the newest first; not those that merely wait for the last phones."""
    return [run for run in runs if run.is_under_way]


def _unknown_since(run: RunFigures, since: datetime) -> int:
    return sum(receivers for at, receivers in run.unknown if at >= since)


def _is_marketing(run: RunFigures) -> bool:
    return run.marketing and run.delivered > 0


def _by_day(runs: Sequence[RunFigures], now: datetime, zone: ZoneInfo) -> list[tuple[datetime, int]]:
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = {(today - timedelta(days=back)).date(): 0 for back in range(DAYS - 1, -1, -1)}
    for run in runs:
        for at, sent in run.sent_by_batch:
            day = at.astimezone(zone).date()
            if day in days:
                days[day] += sent
    return [(datetime.combine(day, datetime.min.time(), tzinfo=zone), number) for day, number in days.items()]


def _usual(rates: Sequence[float]) -> tuple[float, float] | None:
    """The range of eight in ten; ``None`` of too few runs."""
    if len(rates) < FEWEST_RUNS:
        return None
    tenths = quantiles(rates, n=10, method="inclusive")
    return tenths[0], tenths[-1]
