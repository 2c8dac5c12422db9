"""Resends that persons asked for: a run that sends the failed messages of another run of its DAG again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.repository import Repository
from ovh_sms.store.resend_tables import resends as _table

#: The failures that are resent: those that may be different another time.
TEMPORARY = "temporary"
_it = _table.c


@dataclass(frozen=True, kw_only=True)
class Resend:
    """One resend.

    :param resend: its id.
    :param source_run_id: the run whose messages failed.
    :param run_id: the run that sends them again.
    :param failed: the failures that it resends: ``temporary``.
    :param asked_by: the person who asked for it.
    :param closed_at: when another resend of the same run could begin; ``None`` as long as none can.
    """

    resend: str
    campaign: str
    account: str
    dag_id: str
    source_run_id: str
    run_id: str
    failed: str
    asked_at: datetime
    asked_by: str
    closed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ResendResult:
    """The messages of a resend so far.

    :param submitted: messages that OVH took for it; ``delivered``: those of them that reached a phone.
    :param is_collected: whether all of its batches that were submitted are collected.
    """

    resend: Resend
    submitted: int
    delivered: int
    is_collected: bool


_COLUMNS = [_it[each.name] for each in fields(Resend)]


class Resends(Repository):
    """Resends by their id, by their run and by the run that they resend."""

    def ask(self, wanted: Resend) -> Resend:
        """Record a resend, unless one of the same run is open.

        :returns: the open one: ``wanted``, or the one that another person asked for before.
        """
        with self.database.writing(durable=True) as connection:
            lock_account(connection, wanted.account)
            source = _it.dag_id == wanted.dag_id, _it.source_run_id == wanted.source_run_id
            earlier = _list(connection, *source, _it.closed_at.is_(None))
            if earlier:
                return earlier[0]
            connection.execute(_table.insert().values(asdict(wanted)))
            return wanted

    def close(self, resend: str) -> None:
        """Let another resend of the same run begin: the run of this one has ended."""
        here = _it.resend == resend, _it.closed_at.is_(None)
        with self.database.writing(durable=True) as connection:
            connection.execute(update(_table).where(*here).values(closed_at=self.clock.now()))

    def of_run(self, dag_id: str, run_id: str) -> Resend | None:
        """Find the resend that a run makes; ``None`` for a run that is none."""
        with self.database.reading() as connection:
            return resend_of(connection, dag_id, run_id)

    def results(self, dag_id: str, source_run_id: str) -> list[ResendResult]:
        """List the resends of a run and, in turn, those of their own failures; the first one first."""
        found: list[ResendResult] = []
        wanted, seen = [source_run_id], {source_run_id}
        with self.database.reading() as connection:
            while wanted:
                some = _list(connection, _it.dag_id == dag_id, _it.source_run_id.in_(wanted))
                found += [_result(connection, each) for each in some]
                wanted = [each.run_id for each in some if each.run_id not in seen]
                seen.update(wanted)
        return sorted(found, key=lambda each: (each.resend.asked_at, each.resend.resend))


def resend_of(connection: Connection, dag_id: str, run_id: str) -> Resend | None:
    """Do what :meth:`Resends.of_run` does, within a transaction."""
    return next(iter(_list(connection, _it.dag_id == dag_id, _it.run_id == run_id)), None)


def resent_runs(connection: Connection, dag_id: str, run_id: str) -> set[tuple[str, str]]:
    """Return the runs whose failures a run sends again: the one that it resends, and those which that one resent."""
    found: set[tuple[str, str]] = set()
    made = resend_of(connection, dag_id, run_id)
    while made is not None and (dag_id, made.source_run_id) not in found:
        found.add((dag_id, made.source_run_id))
        made = resend_of(connection, dag_id, made.source_run_id)
    return found


def _list(connection: Connection, *where: ColumnElement[bool]) -> list[Resend]:
    query = select(*_COLUMNS).where(*where).order_by(_it.asked_at, _it.resend)
    return [Resend(**row) for row in connection.execute(query).mappings()]


def _result(connection: Connection, resend: Resend) -> ResendResult:
    it: Any = tables.submissions.c
    query = select(it.submitted, it.delivered, it.collected_at)
    rows = connection.execute(query.where(it.dag_id == resend.dag_id, it.run_id == resend.run_id)).all()
    return ResendResult(
        resend=resend,
        submitted=sum(row.submitted or 0 for row in rows),
        delivered=sum(row.delivered or 0 for row in rows),
        is_collected=bool(rows) and all(row.collected_at for row in rows),
    )
