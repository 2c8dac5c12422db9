"""The messages of each submission, as OVH last showed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, func, literal, select

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import tables
from ovh_sms.store.bulk_upsert import bulk_upsert
from ovh_sms.store.message_figures import MessageDelivery
from ovh_sms.store.models import MESSAGE_FIELDS, Message
from ovh_sms.store.repository import Repository, count_rows
from ovh_sms.store.submissions import account_of, refuse_purged
from ovh_sms.store.write_retry import repeat_conflicts

_READ_AT_ONCE = 10_000
_table = tables.messages
_values: Callable[[Message], tuple[Any, ...]] = attrgetter(*MESSAGE_FIELDS)
_COLUMNS = ("account", *MESSAGE_FIELDS)


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
        with self.database.reading() as connection:
            account = account_of(connection, tag)
            refuse_purged(connection, tag)
        source = iter(rows)
        while block := list(islice(source, block_size)):
            for message in block:
                _check_tag(message, tag)
            # The last state of a message counts: PostgreSQL refuses to touch a row twice in one statement.
            values = {message.outgoing_id: (account, *_values(message)) for message in block}
            repeat_conflicts(self.clock, partial(self._save_block, list(values.values())))
        return self.count(tag)

    def _save_block(self, values: list[tuple[Any, ...]]) -> None:
        with self.database.writing() as connection:
            # The receiver of a message never changes: one who was erased stays so.
            bulk_upsert(connection, _table, _COLUMNS, values, kept="receiver")

    def iter(self, tag: str) -> Iterator[Message]:
        """Read the messages of a submission one by one, by OVH's id; memory stays small."""
        columns = [_table.c[name] for name in MESSAGE_FIELDS]
        query = select(*columns).where(_table.c.tag == tag).order_by(_table.c.outgoing_id)
        for block in self._stream(query):
            for row in block:
                yield Message(**row._mapping)

    def deliveries(self, tag: str) -> Iterator[list[MessageDelivery]]:
        """Read the columns that figures are computed from, some thousand messages at a time.

        Of a phone number the last four digits are not read."""
        head = func.substr(_table.c.receiver, 1, func.length(_table.c.receiver) - 4)
        columns: list[Any] = [_table.c[name] for name in MessageDelivery._fields if name != "receiver"]
        columns.append((head + literal("0000")).label("receiver"))
        for block in self._stream(select(*columns).where(_table.c.tag == tag)):
            yield [MessageDelivery._make(row) for row in block]

    def count(self, tag: str) -> int:
        """Count the messages of a submission."""
        with self.database.reading() as connection:
            return count_rows(connection, _table, tag)

    def _stream(self, query: Select[Any]) -> Iterator[Any]:
        with self.database.reading() as connection:
            result = connection.execution_options(yield_per=_READ_AT_ONCE).execute(query)
            yield from result.partitions()


def _check_tag(message: Message, tag: str) -> None:
    if message.tag != tag:
        raise ConfigurationError(
            f"Message {message.outgoing_id} belongs to the submission {message.tag!r}, not to {tag!r}.",
            action="Its block was not stored. Collect each submission by its own tag.",
        )
