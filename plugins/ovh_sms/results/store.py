"""What was sent and what became of it, kept in one SQL database (SQLite or PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Engine, Select, Table, func, select, update

from ovh_sms.errors import ConfigurationError
from ovh_sms.results import tables
from ovh_sms.results.engine import make_engine, writing
from ovh_sms.results.models import CampaignRun, MessageFacts, MessageRow, StopRow
from ovh_sms.results.upsert import insert_missing, upsert

# What sending and collecting find out: a repeated start must not wipe it.
_FOUND_LATER = {
    "submitted",
    "invalid",
    "jobs",
    "credits_spent",
    "prepared_at",
    "sent_at",
    "collected_at",
    "complete",
}
_MESSAGE_FIELDS = tuple(field.name for field in fields(MessageRow))
_message_values: Callable[[MessageRow], tuple[Any, ...]] = attrgetter(*_MESSAGE_FIELDS)
_READ_AT_ONCE = 10_000


class ResultsStore:
    """The results of all campaigns. Opens nothing until first used; safe to use from several tasks at once.

    :param url: ``sqlite:////path/results.sqlite`` or ``postgresql://user:password@host/name``.
    :raises ConfigurationError: at first use, when the database cannot hold results.
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
        from ovh_sms.results.migrate import migrate

        migrate(self.engine)

    def start_campaign(self, run: CampaignRun) -> None:
        """Put a sending on record before it is sent; repeating it keeps what was found out since.

        :param run: the sending; fields that are ``None`` stay as they are.
        """
        values = asdict(run)
        values["prepared_at"] = run.prepared_at or datetime.now(UTC)
        kept = {name for name in _FOUND_LATER if getattr(run, name) is None}
        with writing(self.engine) as connection:
            upsert(connection, tables.campaigns, [values], kept=kept)

    def record_sent(
        self,
        tag: str,
        *,
        sent_at: datetime,
        submitted: int,
        credits_spent: float,
        job_ids_count: int | None = None,
        invalid: int | None = None,
    ) -> None:
        """Record OVH's answer to a sending.

        :param tag: the sending.
        :param sent_at: when OVH took it, aware.
        :param submitted: messages OVH took.
        :param credits_spent: credits OVH took.
        :param job_ids_count: jobs OVH made of it.
        :param invalid: receivers OVH refused.
        :raises ConfigurationError: no such sending.
        """
        self._change(
            tag,
            sent_at=sent_at,
            submitted=submitted,
            credits_spent=credits_spent,
            jobs=job_ids_count,
            invalid=invalid,
        )

    def finish_campaign(self, tag: str, *, complete: bool, collected_at: datetime) -> None:
        """Record that the delivery receipts of a sending were collected.

        :param tag: the sending.
        :param complete: whether every message was final.
        :param collected_at: when, aware.
        :raises ConfigurationError: no such sending.
        """
        self._change(tag, complete=complete, collected_at=collected_at)

    def claim(self, tag: str, report_run: str) -> bool:
        """Take a sending over for its report; one run alone gets it, and gets it again when it asks again.

        :param tag: the sending.
        :param report_run: the DAG run that would report on it.
        :returns: whether it is this run's.
        """
        values = {"tag": tag, "report_run": report_run, "claimed_at": datetime.now(UTC)}
        with writing(self.engine) as connection:
            insert_missing(connection, tables.claims, values)
            owner = select(tables.claims.c.report_run).where(tables.claims.c.tag == tag)
            return bool(connection.execute(owner).scalar_one() == report_run)

    def store_messages(self, tag: str, rows: Iterable[MessageRow], *, batch: int = 5000) -> int:
        """Keep the messages of a sending; the same message again replaces its older state.

        Each batch is kept at once, so an error in the source loses none before it, and repeating is harmless.

        :param tag: the sending.
        :param rows: read one batch at a time.
        :param batch: messages per transaction.
        :returns: how many messages of this sending the results now hold.
        :raises ConfigurationError: no such sending, or a message of another one.
        """
        account = self._known(tag).account
        source = iter(rows)
        while chunk := list(islice(source, batch)):
            values = [_with_account(account, tag, row) for row in chunk]
            with writing(self.engine) as connection:
                upsert(connection, tables.messages, values)
        return self.message_count(tag)

    def store_stops(self, tag: str, rows: Iterable[StopRow]) -> int:
        """Keep who answered STOP to a sending; the same person counts once.

        :param tag: the sending.
        :param rows: one per person.
        :returns: how many people have answered STOP to this sending so far.
        :raises ConfigurationError: no such sending.
        """
        self._known(tag)
        values = [{"tag": tag, **asdict(row)} for row in rows]
        with writing(self.engine) as connection:
            upsert(connection, tables.stops, values)
        return self.stop_count(tag)

    def campaigns(self, limit: int = 50, offset: int = 0) -> list[CampaignRun]:
        """List the sendings, the newest first.

        :param limit: at most so many.
        :param offset: skip so many.
        """
        query = (
            select(tables.campaigns)
            .order_by(tables.campaigns.c.prepared_at.desc(), tables.campaigns.c.tag)
            .limit(limit)
            .offset(offset)
        )
        with self.engine.connect() as connection:
            return [CampaignRun(**row) for row in connection.execute(query).mappings()]

    def campaigns_of_run(self, dag_id: str, run_id: str) -> list[CampaignRun]:
        """List the sendings of one DAG run.

        :param dag_id: the DAG.
        :param run_id: its run.
        """
        table = tables.campaigns
        query = select(table).where(table.c.dag_id == dag_id, table.c.run_id == run_id).order_by(table.c.tag)
        with self.engine.connect() as connection:
            return [CampaignRun(**row) for row in connection.execute(query).mappings()]

    def campaign(self, tag: str) -> CampaignRun | None:
        """Find one sending.

        :returns: the sending, or ``None`` where the results have none of that tag.
        """
        query = select(tables.campaigns).where(tables.campaigns.c.tag == tag)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else CampaignRun(**row)

    def messages(self, tag: str) -> Iterator[MessageRow]:
        """Read the messages of a sending one by one, by OVH's id; memory stays small."""
        columns = [tables.messages.c[name] for name in _MESSAGE_FIELDS]
        query = select(*columns).where(tables.messages.c.tag == tag).order_by(tables.messages.c.outgoing_id)
        for chunk in self._stream(query):
            for row in chunk:
                yield MessageRow(**row._mapping)

    def message_facts(self, tag: str) -> Iterator[list[MessageFacts]]:
        """Read what figures need of the messages, some thousands at a time: no phone number among it."""
        columns = [tables.messages.c[name] for name in MessageFacts._fields]
        for chunk in self._stream(select(*columns).where(tables.messages.c.tag == tag)):
            yield [MessageFacts._make(row) for row in chunk]

    def stops(self, tag: str) -> list[StopRow]:
        """List who answered STOP to a sending, by number."""
        query = (
            select(*(tables.stops.c[field.name] for field in fields(StopRow)))
            .where(tables.stops.c.tag == tag)
            .order_by(tables.stops.c.receiver)
        )
        with self.engine.connect() as connection:
            return [StopRow(**row) for row in connection.execute(query).mappings()]

    def message_count(self, tag: str) -> int:
        """Count the messages of a sending that the results hold."""
        return self._count(tables.messages, tag)

    def stop_count(self, tag: str) -> int:
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

    def _change(self, tag: str, **values: Any) -> None:
        statement = update(tables.campaigns).where(tables.campaigns.c.tag == tag).values(**values)
        with writing(self.engine) as connection:
            changed = connection.execute(statement).rowcount
        if not changed:
            raise _unknown(tag)

    def _known(self, tag: str) -> CampaignRun:
        run = self.campaign(tag)
        if run is None:
            raise _unknown(tag)
        return run


def _unknown(tag: str) -> ConfigurationError:
    return ConfigurationError(
        f"The results hold no sending with the tag {tag!r}.",
        action="Prepare the campaign first, or check that both tasks name the same results connection.",
    )


def _with_account(account: str, tag: str, row: MessageRow) -> dict[str, Any]:
    if row.tag != tag:
        raise ConfigurationError(
            f"Message {row.outgoing_id} belongs to the sending {row.tag!r}, not to {tag!r}.",
            action="Collect each sending by its own tag.",
        )
    values = dict(zip(_MESSAGE_FIELDS, _message_values(row), strict=True))
    values["account"] = account
    return values
