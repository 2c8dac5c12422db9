"""The figures of each submission's messages, saved when it was collected; and the counts of an account's runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, select

from ovh_sms.store import tables
from ovh_sms.store.message_figures import MessageFigures
from ovh_sms.store.repository import Repository
from ovh_sms.store.resend_tables import resends

_table = tables.figures
#: Values in one statement at most: SQLite has a limit.
_AT_ONCE = 500


class RunTotals(NamedTuple):
    """One earlier run in counts: every batch of it is collected.

    :param failed: those that expired too.
    """

    dag_id: str
    run_id: str
    sent_at: datetime
    rows: int
    accepted: int
    submitted: int
    delivered: int
    failed: int
    opt_outs: int


class FiguresTable(Repository):
    """Figures by submission. :meth:`ovh_sms.store.submissions.Submissions.finish` saves them."""

    def of(self, *tags: str) -> dict[str, MessageFigures]:
        """Read the figures of some submissions; those that are not collected yet are left out."""
        query = select(_table.c.tag, _table.c.counts).where(_table.c.tag.in_(tags))
        with self.database.reading() as connection:
            return {tag: MessageFigures.from_json(counts) for tag, counts in connection.execute(query)}

    def prices(self, tags: Sequence[str]) -> dict[str, tuple[float, str]]:
        """Read the price of a credit and its currency by tag; submissions without a known price are left out."""
        found: dict[str, tuple[float, str]] = {}
        price, currency = _table.c.counts["credit_price"].as_float(), _table.c.counts["currency"].as_string()
        with self.database.reading() as connection:
            for start in range(0, len(tags), _AT_ONCE):
                some = _table.c.tag.in_(tags[start : start + _AT_ONCE])
                query = select(_table.c.tag, price, currency).where(some, price.is_not(None))
                found.update({tag: (float(of_one), name or "") for tag, of_one, name in connection.execute(query)})
        return found

    def earlier_runs(self, account: str, *, marketing: bool, since: datetime, before: datetime) -> list[RunTotals]:
        """List the runs of an account that were sent in a time and are collected, the oldest first.

        Resends are left out: each message counts once, in the run that was to send it first.

        :param marketing: runs with the STOP clause, or those without.
        """
        sent = tables.submissions
        answered = tables.opt_outs
        opt_outs = select(answered.c.tag, func.count().label("people")).group_by(answered.c.tag).subquery()
        total = {
            "rows": sent.c.rows,
            "accepted": sent.c.accepted,
            "submitted": sent.c.submitted,
            "delivered": sent.c.delivered,
            "failed": func.coalesce(sent.c.failed, 0) + func.coalesce(sent.c.expired, 0),
            "opt_outs": func.coalesce(opt_outs.c.people, 0),
        }
        query = (
            select(
                sent.c.dag_id,
                sent.c.run_id,
                func.min(sent.c.sent_at).label("sent_at"),
                *(func.sum(func.coalesce(column, 0)).label(name) for name, column in total.items()),
            )
            .outerjoin(opt_outs, opt_outs.c.tag == sent.c.tag)
            .where(sent.c.account == account, sent.c.marketing == marketing)
            .where(sent.c.collected_at.is_not(None), sent.c.sent_at >= since, sent.c.sent_at < before)
            .where(~exists().where(resends.c.dag_id == sent.c.dag_id, resends.c.run_id == sent.c.run_id))
            .group_by(sent.c.dag_id, sent.c.run_id)
            .having(func.count() >= func.max(sent.c.batches))
        )
        with self.database.reading() as connection:
            found = [_totals(*row) for row in connection.execute(query)]
        return sorted(found, key=lambda each: each.sent_at)


def _totals(dag_id: str, run_id: str, sent_at: datetime, *counts: Any) -> RunTotals:
    return RunTotals(dag_id, run_id, sent_at, *map(int, counts))
