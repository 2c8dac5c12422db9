"""The messages of each submission, as OVH last showed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, func, literal, select

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import tables
from ovh_sms.store.message_figures import MessageDelivery
from ovh_sms.store.models import MESSAGE_FIELDS, Message
from ovh_sms.store.repository import Repository, count_rows
from ovh_sms.store.submissions import account_of
from ovh_sms.store.upsert import upsert

_READ_AT_ONCE = 10_000
_table = tables.messages
_values: Callable[[Message], tuple[Any, ...]] = attrgetter(*MESSAGE_FIELDS)


class Messages(Repository):
    """Messages by submission."""

    def save(self, tag: str, rows: Iterable[Message], *, block_size: int = 5000) -> int:
        """Store the messages of a submission; the same message again replaces its older state.

        Each block is committed at once, so an error in the source loses none before it, and repeating is harmless.

        :param rows: read one block at a time.
        :returns: how many messages of this submission are stored now.
        :raises ConfigurationError: there is no such submission, or a message belongs to another one.
        """
        with self.database.reading() as connection:
            account = account_of(connection, tag)
        source = iter(rows)
        while block := list(islice(source, block_size)):
            values = [_row(account, tag, message) for message in block]
            with self.database.writing() as connection:
                upsert(connection, _table, values)
        return self.count(tag)

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


def _row(account: str, tag: str, message: Message) -> dict[str, Any]:
    if message.tag != tag:
        raise ConfigurationError(
            f"Message {message.outgoing_id} belongs to the submission {message.tag!r}, not to {tag!r}.",
            action="Its block was not stored. Collect each submission by its own tag.",
        )
    values = dict(zip(MESSAGE_FIELDS, _values(message), strict=True))
    values["account"] = account
    return values
