"""Which run of the report's DAG reports on a submission."""

from __future__ import annotations

from sqlalchemy import select

from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

_table = tables.report_runs


class ReportRuns(Repository):
    """Report runs by submission."""

    def claim(self, tag: str, report_run: str) -> bool:
        """Claim a submission for its report; one run alone gets it, and gets it again if it asks again.

        :param report_run: the DAG run that would report on it.
        :returns: whether it is this run's.
        """
        values = {"tag": tag, "report_run": report_run, "claimed_at": self.clock.now()}
        with self.database.writing() as connection:
            insert_missing(connection, _table, values)
            owner = select(_table.c.report_run).where(_table.c.tag == tag)
            return bool(connection.execute(owner).scalar_one() == report_run)
