"""Read the results: sendings, their messages and their STOPs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Engine, Select, Table, func, select

from ovh_sms.store import attempts, tables
from ovh_sms.store.engine import make_engine
from ovh_sms.store.models import MESSAGE_FIELDS, Attempt, Message, MessageDelivery, OptOut, Submission

_READ_AT_ONCE = 10_000


class ResultsReader:
    """What can be asked of the results; :class:`ovh_sms.store.store.ResultsStore` also writes them.

    :param url: see :class:`ovh_sms.store.store.ResultsStore`.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for those who ask questions of their own."""
        return make_engine(self._url)

    def close(self) -> None:
        """Give back the connections; the next use opens them again."""
        if "engine" in self.__dict__:
            self.engine.dispose()
            del self.engine

    def migrate(self) -> None:
        """Make or update the tables; cheap when they are up to date, safe when several tasks do it at once.

        :raises ConfigurationError: a newer version of this package has changed the tables.
        """
        from ovh_sms.store.migrate import migrate

        migrate(self.engine)

    def campaigns(
        self, limit: int = 50, offset: int = 0, *, dag_ids: Collection[str] | None = None
    ) -> list[Submission]:
        """List the sendings, the newest first.

        :param limit: at most so many.
        :param offset: skip so many.
        :param dag_ids: those of these DAGs only; of all by default.
        """
        table = tables.campaigns
        query = select(table).order_by(table.c.prepared_at.desc(), table.c.tag).limit(limit).offset(offset)
        with self.engine.connect() as connection:
            if dag_ids is not None:
                # Airflow may know thousands of DAGs, more than a statement takes: only those that send matter.
                senders = connection.execute(select(table.c.dag_id).distinct()).scalars()
                query = query.where(table.c.dag_id.in_(set(senders).intersection(dag_ids)))
            return [Submission(**row) for row in connection.execute(query).mappings()]

    def submissions_of_run(self, dag_id: str, run_id: str) -> list[Submission]:
        """List the sendings of one DAG run.

        :param dag_id: the DAG.
        :param run_id: its run.
        """
        table = tables.campaigns
        query = select(table).where(table.c.dag_id == dag_id, table.c.run_id == run_id).order_by(table.c.tag)
        with self.engine.connect() as connection:
            return [Submission(**row) for row in connection.execute(query).mappings()]

    def campaign(self, tag: str) -> Submission | None:
        """Find one sending.

        :returns: the sending, or ``None`` where the results have none of that tag.
        """
        query = select(tables.campaigns).where(tables.campaigns.c.tag == tag)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else Submission(**row)

    def messages(self, tag: str) -> Iterator[Message]:
        """Read the messages of a sending one by one, by OVH's id; memory stays small."""
        columns = [tables.messages.c[name] for name in MESSAGE_FIELDS]
        query = select(*columns).where(tables.messages.c.tag == tag).order_by(tables.messages.c.outgoing_id)
        for chunk in self._stream(query):
            for row in chunk:
                yield Message(**row._mapping)

    def message_facts(self, tag: str) -> Iterator[list[MessageDelivery]]:
        """Read what figures need of the messages, some thousands at a time: no phone number among it."""
        columns = [tables.messages.c[name] for name in MessageDelivery._fields]
        for chunk in self._stream(select(*columns).where(tables.messages.c.tag == tag)):
            yield [MessageDelivery._make(row) for row in chunk]

    def stops(self, tag: str) -> list[OptOut]:
        """List who answered STOP to a sending, by number."""
        query = (
            select(*(tables.stops.c[field.name] for field in fields(OptOut)))
            .where(tables.stops.c.tag == tag)
            .order_by(tables.stops.c.receiver)
        )
        with self.engine.connect() as connection:
            return [OptOut(**row) for row in connection.execute(query).mappings()]

    def posts(self, tag: str) -> list[Attempt]:
        """List the attempts to hand a sending or an order to OVH, the first one first."""
        with self.engine.connect() as connection:
            return attempts.of_tag(connection, tag)

    def attempt_of(self, tag: str) -> Attempt | None:
        """Find the attempt at a sending or an order that is at OVH, or may be; ``None`` where certainly none is."""
        with self.engine.connect() as connection:
            return attempts.record(connection, tag)

    def job_ids(self, tag: str) -> list[int]:
        """List OVH's ids of a sending's messages; empty where its answer was lost."""
        with self.engine.connect() as connection:
            return attempts.job_ids(connection, tag)

    def rivals(self, post: Attempt, since: datetime, *, same_message: bool = False) -> int:
        """Count the sendings of other runs since a moment whose messages' ids nobody knows.

        :param post: the sending.
        :param since: aware.
        :param same_message: only those of the same message before merging.
        """
        with self.engine.connect() as connection:
            return attempts.rivals(connection, post, since, same_message=same_message)

    def refuse_cancelled(self, dag_id: str, run_id: str) -> None:
        """Refuse to go on for a run that a person has stopped.

        :raises RunCancelled: it was stopped.
        """
        with self.engine.connect() as connection:
            attempts.refuse_cancelled(connection, dag_id, run_id)

    def jobs_of_others(self, account: str, tags: Collection[str]) -> dict[int, datetime]:
        """List OVH's ids of the messages of all other sendings, each with when its attempt was opened.

        :param account: SMS account.
        :param tags: the sendings that are not others.
        """
        with self.engine.connect() as connection:
            return attempts.jobs_of_others(connection, account, tags)

    def refunded(self, account: str, since: datetime) -> float:
        """Sum the credits of messages of an account that were taken back since a moment.

        :param account: SMS account.
        :param since: aware.
        """
        with self.engine.connect() as connection:
            return attempts.refunded(connection, account, since)

    def attempts_of_campaign(
        self, campaign: str, *, account: str, run_id: str | None = None
    ) -> list[Attempt]:
        """List what a run of a campaign handed to OVH, or may have handed.

        :param campaign: the campaign's name.
        :param account: SMS account.
        :param run_id: Airflow's run; the latest that sent where not given.
        """
        with self.engine.connect() as connection:
            return attempts.of_campaign(connection, campaign, account, run_id)

    def attempts_of_run(self, dag_id: str, run_id: str) -> list[Attempt]:
        """List the sendings that one DAG run handed to OVH, or may have handed, the first one first.

        :param dag_id: the DAG.
        :param run_id: its run.
        """
        with self.engine.connect() as connection:
            return attempts.of_run(connection, dag_id, run_id)

    def next_submission(self, post: Attempt) -> Attempt | None:
        """Find the first sending of another run of the campaign after this one; ``None`` where there is none."""
        with self.engine.connect() as connection:
            return attempts.next_submission(connection, post)

    def withdrawn(self, tag: str) -> tuple[int, float]:
        """Count the messages of a sending that were taken back before they left, and their credits."""
        table = tables.withdrawn
        query = select(func.count(), func.coalesce(func.sum(table.c.credits), 0.0)).where(table.c.tag == tag)
        with self.engine.connect() as connection:
            count, refunded = connection.execute(query).one()
        return int(count), float(refunded)

    def message_count(self, tag: str) -> int:
        """Count the messages of a sending that the results hold."""
        return self._count(tables.messages, tag)

    def opt_out_count(self, tag: str) -> int:
        """Count the people who answered STOP to a sending."""
        return self._count(tables.stops, tag)

    def _count(self, table: Table, tag: str) -> int:
        query = select(func.count()).select_from(table).where(table.c.tag == tag)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def _stream(self, query: Select[Any]) -> Iterator[Any]:
        with self.engine.connect() as connection:
            result = connection.execution_options(yield_per=_READ_AT_ONCE).execute(query)
            yield from result.partitions()
