"""Runs that a person has cancelled: nothing more is submitted for them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from ovh_sms.errors import RunCancelled
from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing


class CancelledRun(NamedTuple):
    """When a run was cancelled.

    :param by: who did it; ``None`` if nobody knows the person.
    """

    at: datetime
    by: str | None


class CancelledRuns(Repository):
    """Cancelled DAG runs."""

    def add(self, dag_id: str, run_id: str, *, by: str | None = None) -> None:
        """Submit nothing more for a run from now on; repeating it is harmless.

        :param by: the person who cancelled it, if Airflow or the command knows.
        """
        values = {"dag_id": dag_id, "run_id": run_id, "at": self.clock.now(), "by": by}
        with self.database.writing(durable=True) as connection:
            insert_missing(connection, tables.cancelled_runs, values)

    def of(self, dag_id: str, run_id: str) -> CancelledRun | None:
        """Read when a run was cancelled, and who did it; ``None`` if nobody did."""
        table = tables.cancelled_runs
        query = select(table.c.at, table.c.by).where(table.c.dag_id == dag_id, table.c.run_id == run_id)
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        return row and CancelledRun(*row)

    def refuse(self, dag_id: str, run_id: str) -> None:
        """Refuse to go on for a run that is cancelled.

        :raises RunCancelled: it is.
        """
        with self.database.reading() as connection:
            refuse_cancelled(connection, dag_id, run_id)


def refuse_cancelled(connection: Connection, dag_id: str, run_id: str) -> None:
    """Do what :meth:`CancelledRuns.refuse` does, within a transaction."""
    table = tables.cancelled_runs
    query = select(table.c.at).where(table.c.dag_id == dag_id, table.c.run_id == run_id)
    at = connection.execute(query).scalar()
    if at is not None:
        raise RunCancelled(
            f"Run {run_id} of {dag_id} was cancelled on {at:%Y-%m-%d %H:%M} UTC. Nothing more is sent for it.",
            action="To send it to those who did not get it, start a new run. To send it to everyone again, start that "
            'run with {"force": true}.',
        )
