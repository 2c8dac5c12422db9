"""Readings of accounts' credits: by checks, with the forecast of each, and by waits and transfers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ovh_sms.metrics import CREDITS_LEFT
from ovh_sms.store.credit_level_tables import credit_readings as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import upsert


@dataclass(frozen=True, kw_only=True)
class CreditReading:
    """The credits of an account at one moment.

    :param at: aware.
    :param reserved: credits that campaigns have reserved, or wait for.
    :param enough: credits that the account should hold at least, with those; ``None`` if nobody says it.
    :param forecast: plain form of the forecast; ``None`` without one.
    """

    account: str
    at: datetime
    credits: float
    reserved: float = 0.0
    enough: float | None = None
    forecast: dict[str, Any] | None = None


class CreditReadings(Repository):
    """Readings by account and moment."""

    def add(self, reading: CreditReading) -> None:
        """Record a reading; the same again is harmless."""
        with self.database.writing() as connection:
            upsert(connection, _table, [asdict(reading)])
        CREDITS_LEFT.record(reading.credits, account=reading.account)

    def newest(self, account: str) -> CreditReading | None:
        """Return the newest reading of an account; ``None`` if it was never checked."""
        found = self.of_account(account, limit=1)
        return found[0] if found else None

    def accounts(self) -> list[str]:
        """List the accounts that were ever checked, by name."""
        query = select(_table.c.account).distinct().order_by(_table.c.account)
        with self.database.reading() as connection:
            return list(connection.execute(query).scalars())

    def of_account(self, account: str, *, since: datetime | None = None, limit: int = 400) -> list[CreditReading]:
        """List the readings of an account, the newest first.

        :param since: the earliest moment, aware.
        """
        query = select(_table).where(_table.c.account == account).order_by(_table.c.at.desc()).limit(limit)
        if since is not None:
            query = query.where(_table.c.at >= since)
        with self.database.reading() as connection:
            return [CreditReading(**row) for row in connection.execute(query).mappings()]
