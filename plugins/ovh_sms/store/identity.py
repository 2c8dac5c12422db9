"""The identity of a results database: an id, made at random with its tables, that distinguishes it from others."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from ovh_sms.errors import ScheduleTooOld
from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account, shared_time
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

    def mark_restored(self) -> str:
        """Mark the database as restored: with another id, so that nobody on its predecessor passes, and the moment.

        The secret stays: it keys the digests that the database holds.

        :returns: the new id.
        """
        renamed = uuid4().hex
        with self.database.writing(durable=True) as connection:
            here = tables.identity.c.id == make(connection)
            values = {"id": renamed, "restored_at": shared_time(connection, self.clock)}
            connection.execute(update(tables.identity).where(here).values(values))
        return renamed

    def restored_at(self) -> datetime | None:
        """Return when the database was last restored; ``None`` if it never was."""
        with self.database.reading() as connection:
            return connection.execute(select(tables.identity.c.restored_at).limit(1)).scalar()

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


def refuse_forgotten(connection: Connection, run_after: datetime | None) -> None:
    """Refuse to send for a run that may have sent before the database was restored: its attempts may be missing.

    :param run_after: the run has sent nothing before this moment; ``None`` if nobody knows.
    :raises ScheduleTooOld: names the moment of the restoration.
    """
    restored_at = connection.execute(select(tables.identity.c.restored_at).limit(1)).scalar()
    if restored_at is not None and (run_after is None or run_after <= restored_at):
        raise ScheduleTooOld(
            f"This run began before the results database was restored on {restored_at:%Y-%m-%d %H:%M:%S} UTC. It may "
            "have sent its messages already: that database would not know.",
            action="Nothing was sent. Check in OVH's manager whom it has sent to; for the others start a new run.",
        )


def _find(connection: Connection) -> str | None:
    column = tables.identity.c.id
    return connection.execute(select(column).order_by(column).limit(1)).scalar()
