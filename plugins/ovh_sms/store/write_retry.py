"""Repeats a write of results that the database gave up because of another writer; nothing of it is stored then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from ovh_sms.clock import Clock

T = TypeVar("T")

#: Seconds between one try and the next; the last try's error is raised.
PAUSES = (0.1, 0.3, 1.0, 3.0)
#: PostgreSQL's codes of a serialization failure, a deadlock, and a lock that was not free in time.
_CODES = frozenset({"40001", "40P01", "55P03"})
#: SQLite's codes of a file or a table that another connection holds; further bits of a code say more about it.
_BUSY, _LOCKED = 5, 6


def repeat_conflicts(clock: Clock, write: Callable[[], T]) -> T:
    """Run a transaction; run it again, at most five times in all, if another writer was in its way.

    Only for writes of results: they may be repeated at any time. Nothing that is done at OVH belongs in one.

    :param write: the whole transaction: opens it, and changes nothing but the database.
    :raises sqlalchemy.exc.DBAPIError: of the last try; any other error at once.
    """
    for pause in PAUSES:
        try:
            return write()
        except DBAPIError as error:
            if not is_conflict(error):
                raise
        clock.sleep(pause)
    return write()


def is_conflict(error: DBAPIError) -> bool:
    """Return whether the database gave up a transaction because of another writer, and stored nothing of it."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return (int(code) & 0xFF) in (_BUSY, _LOCKED)
    # Psycopg names it sqlstate, psycopg2 pgcode.
    return (getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)) in _CODES
