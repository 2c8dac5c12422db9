"""Takes a person's data out of replies: of those that are stored, and of those that come in after an erasure.

Numbers that are stored late, of people who are suppressed, are taken out in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.tables import erasures

#: In place of the number of a person who was erased.
ERASED = "erased"
#: Replies and erasures are kept apart by this lock, so that none slips through between them; no account has this name.
ERASURES = "erasures"
#: OVH dates replies by its own clock, and a person may ask right after the reply.
_CLOCKS_DIFFER = timedelta(minutes=5)
_NOTHING = {"number": ERASED, "digest": None, "text": "", "receiver_key": None}
_AT_ONCE = 500


def empty_replies(connection: Connection, where: ColumnElement[bool]) -> int:
    """Take number, digest, text and key out of stored replies; returns how many were changed."""
    changed = connection.execute(update(inbound).where(where, inbound.c.number != ERASED).values(**_NOTHING))
    return int(changed.rowcount)


def erase_those_asked_for(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Take the same out of rows to be stored, if their person was erased after writing them.

    What a person writes afterwards stays, unless their erasure still waits for a run that is not over.
    """
    asked = _asked(connection, sorted({row["digest"] for row in rows}))
    for row in rows:
        if _is_erased(asked, row["digest"], row["received_at"]):
            row.update(_NOTHING)


def hide_erased(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Take number and hash out of suppressed people to be stored, if they were erased after what suppresses them."""
    asked = _asked(connection, sorted({row["digest"] for row in rows}))
    for row in rows:
        if _is_erased(asked, row["digest"], row["since"]):
            row.update(number=None, number_hash=None)


def are_erased(connection: Connection, people: Sequence[tuple[int, datetime | None]]) -> list[bool]:
    """Return which people were erased after a moment; the transaction holds the lock of erasures.

    :param people: digest and moment of each; without a moment, any erasure is after it.
    """
    asked = _asked(connection, sorted({digest for digest, _ in people}))
    return [_is_erased(asked, digest, moment) for digest, moment in people]


def _is_erased(asked: Mapping[int, datetime], digest: int, moment: datetime | None) -> bool:
    return digest in asked and (moment is None or moment <= asked[digest] + _CLOCKS_DIFFER)


def _asked(connection: Connection, digests: Sequence[int]) -> dict[int, datetime]:
    """When each of some people was last erased."""
    found: dict[int, datetime] = {}
    for start in range(0, len(digests), _AT_ONCE):
        some = erasures.c.digest.in_(digests[start : start + _AT_ONCE])
        query = select(erasures.c.digest, erasures.c.asked_at).where(some)
        found.update({row.digest: row.asked_at for row in connection.execute(query)})
    return found
