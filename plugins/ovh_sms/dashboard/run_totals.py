"""The sums of a list of runs: people, messages, credits, and money if prices are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.report import words

if TYPE_CHECKING:
    from ovh_sms.dashboard.run_rows import RunRow
    from ovh_sms.store.store import Store

#: The prices of more runs are not read for a page.
MOST_PRICED = 1000


@dataclass(frozen=True, kw_only=True)
class ListTotals:
    """Sums of runs.

    :param receivers: people who should get the messages; ``sent`` of them OVH took, ``delivered`` are delivered.
    :param credits_estimated: ``None`` if no run of the list has an estimate.
    :param money: without tax, by currency, of the ``priced`` of ``batches`` with known credits and a known price.
    """

    receivers: int
    sent: int
    delivered: int
    batches: int
    batches_planned: int
    credits_spent: float
    credits_estimated: float | None
    money: dict[str, float]
    priced: int

    def money_shown(self, language: str) -> str:
        """The money in words; empty if no price is known."""
        return " + ".join(words.money(amount, currency, language) for currency, amount in sorted(self.money.items()))


def list_totals(rows: Sequence[RunRow], store: Store) -> ListTotals:
    """Add up the runs of a list."""
    runs = [row.status for row in rows]
    estimates = [run.credits_estimated for run in runs if run.credits_estimated is not None]
    spent = {
        each.results.record.tag: each.results.credits_spent - each.results.refunded
        for run in runs[:MOST_PRICED]
        for each in run.batches
        if each.results.credits_spent is not None and each.results.record.tag
    }
    prices = store.figures.prices(list(spent)) if len(runs) <= MOST_PRICED else {}
    money: dict[str, float] = defaultdict(float)
    for tag, (price, currency) in prices.items():
        money[currency] += spent[tag] * price
    return ListTotals(
        receivers=sum(run.receivers for run in runs),
        sent=sum(run.sent for run in runs),
        delivered=sum(run.delivered for run in runs),
        batches=sum(run.batches_sent for run in runs),
        batches_planned=sum(run.batches_planned or 0 for run in runs),
        credits_spent=sum(run.credits_spent for run in runs),
        credits_estimated=sum(estimates) if estimates else None,
        money=dict(money),
        priced=len(prices),
    )
