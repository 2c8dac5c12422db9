"""The last run of a campaign that was sent, in counts: what the next one is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.store.models import BATCH, SUCCEEDED
from ovh_sms.store.repository import Repository
from ovh_sms.store.resend_tables import resends
from ovh_sms.store.run_tables import run_batches, runs
from ovh_sms.store.tables import attempts


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """A run that was sent.

    :param rows: rows of its contact list.
    :param accepted: people whom it wrote to.
    :param faults: rows that were rejected for their faults.
    """

    run_id: str
    started_at: datetime
    rows: int
    accepted: int
    faults: int
    credits: float | None


class LastRuns(Repository):
    """Runs that were sent, by their DAG."""

    def before(self, dag_id: str, run_id: str) -> LastRun | None:
        """Find the run of a DAG that started last of those that OVH has taken a batch of; ``None`` without one.

        A resend is none: it writes to those alone whose message failed.

        :param run_id: the run that is compared with it.
        """
        it, batch, attempt = runs.c, run_batches.c, attempts.c
        query = (
            select(it.run_id, it.started_at, it.rows, it.accepted, it.rejected, it.credits_estimated)
            .join(run_batches, batch.list_tag == it.list_tag)
            .join(attempts, attempt.tag == batch.tag)
            .where(it.dag_id == dag_id, it.run_id != run_id, it.rows.is_not(None), it.accepted.is_not(None))
            .where(attempt.kind == BATCH, attempt.state == SUCCEEDED)
            .where(~exists().where(resends.c.dag_id == it.dag_id, resends.c.run_id == it.run_id))
            .order_by(it.started_at.desc())
            .limit(1)
        )
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        known = {each.value for each in RejectReason if each.is_fault}
        return LastRun(
            run_id=row.run_id,
            started_at=row.started_at,
            rows=row.rows,
            accepted=row.accepted,
            faults=sum(number for reason, number in (row.rejected or {}).items() if reason in known),
            credits=row.credits_estimated,
        )
