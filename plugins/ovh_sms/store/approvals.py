"""Questions about orders: each need is asked about once, as long as the run that asks can still order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from ovh_sms.store.credit_level_tables import approvals as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

_it = _table.c


@dataclass(frozen=True, kw_only=True)
class Asker:
    """The task that asks a person about an order, the same in every try."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about the order of a need.

    :param need: key of the need.
    :param asker: the task that asks.
    :param order_task: the task of the same run that makes the order, once a person has approved it; else ``None``.
    """

    need: str
    account: str
    asker: Asker
    asked_at: datetime
    order_task: str | None = None


class Approvals(Repository):
    """Questions by the key of the need."""

    def ask(self, need: str, account: str, *, asker: Asker, instead_of: Question | None = None) -> Question | None:
        """Open the question about a need's order, unless another task has asked it.

        The results do not know whether that task can still go on: Airflow does.

        :param need: key of the need.
        :param instead_of: the question of a task that cannot go on any more; this one replaces it.
        :returns: ``None`` if this task asks; else the question of the other one.
        """
        now = self.clock.now()
        values = {**vars(asker), "asked_at": now, "order_task": None}
        free = _is_of(asker)
        if instead_of is not None:
            # A task that has asked again since, as it was cleared, keeps its question.
            free = or_(free, and_(_is_of(instead_of.asker), _it.asked_at == instead_of.asked_at))
        while True:
            with self.database.writing() as connection:
                insert_missing(connection, _table, {"need": need, "account": account, **values})
                asked = connection.execute(update(_table).where(_it.need == need, free).values(values))
            if asked.rowcount == 1:
                return None
            if other := self.of(need):  # else its task has ended it meanwhile
                return other

    def of(self, need: str) -> Question | None:
        """Read the question about a need; ``None`` if there is none."""
        with self.database.reading() as connection:
            row = connection.execute(select(_table).where(_it.need == need)).mappings().one_or_none()
        if row is None:
            return None
        asker = Asker(**{name: row[name] for name in ("dag_id", "run_id", "task_id", "map_index")})
        return Question(
            need=need, account=row["account"], asker=asker, asked_at=row["asked_at"], order_task=row["order_task"]
        )

    def approve(self, need: str, *, asker: Asker, order_task: str) -> None:
        """Keep a question that a person has approved until the order is made: nobody asks it meanwhile.

        :param order_task: the task of the same run that makes the order.
        """
        approved = update(_table).where(_it.need == need, _is_of(asker)).values(order_task=order_task)
        with self.database.writing() as connection:
            connection.execute(approved)

    def end(self, need: str, *, asker: Asker) -> None:
        """End a question of a task: it was rejected, or no task makes the order."""
        with self.database.writing() as connection:
            connection.execute(delete(_table).where(_it.need == need, _is_of(asker)))


def _is_of(asker: Asker) -> ColumnElement[bool]:
    return and_(*(_it[name] == value for name, value in vars(asker).items()))
