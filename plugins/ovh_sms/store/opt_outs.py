"""Which sending a STOP answers, so that one person's STOP is counted once."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, func, select

from ovh_sms.store import tables
from ovh_sms.store.models import OptOut

_AT_ONCE = 500


def one_at_a_time(connection: Connection, account: str) -> None:
    """Queue with others that keep STOPs of the same account; SQLite has one writer anyway."""
    sendings = select(tables.campaigns.c.tag).where(tables.campaigns.c.account == account)
    connection.execute(sendings.order_by(tables.campaigns.c.tag).with_for_update())


def answering(connection: Connection, account: str, tag: str, rows: list[OptOut]) -> list[OptOut]:
    """Leave out the STOPs that answer another sending.

    OVH's ids grow with time, and they need no clock or time zone: the greatest one is the latest message.

    :param account: SMS account of the sending.
    :param tag: the sending.
    :param rows: STOPs of its receivers.
    :returns: those that name a message, and those whose person got the account's latest message from it.
    """
    unnamed = [row.receiver for row in rows if row.outgoing_id is None]
    elsewhere: set[str] = set()
    table = tables.messages
    for start in range(0, len(unnamed), _AT_ONCE):
        latest = (
            select(func.max(table.c.outgoing_id))
            .where(table.c.account == account, table.c.receiver.in_(unnamed[start : start + _AT_ONCE]))
            .group_by(table.c.receiver)
        )
        others = select(table.c.receiver).where(
            table.c.account == account, table.c.outgoing_id.in_(latest), table.c.tag != tag
        )
        elsewhere.update(connection.execute(others).scalars())
    return [row for row in rows if row.outgoing_id is not None or row.receiver not in elsewhere]


def take_from_others(connection: Connection, account: str, tag: str, rows: list[OptOut]) -> None:
    """Drop the same STOPs from sendings that were collected before this one's messages were known.

    :param account: SMS account of the sending.
    :param tag: the sending that keeps them.
    :param rows: its STOPs; another STOP of the same person, at another moment, stays where it is.
    """
    unnamed = [{"who": row.receiver, "at": row.stopped_at} for row in rows if row.outgoing_id is None]
    if not unnamed:
        return
    table = tables.stops
    same_account = select(tables.campaigns.c.tag).where(tables.campaigns.c.account == account)
    statement = delete(table).where(
        table.c.tag != tag,
        table.c.tag.in_(same_account),
        table.c.receiver == bindparam("who"),
        table.c.stopped_at.is_not_distinct_from(bindparam("at", type_=table.c.stopped_at.type)),
        table.c.outgoing_id.is_(None),
    )
    connection.execute(statement, unnamed)
