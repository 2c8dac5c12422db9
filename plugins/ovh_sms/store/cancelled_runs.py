"""Runs that a person has cancelled: nothing more is submitted for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, tuple_

from ovh_sms.errors import RunCancelled
from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

#: Runs that one query names at most.
_AT_ONCE = 500


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


def cancelled_runs(connection: Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], CancelledRun]:
    """Read those of some runs that are cancelled."""
    it = tables.cancelled_runs.c
    found: dict[tuple[str, str], CancelledRun] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = tuple_(it.dag_id, it.run_id).in_(wanted[start : start + _AT_ONCE])
        query = select(it.dag_id, it.run_id, it.at, it.by).where(some)
        found.update({(dag_id, run_id): CancelledRun(at, by) for dag_id, run_id, at, by in connection.execute(query)})
    return found
