"""Until when a row is of use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.store.outbox_records import OutboxRow

#: OVH counts in minutes: a row that is of use for less than one is not sent.
LEAST = timedelta(minutes=1)
_NEVER = datetime.max.replace(tzinfo=UTC)


def expires_at(row: OutboxRow) -> datetime:
    """Return the end of a row's use; the end of time if it has no validity."""
    return _NEVER if row.validity is None else row.may_leave_at + timedelta(minutes=row.validity)


def is_expired(row: OutboxRow, now: datetime) -> bool:
    """Return whether a row is of no use any more."""
    return expires_at(row) - now < LEAST


def minutes_left(row: OutboxRow, now: datetime) -> int | None:
    """Return the whole minutes for which a row is of use; ``None`` if it has no validity."""
    return None if row.validity is None else int((expires_at(row) - now) / LEAST)
