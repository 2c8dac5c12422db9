"""Notifications about runs: which were made, and which task makes one."""

from __future__ import annotations

from sqlalchemy import select, update

from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

_table = tables.notifications


class Notifications(Repository):
    """Notifications by run and subject."""

    def claim(self, dag_id: str, run_id: str, subject: str, *, claimed_by: str) -> bool:
        """Claim a notification; one task alone gets it, and gets it again until it has notified.

        :param claimed_by: the task that would notify, the same in every try.
        :returns: whether the task must notify.
        """
        key = {"dag_id": dag_id, "run_id": run_id, "subject": subject}
        values = {**key, "claimed_by": claimed_by, "claimed_at": self.clock.now()}
        query = select(_table.c.claimed_by, _table.c.notified_at).filter_by(**key)
        with self.database.writing() as connection:
            insert_missing(connection, _table, values)
            owner, notified_at = connection.execute(query).one()
        return bool(owner == claimed_by and notified_at is None)

    def done(self, dag_id: str, run_id: str, subject: str) -> None:
        """Record that the notification was made: nobody makes it again."""
        made = update(_table).filter_by(dag_id=dag_id, run_id=run_id, subject=subject)
        with self.database.writing() as connection:
            connection.execute(made.values(notified_at=self.clock.now()))
