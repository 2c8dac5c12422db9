"""The identity of a results database: an id, made at random with its tables, that distinguishes it from others."""

from __future__ import annotations

import secrets
from uuid import uuid4

from sqlalchemy import Connection, insert, select

from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.repository import Repository


class Identity(Repository):
    """The one row that says which results database this is."""

    def read(self) -> str:
        """Read the id; make one if somebody has emptied the table.

        :returns: 32 characters, always the same for one database.
        """
        with self.database.reading() as connection:
            found = _find(connection)
        if found is None:
            with self.database.writing(durable=True) as connection:
                found = make(connection)
        return found

    def secret(self) -> bytes:
        """Read the secret that keys the digests of receivers: 32 bytes, made at random with the id."""
        self.read()
        with self.database.reading() as connection:
            query = select(tables.identity.c.secret).order_by(tables.identity.c.id).limit(1)
            return bytes(connection.execute(query).scalar_one())


def make(connection: Connection) -> str:
    """Give a database an id, unless it has one.

    :param connection: in a transaction that writes; others that do the same wait for its end.
    """
    lock_account(connection, tables.identity.name)
    found = _find(connection)
    if found is None:
        found = uuid4().hex
        connection.execute(insert(tables.identity).values(id=found, secret=secrets.token_bytes(32)))
    return found


def _find(connection: Connection) -> str | None:
    column = tables.identity.c.id
    return connection.execute(select(column).order_by(column).limit(1)).scalar()
