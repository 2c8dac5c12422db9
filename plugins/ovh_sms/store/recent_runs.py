"""The runs of the last weeks in few columns, for sums over all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from ovh_sms.store.repository import Repository
from ovh_sms.store.run_records import BatchRecord, Problem
from ovh_sms.store.run_results import BatchResults
from ovh_sms.store.run_tables import run_batches, runs
from ovh_sms.store.tables import cancelled_runs, opt_outs, submissions, withdrawals

_RUN = ("list_tag", "dag_id", "run_id", "campaign", "account", "marketing", "started_at", "checked_at", "key_ends_at")
_SUBMITTED = ("submitted", "refused", "messages", "credits_spent", "sent_at")
_COLLECTED = ("collected_at", "complete", "delivered", "failed", "expired", "counted")


@dataclass(frozen=True, kw_only=True)
class RecentRun:
    """A run of the last weeks, with what sums need of it. Moments are aware.

    :param batches: as submitted and collected; their attempts and the counts of their wait are not read.
    """

    list_tag: str
    dag_id: str
    run_id: str
    campaign: str
    account: str
    marketing: bool
    started_at: datetime
    checked_at: datetime | None
    key_ends_at: datetime | None
    is_cancelled: bool = False
    batches: tuple[BatchResults, ...] = ()


class RecentRuns(Repository):
    """Runs in few columns."""

    def list(self, dag_ids: Collection[str], since: datetime) -> list[RecentRun]:
        """List the runs of some DAGs that started at a moment or later, the latest start first.

        :param since: aware.
        """
        query = select(*(runs.c[name] for name in _RUN)).where(runs.c.started_at >= since)
        with self.database.reading() as connection:
            batches, cancelled = _batches(connection, since), _cancelled(connection, since)
            rows = [
                dict(zip(_RUN, row, strict=True))
                for row in connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.list_tag))
            ]
        return [
            RecentRun(
                **row,
                is_cancelled=(row["dag_id"], row["run_id"]) in cancelled,
                batches=tuple(batches.get(row["list_tag"], ())),
            )
            for row in rows
            if row["dag_id"] in dag_ids
        ]


def _batches(connection: Connection, since: datetime) -> dict[str, list[BatchResults]]:
    """Read the batches by the list of their run, in their order."""
    names = [each.name for each in fields(BatchRecord)]
    query = (
        select(*(run_batches.c[name] for name in names), *(submissions.c[name] for name in (*_SUBMITTED, *_COLLECTED)))
        .select_from(run_batches)
        .join(runs, run_batches.c.list_tag == runs.c.list_tag)
        .outerjoin(submissions, submissions.c.tag == run_batches.c.tag)
        .where(runs.c.started_at >= since)
        .order_by(run_batches.c.list_tag, run_batches.c.batch)
    )
    refunds = {tag: {"withdrawn": number, "refunded": amount} for tag, number, amount in _refunds(connection, since)}
    stopped = {tag: {"opt_outs": number} for tag, number in _per_batch(connection, since, opt_outs, func.count())}
    found: dict[str, list[BatchResults]] = {}
    for row in connection.execute(query):
        record = dict(zip(names, row, strict=False))
        record["problem"] = Problem.from_json(record["problem"])
        known: dict[str, Any] = dict(zip((*_SUBMITTED, *_COLLECTED), row[len(names) :], strict=True))
        known |= refunds.get(record["tag"], {}) | stopped.get(record["tag"], {})
        found.setdefault(record["list_tag"], []).append(BatchResults(record=BatchRecord(**record), **known))
    return found


def _refunds(connection: Connection, since: datetime) -> Iterator[Any]:
    amount = func.coalesce(func.sum(withdrawals.c.credits), 0.0)
    return _per_batch(connection, since, withdrawals, func.count(), amount)


def _per_batch(connection: Connection, since: datetime, table: Table, *sums: ColumnElement[Any]) -> Iterator[Any]:
    """Sum up a table of messages by batch."""
    query = (
        select(table.c.tag, *sums)
        .select_from(table)
        .join(run_batches, run_batches.c.tag == table.c.tag)
        .join(runs, runs.c.list_tag == run_batches.c.list_tag)
        .where(runs.c.started_at >= since)
        .group_by(table.c.tag)
    )
    return iter(connection.execute(query))


def _cancelled(connection: Connection, since: datetime) -> set[tuple[str, str]]:
    it = cancelled_runs.c
    query = (
        select(it.dag_id, it.run_id)
        .join(runs, (runs.c.dag_id == it.dag_id) & (runs.c.run_id == it.run_id))
        .where(runs.c.started_at >= since)
    )
    return {(dag_id, run_id) for dag_id, run_id in connection.execute(query)}
