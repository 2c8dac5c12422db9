"""A run beside the account's earlier runs: their usual rates, and the rule by which a rate is unusual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from statistics import median, quantiles
from typing import TYPE_CHECKING

from ovh_sms.report.language import translatable

if TYPE_CHECKING:
    from ovh_sms.store.figures import RunTotals

#: Earlier runs are those of so long a time.
PERIOD = timedelta(days=90)
#: Runs from which on their range is usual; and from which on a rate may be unusual, with so many messages in the run.
FEWEST_FOR_RANGE, FEWEST_FOR_RULE, FEWEST_MESSAGES = 5, 8, 200
#: Distance from the median, in standard deviations as the median absolute deviation estimates them.
_DEVIATIONS, _TO_DEVIATION = 3.5, 1.4826

#: Rates by name: the part, the whole, and whether a higher one is worse.
_RATES: dict[str, tuple[Callable[[RunTotals], int], Callable[[RunTotals], int], bool]] = {
    "delivered": (lambda run: run.delivered, lambda run: run.submitted, False),
    "failed": (lambda run: run.failed, lambda run: run.submitted, True),
    "opt_outs": (lambda run: run.opt_outs, lambda run: run.delivered, True),
    "rejected": (lambda run: run.rows - run.accepted, lambda run: run.rows, True),
}
NAMES = {
    "delivered": translatable("Delivery rate"),
    "failed": translatable("Failure rate"),
    "opt_outs": translatable("STOP rate"),
    "rejected": translatable("Reject rate"),
}


@dataclass(frozen=True, kw_only=True)
class Usual:
    """One rate of a run beside those of earlier runs, in percent.

    :param rate: of this run; ``None`` of nothing.
    :param low: a quarter of the earlier runs had less.
    :param high: a quarter had more.
    :param runs: earlier runs that have the rate.
    :param is_unusual: whether it is worse than chance and the earlier runs explain.
    """

    name: str
    rate: float | None
    median: float
    low: float
    high: float
    runs: int
    is_unusual: bool


def compare(run: RunTotals, earlier: Sequence[RunTotals], *, is_whole: bool) -> tuple[Usual, ...]:
    """Compare the rates of a run with those of earlier ones.

    :param is_whole: whether every batch of the run is collected; otherwise no rate is unusual.
    :returns: the rates that at least ``FEWEST_FOR_RANGE`` earlier runs have.
    """
    found = []
    for name, (part, whole, higher_is_worse) in _RATES.items():
        rates = [100 * part(each) / whole(each) for each in earlier if whole(each) > 0]
        if len(rates) < FEWEST_FOR_RANGE:
            continue
        rate = 100 * part(run) / whole(run) if whole(run) > 0 else None
        low, _, high = quantiles(rates, n=4, method="inclusive")
        is_unusual = (
            is_whole
            and rate is not None
            and run.submitted >= FEWEST_MESSAGES
            and len(rates) >= FEWEST_FOR_RULE
            and (rate - median(rates)) * (1 if higher_is_worse else -1) > _limit(rates, whole(run))
        )
        usual = Usual(
            name=name, rate=rate, median=median(rates), low=low, high=high, runs=len(rates), is_unusual=is_unusual
        )
        found.append(usual)
    return tuple(found)


def _limit(rates: Sequence[float], whole: int) -> float:
    """Distance from the median that is still usual: what earlier runs and chance explain, at least half a point."""
    middle = median(rates)
    spread = _TO_DEVIATION * median(abs(rate - middle) for rate in rates)
    chance = sqrt(max(middle, 1.0) * max(100 - middle, 1.0) / whole)
    return max(0.5, _DEVIATIONS * sqrt(spread * spread + chance * chance))
