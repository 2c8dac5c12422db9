"""Crossings: an account's credits fell below a level. Each is noticed once, however many processes read them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import false, select, true, update

from ovh_sms.store.credit_level_tables import crossings as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing


class Crossings(Repository):
    """The armed state by account file and account: it outlives the triggerer."""

    def note(self, name: str, account: str, *, is_low: bool) -> bool:
        """Note a reading of an account's credits.

        :param name: of the account file.
        :param is_low: whether the credits are below its level. A reading above it arms the next crossing.
        :returns: whether this reading is the crossing: true for one process alone, until the credits were above again.
        """
        here = update(_table).where(_table.c.name == name, _table.c.account == account)
        with self.database.writing() as connection:
            insert_missing(connection, _table, {"name": name, "account": account, "armed": True})
            if not is_low:
                connection.execute(here.where(_table.c.armed == false()).values(armed=True))
                return False
            # Compare and set in one statement: a second process finds it disarmed.
            crossed = here.where(_table.c.armed == true()).values(armed=False, crossed_at=self.clock.now())
            return connection.execute(crossed).rowcount == 1

    def crossed_at(self, name: str, account: str) -> datetime | None:
        """Return when the account last fell below its level; ``None`` if it never did."""
        query = select(_table.c.crossed_at).where(_table.c.name == name, _table.c.account == account)
        with self.database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found
