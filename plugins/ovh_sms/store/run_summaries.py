"""One line for each run that has submitted a batch, as lists of campaigns show it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, cast, func, select

from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.tables import UtcDateTime

_table = tables.submissions


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """The submissions of one run, added up.

    :param began_at: when its first batch was recorded.
    :param batches: batches of the run; ``recorded``: those submitted so far; ``final``: those whose messages all are.
    :param rows: rows of the submitted batches' contact lists.
    :param submitted: messages OVH took; ``None`` if it has not answered for any batch.
    :param credits_spent: credits OVH says it took; ``None`` if it has not answered for any batch.
    """

    campaign: str
    dag_id: str
    run_id: str
    account: str
    sender: str
    began_at: datetime
    batches: int
    recorded: int
    final: int
    rows: int
    submitted: int | None
    credits_spent: float | None


class RunSummaries(Repository):
    """Runs by DAG."""

    def list(self, dag_ids: Collection[str], *, since: datetime | None = None) -> list[RunSummary]:
        """List the runs of some DAGs, the newest first.

        :param since: only runs that began at this moment or later.
        """
        it = _table.c
        began_at = func.min(it.recorded_at, type_=UtcDateTime).label("began_at")
        query = (
            select(
                it.campaign,
                it.dag_id,
                it.run_id,
                func.min(it.account).label("account"),
                func.min(it.sender).label("sender"),
                began_at,
                func.max(it.batches).label("batches"),
                func.count().label("recorded"),
                func.coalesce(func.sum(cast(it.complete, Integer)), 0).label("final"),
                func.sum(it.rows).label("rows"),
                func.sum(it.submitted).label("submitted"),
                func.sum(it.credits_spent).label("credits_spent"),
            )
            .group_by(it.campaign, it.dag_id, it.run_id)
            .order_by(began_at.desc())
        )
        if since is not None:
            query = query.having(began_at >= since)
        readable = set(dag_ids)
        with self.database.reading() as connection:
            rows = connection.execute(query).mappings()
            return [RunSummary(**row) for row in rows if row["dag_id"] in readable]
