"""Takes number and text out of rows of the outbox: of old ones, and of people who are erased. Their keys stay used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, update

from ovh_sms.store.outbox_records import ERASED, PENDING, REFUSED, UNKNOWN
from ovh_sms.store.outbox_tables import outbox as _table
from ovh_sms.store.tables import erasures

_it = _table.c
_NOTHING = {"receiver": ERASED, "message": "", "person": None}
_AT_ONCE = 500
#: A row that waits or is under way needs its number and its text.
_is_over = _it.state.not_in((PENDING, UNKNOWN))


def empty_old(connection: Connection, before: datetime) -> int:
    """Empty the rows that were over before a moment; returns how many were changed."""
    return _empty(connection, _is_over, _it.ended_at < before)


def erase_person(connection: Connection, digest: int, number: str | None, *, at: datetime) -> int:
    """Empty a person's rows; those that wait are not sent. Rows of a group are emptied once they are over.

    :param number: E.164, by which rows are found that were never checked; ``None`` if it is not known.
    :returns: how many were changed.
    """
    of_person = _it.person == digest
    if number is not None:
        of_person = or_(of_person, _it.receiver == number)
    waits = and_(_it.state == PENDING, _it.group_tag.is_(None))
    ended = {"state": REFUSED, "reason": ERASED, "ended_at": at, "due_at": None}
    connection.execute(update(_table).where(of_person, waits).values(**ended))
    return _empty(connection, _is_over, of_person)


def was_erased() -> ColumnElement[bool]:
    """Select the rows whose person was erased since they were queued."""
    return exists().where(erasures.c.digest == _it.person, erasures.c.asked_at >= _it.queued_at)


def empty_ended(connection: Connection, rows: Sequence[int]) -> None:
    """Empty those of some rows that are over whose person was erased while they were under way."""
    for start in range(0, len(rows), _AT_ONCE):
        _empty(connection, _is_over, _it.id.in_(rows[start : start + _AT_ONCE]), was_erased())


def _empty(connection: Connection, *where: ColumnElement[bool]) -> int:
    values: dict[str, Any] = dict(_NOTHING)
    return int(connection.execute(update(_table).where(*where, _it.receiver != ERASED).values(values)).rowcount)
