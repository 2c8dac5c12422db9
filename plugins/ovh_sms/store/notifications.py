"""Notifications about runs: which were made, and which task makes one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, update

from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

_table = tables.notifications
#: A claim without a notification is over after this time: its process was killed.
CLAIM_ENDS_AFTER = timedelta(minutes=10)


class Notifications(Repository):
    """Notifications by run and subject."""

    def claim(self, dag_id: str, run_id: str, subject: str, *, claimed_by: str) -> bool:
        """Claim a notification; one task alone gets it, and gets it again until it has notified.

        A claim passes to another task if nothing came of it within :data:`CLAIM_ENDS_AFTER`.

        :param claimed_by: the task that would notify, the same in every try.
        :returns: whether the task must notify.
        """
        key, now = {"dag_id": dag_id, "run_id": run_id, "subject": subject}, self.clock.now()
        values = {"claimed_by": claimed_by, "claimed_at": now}
        ours = or_(_table.c.claimed_by == claimed_by, _table.c.claimed_at <= now - CLAIM_ENDS_AFTER)
        take = update(_table).filter_by(**key).where(_table.c.notified_at.is_(None), ours)
        with self.database.writing() as connection:
            insert_missing(connection, _table, {**key, **values})
            return connection.execute(take.values(values)).rowcount == 1

    def release(self, dag_id: str, run_id: str, subject: str, *, claimed_by: str) -> None:
        """End a claim, as the notifier failed: any task may claim it."""
        ours = delete(_table).filter_by(dag_id=dag_id, run_id=run_id, subject=subject, claimed_by=claimed_by)
        with self.database.writing() as connection:
            connection.execute(ours.where(_table.c.notified_at.is_(None)))

    def done(self, dag_id: str, run_id: str, subject: str) -> None:
        """Record that the notification was made: nobody makes it again."""
        made = update(_table).filter_by(dag_id=dag_id, run_id=run_id, subject=subject)
        with self.database.writing() as connection:
            connection.execute(made.values(notified_at=self.clock.now()))
