"""The messages of each submission, as OVH last showed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, case, func, literal, select, type_coerce
from sqlalchemy.types import NullType

from ovh_sms.columns import converted
from ovh_sms.errors import ConfigurationError
from ovh_sms.store import tables
from ovh_sms.store.bulk_upsert import bulk_upsert
from ovh_sms.store.message_figures import MessageDeliveries
from ovh_sms.store.models import MESSAGE_FIELDS, Message, MessageColumns, messages_in
from ovh_sms.store.repository import Repository, count_rows
from ovh_sms.store.submissions import account_of, refuse_purged
from ovh_sms.store.write_retry import repeat_conflicts

_READ_AT_ONCE, _FETCHED_AT_ONCE = 10_000, 1_000
_table = tables.messages
_values: Callable[[Message], tuple[Any, ...]] = attrgetter(*MESSAGE_FIELDS)
_MOMENTS = frozenset(column.name for column in _table.c if isinstance(column.type, tables.UtcDateTime))


class Messages(Repository):
    """Messages by submission."""

    def save(self, tag: str, rows: Iterable[Message], *, block_size: int = 20_000) -> int:
        """Store the messages of a submission; the same message again replaces its older state.

        Each block is committed at once, so an error in the source loses none before it, and repeating is harmless. A
        block is stored again if another writer was in its way.

        :param rows: read one block at a time.
        :returns: how many messages of this submission are stored now.
        :raises ConfigurationError: there is no such submission, its messages are purged, or a message belongs to
            another one.
        """
        source = iter(rows)
        blocks = iter(lambda: list(islice(source, block_size)), [])
        return self.save_columns(tag, map(_columns, blocks))

    def save_columns(self, tag: str, blocks: Iterable[MessageColumns]) -> int:
        """Store the messages of a submission, given as columns; the rest is as in :meth:`save`."""
        with self.database.reading() as connection:
            account = account_of(connection, tag)
            refuse_purged(connection, tag)
        for block in blocks:
            if messages := len(block["tag"]):
                _check_tags(block, tag)
                columns = {"account": [account] * messages, **block}
                repeat_conflicts(self.clock, partial(self._save_block, tag, _newest(columns)))
        return self.count(tag)

    def _save_block(self, tag: str, columns: MessageColumns) -> None:
        # Row by row, SQLite's check of the submission takes as long as all indexes together.
        with self.database.writing(checks_references=False) as connection:
            account_of(connection, tag)
            # The receiver of a message never changes: one who was erased stays so.
            bulk_upsert(connection, _table, columns, kept="receiver")

    def iter(self, tag: str) -> Iterator[Message]:
        """Read the messages of a submission one by one, by OVH's id; memory stays small."""
        for block in self.columns(tag):
            yield from messages_in(block)

    def columns(self, tag: str) -> Iterator[MessageColumns]:
        """Read the messages of a submission by OVH's id, some thousand at a time, as columns by their names."""
        query = select(*(_plain(_table.c[name]) for name in MESSAGE_FIELDS)).where(_table.c.tag == tag)
        for block in self._stream(query.order_by(_table.c.outgoing_id)):
            yield dict(zip(MESSAGE_FIELDS, _with_moments(MESSAGE_FIELDS, block), strict=True))

    def receivers(self, tag: str) -> Iterator[str]:
        """Read the phone number of each message of a submission, E.164."""
        for (block,) in self._stream(select(_table.c.receiver).where(_table.c.tag == tag)):
            yield from block

    def deliveries(self, tag: str) -> Iterator[MessageDeliveries]:
        """Read the columns that figures are computed from, some thousand messages at a time.

        Of a phone number the last four digits are not read."""
        length = func.length(_table.c.receiver)
        head = func.substr(_table.c.receiver, 1, case((length > 4, length - 4), else_=0))
        names = MessageDeliveries._fields
        columns: list[Any] = [_plain(_table.c[name]) for name in names if name != "receiver"]
        columns.append((head + literal("0000")).label("receiver"))
        for block in self._stream(select(*columns).where(_table.c.tag == tag)):
            yield MessageDeliveries._make(_with_moments(names, block))

    def count(self, tag: str) -> int:
        """Count the messages of a submission."""
        with self.database.reading() as connection:
            return count_rows(connection, _table, tag)

    def _stream(self, query: Select[Any]) -> Iterator[list[tuple[Any, ...]]]:
        """Read columns, some thousand rows at a time."""
        with self.database.reading() as connection:
            result = connection.execution_options(yield_per=_FETCHED_AT_ONCE).execute(query)
            rows, width = iter(result), len(result.keys())
            while cells := tuple(chain.from_iterable(islice(rows, _READ_AT_ONCE))):
                yield [cells[at::width] for at in range(width)]


def _plain(column: Any) -> Any:
    """Have a moment read as the driver gives it: SQLAlchemy would convert each of them by itself."""
    return type_coerce(column, NullType()) if isinstance(column.type, tables.UtcDateTime) else column


def _with_moments(names: Sequence[str], columns: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for name, values in zip(names, columns, strict=True):
        yield converted(values, _moment) if name in _MOMENTS else values


def _moment(stored: str | datetime | None) -> datetime | None:
    """Read a moment: SQLite stores texts, in UTC."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return tables.in_utc(moment)


def _columns(messages: Sequence[Message]) -> MessageColumns:
    return dict(zip(MESSAGE_FIELDS, zip(*map(_values, messages), strict=True), strict=True))


def _newest(columns: MessageColumns) -> MessageColumns:
    """Leave the last state of each message: PostgreSQL refuses to touch a row twice in one statement."""
    ids = columns["outgoing_id"]
    last = {number: at for at, number in enumerate(ids)}
    if len(last) == len(ids):
        return columns
    return {name: [values[at] for at in last.values()] for name, values in columns.items()}


def _check_tags(columns: MessageColumns, tag: str) -> None:
    for number, found in zip(columns["outgoing_id"], columns["tag"], strict=True):
        if found != tag:
            raise ConfigurationError(
                f"Message {number} belongs to the submission {found!r}, not to {tag!r}.",
                action="Its block was not stored. Collect each submission by its own tag.",
            )
