"""The credits of an account, as the newest check of a run read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ovh_sms.store import tables
from ovh_sms.store.run_tables import runs

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True)
class CreditsReading:
    """Credits of an account.

    :param credits_left: as read at ``at``, less what was sent since.
    """

    credits_left: float
    at: datetime


def newest_reading(connection: Connection, account: str, since: datetime) -> CreditsReading | None:
    """Return the credits that the newest check after a moment read; ``None`` if none did.

    :param since: aware.
    """
    known = (runs.c.account == account, runs.c.credits_left.is_not(None), runs.c.checked_at > since)
    query = select(runs.c.checked_at, runs.c.credits_left).where(*known).order_by(runs.c.checked_at.desc()).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return None
    it = tables.submissions.c
    spent = select(func.coalesce(func.sum(it.credits_spent), 0.0)).where(it.account == account, it.sent_at >= row[0])
    return CreditsReading(credits_left=row[1] - connection.execute(spent).scalar_one(), at=row[0])
