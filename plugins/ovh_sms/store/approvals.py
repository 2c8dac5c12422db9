"""Questions about orders that a person has not answered yet: each need is asked for once at a time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, update

from ovh_sms.store.credit_level_tables import approvals as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing


class Approvals(Repository):
    """Open questions by the key of the need."""

    def ask(self, need: str, account: str, *, asked_by: str, within: timedelta) -> bool:
        """Open the question about a need's order, unless another task waits for its answer.

        A question ends by itself after its time: its task may have been ended from outside.

        :param need: key of the need.
        :param asked_by: the task that asks, the same in every try.
        :param within: time for an answer.
        :returns: whether this task asks.
        """
        now = self.clock.now()
        values = {"asked_by": asked_by, "asked_at": now, "ends_at": now + within}
        free = or_(_table.c.asked_by == asked_by, _table.c.ends_at <= now)
        with self.database.writing() as connection:
            insert_missing(connection, _table, {"need": need, "account": account, **values})
            asked = update(_table).where(_table.c.need == need, free).values(values)
            return connection.execute(asked).rowcount == 1

    def end(self, need: str, *, asked_by: str) -> None:
        """End a question of a task: it has an answer."""
        with self.database.writing() as connection:
            connection.execute(delete(_table).where(_table.c.need == need, _table.c.asked_by == asked_by))
