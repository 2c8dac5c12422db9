"""Crossings: an account's credits fell below a level. Each is noticed once, however many processes read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, or_, select, true, update

from ovh_sms.store.credit_level_tables import crossings as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

#: The run that a crossing starts checks the account sooner than this.
CHECKED_WITHIN = timedelta(minutes=10)
#: Credits of OVH's smallest package: a rise of as many is a deposit, also one that a person has made.
_SMALLEST_DEPOSIT = 100.0


class Crossings(Repository):
    """The armed state by account file and account: it outlives the triggerer."""

    def note(
        self,
        name: str,
        account: str,
        *,
        is_low: bool,
        credits_left: float | None = None,
        checked_at: datetime | None = None,
    ) -> bool:
        """Note a reading of an account's credits.

        A rise since the last reading, by whichever process, is a deposit: if the account is still low after it, that is
        a crossing of its own. A triggerer may end before Airflow has its event. So a crossing that no check has
        followed is noticed again.

        :param name: of the account file.
        :param is_low: whether the credits are below its level. A reading above it arms the next crossing.
        :param credits_left: the credits read.
        :param checked_at: when the account's credits were last checked.
        :returns: whether this reading is the crossing: true for one process alone, until the credits were above again.
        """
        here = update(_table).where(_table.c.name == name, _table.c.account == account)
        with self.database.writing() as connection:
            insert_missing(connection, _table, {"name": name, "account": account, "armed": True})
            if not is_low:
                connection.execute(here.values(armed=True, credits=credits_left))
                return False
            # Compare and set in one statement: a second process finds it disarmed.
            now = self.clock.now()
            is_new = or_(_table.c.armed == true(), self._has_no_check(now, checked_at), _has_risen_to(credits_left))
            crossed = here.where(is_new).values(armed=False, crossed_at=now, credits=credits_left)
            if connection.execute(crossed).rowcount == 1:
                return True
            connection.execute(here.values(credits=credits_left))
            return False

    def _has_no_check(self, now: datetime, checked_at: datetime | None) -> ColumnElement[bool]:
        """The crossing is some minutes old, and nothing has checked the account since."""
        unchecked = (_table.c.crossed_at > checked_at,) if checked_at is not None else ()
        return and_(_table.c.crossed_at <= now - CHECKED_WITHIN, *unchecked)

    def arm(self, account: str) -> None:
        """Let the next reading below a level of an account count, also if nobody has read the credits above it since.

        An account may get credits, and spend them again, between two readings.
        """
        here = update(_table).where(_table.c.account == account, _table.c.armed == false())
        with self.database.writing() as connection:
            connection.execute(here.values(armed=True))

    def crossed_at(self, name: str, account: str) -> datetime | None:
        """Return when the account last fell below its level; ``None`` if it never did."""
        query = select(_table.c.crossed_at).where(_table.c.name == name, _table.c.account == account)
        with self.database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found


def _has_risen_to(credits_left: float | None) -> ColumnElement[bool]:
    """A deposit has come since the last reading."""
    return false() if credits_left is None else _table.c.credits <= credits_left - _SMALLEST_DEPOSIT
