"""Rows of the journal in a given state, for tests that make no attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Integer

from ovh_sms.store import tables


def journal_row(tag: str, attempt: int, state: str, now: datetime) -> dict[str, Any]:
    """Return a row of the table of attempts; only these of its columns matter."""
    row: dict[str, Any] = {}
    for column in tables.attempts.c:
        if not column.nullable:
            is_moment = isinstance(column.type, tables.UtcDateTime | DateTime)
            row[column.name] = now if is_moment else 1 if isinstance(column.type, Integer) else "x"
    return row | {"tag": tag, "attempt": attempt, "state": state}
