"""Messages that were deleted at OVH while they waited there, and the credits refunded for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from ovh_sms.store import tables
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

_table = tables.withdrawals


class Withdrawals(Repository):
    """Withdrawn messages by account and OVH's id."""

    def record(self, tag: str, *, account: str, message_id: int, refunded: float) -> None:
        """Record, right before it is deleted at OVH, that a message is withdrawn; repeating it is harmless."""
        values = {"tag": tag, "account": account, "message_id": message_id, "credits": refunded}
        with self.database.writing() as connection:
            insert_missing(connection, _table, values | {"at": self.clock.now()})

    def forget(self, *, account: str, message_id: int) -> None:
        """Forget a message that was to be deleted at OVH: it had left."""
        here = (_table.c.account == account, _table.c.message_id == message_id)
        with self.database.writing() as connection:
            connection.execute(delete(_table).where(*here))

    def count(self, *tags: str) -> tuple[int, float]:
        """Count the withdrawn messages of some submissions together, and their credits."""
        query = select(func.count(), func.coalesce(func.sum(_table.c.credits), 0.0))
        with self.database.reading() as connection:
            count, refunded = connection.execute(query.where(_table.c.tag.in_(tags))).one()
        return int(count), float(refunded)

    def refunded_credits(self, account: str, since: datetime) -> float:
        """Sum the credits refunded to an account since a moment."""
        query = select(func.coalesce(func.sum(_table.c.credits), 0.0))
        with self.database.reading() as connection:
            found = connection.execute(query.where(_table.c.account == account, _table.c.at >= since))
            return float(found.scalar_one())
