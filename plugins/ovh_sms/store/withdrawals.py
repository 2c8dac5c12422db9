"""Messages that were deleted at OVH while they waited there, or cancelled with their OVH batch; credits refunded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

_table = tables.withdrawals


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """One withdrawn message, or the messages of an OVH batch that was cancelled.

    :param created_at: OVH's date of the message, in whole seconds.
    :param at: OVH's time right before the message was first to be deleted.
    :param credits: credits refunded for it.
    :param messages: how many: one, but for an OVH batch.
    :param tag: of the submission.
    """

    message_id: int
    created_at: datetime
    at: datetime
    credits: float
    messages: int = 1
    tag: str = ""

    @property
    def is_ovh_batch(self) -> bool:
        """Whether it is an OVH batch, so that OVH's ids of its messages are not known."""
        return self.message_id < 0


class Withdrawals(Repository):
    """Withdrawn messages by account and OVH's id; those of an OVH batch are one row."""

    def record(
        self,
        tag: str,
        *,
        account: str,
        message_id: int,
        refunded: float,
        created_at: datetime,
        at: datetime,
        messages: int = 1,
    ) -> None:
        """Record, right before it is deleted at OVH, that a message is withdrawn; repeating it is harmless.

        :param created_at: OVH's date of the message.
        :param at: OVH's time now; repeating does not change it.
        :param messages: how many, of an OVH batch.
        """
        values = {"tag": tag, "account": account, "message_id": message_id, "credits": refunded, "messages": messages}
        with self.database.writing() as connection:
            insert_missing(connection, _table, values | {"created_at": created_at, "at": at})

    def forget(self, *, account: str, message_id: int) -> None:
        """Forget a message that was to be deleted at OVH: it had left."""
        here = (_table.c.account == account, _table.c.message_id == message_id)
        with self.database.writing() as connection:
            connection.execute(delete(_table).where(*here))

    def count(self, *tags: str) -> tuple[int, float]:
        """Count the withdrawn messages of some submissions together, and their credits."""
        query = select(func.coalesce(func.sum(_table.c.messages), 0), func.coalesce(func.sum(_table.c.credits), 0.0))
        with self.database.reading() as connection:
            count, refunded = connection.execute(query.where(_table.c.tag.in_(tags))).one()
        return int(count), float(refunded)

    def since(self, account: str, moment: datetime) -> list[Withdrawal]:
        """List the messages of an account that were withdrawn at a moment of OVH's time or later, the oldest first."""
        names = ("message_id", "created_at", "at", "credits", "messages", "tag")
        query = select(*(_table.c[name] for name in names)).where(_table.c.account == account, _table.c.at >= moment)
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(_table.c.at, _table.c.message_id)).mappings()
            return [Withdrawal(**row) for row in rows]
