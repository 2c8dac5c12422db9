"""Credits transferred from one account to another, with the balances right before and after."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import or_, select

from ovh_sms.store.credit_tables import transfers as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing


@dataclass(frozen=True, kw_only=True)
class TransferRecord:
    """One transfer.

    :param tag: of its attempt.
    :param source_before: credits of the source right before it; ``None`` if they were not read.
    :param target_after: credits of the target right after it.
    """

    tag: str
    source: str
    target: str
    credits: float
    at: datetime
    source_before: float | None = None
    source_after: float | None = None
    target_before: float | None = None
    target_after: float | None = None


_COLUMNS = [_table.c[each.name] for each in fields(TransferRecord)]


class Transfers(Repository):
    """Transfers by the tag of their attempt."""

    def record(self, transfer: TransferRecord) -> None:
        """Record a transfer; one that is recorded stays as it is."""
        with self.database.writing(durable=True) as connection:
            insert_missing(connection, _table, asdict(transfer))

    def of_account(self, account: str) -> list[TransferRecord]:
        """List the transfers from or to an account, the newest one first."""
        here = or_(_table.c.source == account, _table.c.target == account)
        with self.database.reading() as connection:
            rows = connection.execute(select(*_COLUMNS).where(here).order_by(_table.c.at.desc(), _table.c.tag))
            return [TransferRecord(**row) for row in rows.mappings()]
