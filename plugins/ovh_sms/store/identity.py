"""What tells one results database from another: an id, made at random with its tables."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Connection, insert, select

from ovh_sms.store import attempts, tables


def known(connection: Connection) -> str | None:
    """Read the id of these results; ``None`` where they have none yet."""
    column = tables.identity.c.id
    return connection.execute(select(column).order_by(column).limit(1)).scalar()


def keep(connection: Connection) -> str:
    """Give these results an id, unless they have one.

    :param connection: in a transaction that writes; others who do the same wait for its end.
    :returns: the id.
    """
    attempts.alone(connection, tables.identity.name)
    found = known(connection)
    if found is None:
        found = uuid4().hex
        connection.execute(insert(tables.identity).values(id=found))
    return found
