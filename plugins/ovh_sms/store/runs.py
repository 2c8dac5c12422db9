"""Runs of campaigns and their batches, from the start of the preparation on: each step adds what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, select, update

from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.run_records import BatchRecord, Problem, RunRecord
from ovh_sms.store.run_tables import run_batches, runs
from ovh_sms.store.upsert import insert_missing, upsert

# Found by later steps: a repeated preparation must not wipe these.
_FOUND_LATER = ("rows", "accepted", "rejected", "batches", "credits_estimated", "credits_plain", "folder", "digest")
_FOUND_OF_BATCH = ("tag", "uploaded_at", "waits_until", "held_at", "opted_out", "problem")
_CHECKED_LATER = ("credits_left", "key_ends_at", "prepared_at", "checked_at", "leaves_at")


class Runs(Repository):
    """Runs by the tag of their list."""

    def start(self, record: RunRecord) -> None:
        """Record that a run has started; starting it again keeps what was found since, except its problem."""
        values = _values(record) | {"started_at": record.started_at or self.clock.now()}
        with self.database.writing() as connection:
            upsert(connection, runs, [values], kept=[*_FOUND_LATER, *_CHECKED_LATER, "started_at"])

    def dags_of_accounts(self) -> dict[str, set[str]]:
        """List the DAGs of the runs of each account."""
        found: dict[str, set[str]] = {}
        with self.database.reading() as connection:
            for it in (runs.c, tables.submissions.c):  # not every submission is of a prepared run
                query = select(it.account, it.dag_id).where(it.account != "").distinct()
                for account, dag_id in connection.execute(query):
                    found.setdefault(account, set()).add(dag_id)
        return found

    def start_unprepared(self, record: RunRecord) -> None:
        """Record a run whose list was not prepared by it; one that is recorded stays as it is."""
        values = _values(record) | {"started_at": record.started_at or self.clock.now()}
        with self.database.writing() as connection:
            insert_missing(connection, runs, values)

    def prepared(self, record: RunRecord, batches: Sequence[BatchRecord]) -> None:
        """Record a run's prepared list with its batches; those of another list of the run are forgotten."""
        values = _values(record) | {"prepared_at": self.clock.now(), "problem": None}
        found = {name: values[name] for name in (*_FOUND_LATER, "prepared_at", "problem")}
        here = runs.c.list_tag == record.list_tag
        with self.database.writing() as connection:
            earlier = connection.execute(select(runs.c.digest).where(here)).scalar()
            if earlier != record.digest:
                connection.execute(delete(run_batches).where(run_batches.c.list_tag == record.list_tag))
                found |= {"checked_at": None, "leaves_at": {}, "credits_left": None, "key_ends_at": None}
            connection.execute(update(runs).where(here).values(**found))
            rows = [_values(each) for each in batches]
            upsert(connection, run_batches, rows, kept=_FOUND_OF_BATCH)

    def checked(
        self, list_tag: str, leaves_at: Mapping[str, datetime], credits_left: float, key_ends_at: datetime | None = None
    ) -> None:
        """Record that a run passed its checks.

        :param leaves_at: when the first messages leave, by the receivers' time zones.
        :param credits_left: credits of the account before the run.
        :param key_ends_at: when OVH ends the key in use.
        """
        leaves = {zones: moment.isoformat() for zones, moment in leaves_at.items()}
        values = {"credits_left": credits_left, "key_ends_at": key_ends_at, "leaves_at": leaves}
        with self.database.writing() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.list_tag == list_tag)
                .values(**values, checked_at=self.clock.now(), problem=None)
            )

    def uploaded(self, list_tag: str, batch: int) -> None:
        """Record that the receivers of a batch are at OVH."""
        values = {"uploaded_at": self.clock.now(), "problem": None, "waits_until": None}
        self._change_batch(list_tag, batch, values)

    def named(self, list_tag: str, batch: BatchRecord) -> None:
        """Record the tag under which a batch is submitted; a batch without a prepared list is added."""
        with self.database.writing() as connection:
            insert_missing(connection, run_batches, _values(batch))
            connection.execute(
                update(run_batches)
                .where(run_batches.c.list_tag == list_tag, run_batches.c.batch == batch.batch)
                .values(tag=batch.tag, waits_until=None)
            )

    def leave_out(self, tag: str, people: int) -> int:
        """Record how many people are left out of a batch right before its POST, as they opted out.

        :returns: how many were recorded before.
        """
        here = run_batches.c.tag == tag
        with self.database.reading() as connection:
            earlier: int = connection.execute(select(run_batches.c.opted_out).where(here)).scalar() or 0
        if earlier != people:
            with self.database.writing() as connection:
                connection.execute(update(run_batches).where(here).values(opted_out=people))
        return earlier

    def count_empty_batches(self, dag_id: str, run_id: str) -> int:
        """Count the batches of a run that are not submitted, as everybody in them opted out."""
        query = (
            select(func.count())
            .select_from(run_batches)
            .join(runs, runs.c.list_tag == run_batches.c.list_tag)
            .where(runs.c.dag_id == dag_id, runs.c.run_id == run_id)
            .where(run_batches.c.receivers > 0, run_batches.c.opted_out >= run_batches.c.receivers)
        )
        with self.database.reading() as connection:
            return connection.execute(query).scalar_one()

    def waits(self, list_tag: str, batch: int, until: datetime) -> None:
        """Record that a batch waits for its hours."""
        self._change_batch(list_tag, batch, {"waits_until": until})

    def held(self, tag: str, at: datetime | None, *, until: datetime | None = None) -> None:
        """Record since when a batch waits for a person; ``None``: it does not any more.

        :param tag: the batch's.
        :param until: before which it would not leave, as its hours have not started.
        """
        values = {"held_at": at, "waits_until": until, "problem": None}
        with self.database.writing() as connection:
            connection.execute(update(run_batches).where(run_batches.c.tag == tag).values(**values))

    def failed(self, list_tag: str, problem: Problem | None, *, batch: int | None = None) -> None:
        """Record the problem of a step, of the run or of one batch; ``None``: it is over."""
        stored = problem and problem.to_json()
        if batch is not None:
            self._change_batch(list_tag, batch, {"problem": stored})
            return
        with self.database.writing() as connection:
            connection.execute(update(runs).where(runs.c.list_tag == list_tag).values(problem=stored))

    def find_list_tag(self, dag_id: str, run_id: str, digest: str) -> str | None:
        """Find the list of a run by its digest; ``None`` if the run published none."""
        it = tables.published_lists.c
        query = select(it.list_tag).where(it.dag_id == dag_id, it.run_id == run_id, it.digest == digest)
        with self.database.reading() as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def _change_batch(self, list_tag: str, batch: int, values: dict[str, Any]) -> None:
        here = and_(run_batches.c.list_tag == list_tag, run_batches.c.batch == batch)
        with self.database.writing() as connection:
            connection.execute(update(run_batches).where(here).values(**values))


def _values(record: RunRecord | BatchRecord) -> dict[str, Any]:
    return asdict(record) | {"problem": record.problem and record.problem.to_json()}
