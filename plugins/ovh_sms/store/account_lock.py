"""Keeps the writers of one SMS account apart, and reads the time that they share."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from ovh_sms.clock import Clock

# Any fixed number: it separates these locks from other PostgreSQL advisory locks of the same database.
_ADVISORY_LOCK = 0x6F766873


def lock_account(connection: Connection, account: str) -> None:
    """Keep other writers of the same account out until the transaction ends; SQLite has one writer anyway.

    The lock ends with its connection, so a process that is killed leaves none behind.
    """
    lock_all(connection, [account])


def lock_all(connection: Connection, names: Iterable[str]) -> None:
    """Keep out the other writers of several accounts or needs.

    All transactions take their locks in one order, so that no two wait for each other.
    """
    if connection.dialect.name == "postgresql":
        # PostgreSQL takes two signed numbers of 32 bits. Accounts that share one merely wait for each other.
        for number in sorted({zlib.crc32(name.encode()) - 2**31 for name in names}):
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:ours, :account)"), {"ours": _ADVISORY_LOCK, "account": number}
            )


def shared_time(connection: Connection, clock: Clock) -> datetime:
    """Read the one clock that all users of the database share.

    On PostgreSQL that is the server's, at this moment and not at the transaction's beginning: a transaction may have
    waited for another one. A SQLite file is shared on one machine only, so its users share that machine's clock.
    """
    if connection.dialect.name == "postgresql":
        now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)
    return clock.now()
