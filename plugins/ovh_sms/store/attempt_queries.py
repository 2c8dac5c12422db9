"""Reads of the journal: the attempts by tag, write, run, campaign and account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from ovh_sms.store import tables
from ovh_sms.store.account_lock import shared_time
from ovh_sms.store.duplicate_guard import of_another_run, same_batch, same_map_index
from ovh_sms.store.models import (
    BATCH,
    LONGEST_WAIT,
    MESSAGES,
    NOT_EXECUTED,
    ORDER,
    OVER,
    SUCCEEDED,
    Attempt,
    JournaledOrder,
    Resolution,
)
from ovh_sms.store.repository import Repository

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_table = tables.attempts
COLUMNS = [_table.c[field.name] for field in fields(Attempt)]
LIVE = _table.c.state.not_in(OVER)


class AttemptQueries(Repository):
    """The attempts as they stand. A live one is at OVH, or may be."""

    def count(self) -> int:
        """Count all attempts ever claimed."""
        with self.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(_table)).scalar_one())

    def last_claimed_at(self) -> datetime | None:
        """Return when the newest attempt was claimed; ``None`` if there is none."""
        with self.database.reading() as connection:
            return connection.execute(select(func.max(_table.c.claimed_at))).scalar()

    def all(self, tag: str) -> list[Attempt]:
        """List the attempts at a batch or an order, the first one first."""
        return self._list(_table.c.tag == tag, order_by=[_table.c.attempt])

    def live(self, tag: str) -> Attempt | None:
        """Find the attempt that is at OVH, or may be; ``None`` if certainly none is."""
        return next(iter(self._list(_table.c.tag == tag, LIVE, order_by=[_table.c.attempt])), None)

    def of_write(self, wanted: Attempt) -> Attempt | None:
        """Find the attempt at a write that is live or was refused: under its tag, by its task instance or its batch.

        A batch is the same under another map index: a list that is cut anew maps its batches in another order.
        """
        same, at_index = same_batch(wanted), same_map_index(wanted)
        own = _table.c.tag == wanted.tag
        nearest = case((same, 0), (own, 1), else_=2)
        where = or_(own, same, at_index)
        undecided = _table.c.state != NOT_EXECUTED
        return next(iter(self._list(where, undecided, order_by=[nearest, _table.c.attempt], limit=1)), None)

    def of_run(self, dag_id: str, run_id: str) -> list[Attempt]:
        """List the attempts at batches of one DAG run that may be at OVH, refused ones too, the first one first."""
        in_run = and_(_table.c.dag_id == dag_id, _table.c.run_id == run_id)
        order = [_table.c.claimed_at, _table.c.tag]
        return self._list(in_run, _table.c.kind == BATCH, _table.c.state != NOT_EXECUTED, order_by=order)

    def of_campaign(self, campaign: str, *, account: str, run_id: str | None = None) -> list[Attempt]:
        """List the attempts at batches of a run of a campaign that may be at OVH, refused ones too, the newest first.

        :param run_id: Airflow's run; by default the latest one that submitted.
        """
        where = [_table.c.campaign == campaign, _table.c.account == account, _table.c.state != NOT_EXECUTED]
        where.append(_table.c.kind == BATCH)
        if run_id is not None:
            where.append(_table.c.run_id == run_id)
        found = self._list(*where, order_by=[_table.c.claimed_at.desc()])
        return [each for each in found if (each.dag_id, each.run_id) == (found[0].dag_id, found[0].run_id)]

    def next_submission(self, attempt: Attempt) -> Attempt | None:
        """Find the first batch that another run of the campaign submitted after this one, or may have."""
        same_campaign = and_(_table.c.account == attempt.account, _table.c.campaign == attempt.campaign)
        found = self._list(
            same_campaign,
            of_another_run(attempt),
            _table.c.claimed_at > attempt.claimed_at,
            _table.c.kind == BATCH,
            LIVE,
            order_by=[_table.c.claimed_at],
            limit=1,
        )
        return next(iter(found), None)

    def orders(self, account: str, since: datetime) -> dict[int, JournaledOrder]:
        """List the orders that were made for an account since a moment, by OVH's ids."""
        order, quantity = (_table.c.answer[name].as_integer() for name in ("order_id", "quantity"))
        query = (
            select(order, quantity, _table.c.claimed_at)
            .where(_table.c.account == account, _table.c.kind == ORDER, _table.c.state == SUCCEEDED)
            .where(_table.c.claimed_at >= since)
        )
        with self.database.reading() as connection:
            found = connection.execute(query).all()
            return {number: JournaledOrder(*more) for number, *more in found if number is not None}

    def newest_order_price(self, account: str) -> tuple[float, str] | None:
        """Return the price of a credit in an account's newest order, without tax, and its currency, if there is one."""
        query = select(_table.c.answer).where(
            _table.c.account == account, _table.c.kind == ORDER, _table.c.state == SUCCEEDED
        )
        with self.database.reading() as connection:
            for answer in connection.execute(query.order_by(_table.c.claimed_at.desc()).limit(20)).scalars():
                if answer and answer.get("price_without_tax") and answer.get("quantity") and answer.get("currency"):
                    return answer["price_without_tax"] / answer["quantity"], answer["currency"]
        return None

    def resolutions(self, *tags: str) -> list[tuple[str, Resolution]]:
        """List how persons resolved unknown outcomes of some batches, the first one first, each with its tag."""
        found = self._list(_table.c.tag.in_(tags), order_by=[_table.c.claimed_at, _table.c.tag])
        return [(each.tag, Resolution.of(each.resolution)) for each in found if each.resolution]

    def newest_snapshots(self, account: str, *, limit: int) -> list[dict[str, Any]]:
        """List the snapshots of an account's newest batches, the newest one first."""
        query = select(_table.c.snapshot).where(
            _table.c.account == account, _table.c.kind == BATCH, _table.c.snapshot.is_not(None)
        )
        with self.database.reading() as connection:
            return list(connection.execute(query.order_by(_table.c.claimed_at.desc()).limit(limit)).scalars())

    def tags_of_user(self, account: str, login: str) -> set[str]:
        """List the tags of what a user of an account has sent lately, or may have."""
        with self.database.reading() as connection:
            query = select(_table.c.tag).where(
                _table.c.account == account,
                _table.c.snapshot["user"].as_string() == login,
                _table.c.claimed_at >= shared_time(connection, self.clock) - LONGEST_WAIT,
            )
            return set(connection.execute(query).scalars())

    def message_ids(self, tag: str) -> list[int]:
        """List OVH's ids of a batch's messages; empty if its answer was lost."""
        query = select(_table.c.message_ids).where(_table.c.tag == tag, LIVE)
        with self.database.reading() as connection:
            return [each for ids in connection.execute(query).scalars() for each in ids or ()]

    def message_ids_by_tag(self, account: str) -> dict[str, set[int]]:
        """List OVH's ids of the messages that an account's batches may still have waiting, by tag."""
        with self.database.reading() as connection:
            return {tag: set(ids) for tag, ids in connection.execute(self._may_wait(connection, account))}

    def message_ids_of_account(self, account: str) -> NDArray[np.int64]:
        """List the same ids without the tags, in eight bytes each."""
        import numpy as np

        with self.database.reading() as connection:
            found = connection.execute(self._may_wait(connection, account))
            arrays = [np.array(ids, dtype=np.int64) for _, ids in found]
        return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)

    def _may_wait(self, connection: Connection, account: str) -> Select[Any]:
        """Tag and ids of each batch whose messages may wait."""
        return select(_table.c.tag, _table.c.message_ids).where(
            _table.c.account == account,
            LIVE,
            _table.c.message_ids.is_not(None),
            _table.c.claimed_at >= shared_time(connection, self.clock) - LONGEST_WAIT,
        )

    def message_ids_of_others(self, account: str, tags: Collection[str]) -> dict[int, datetime]:
        """List OVH's ids of the messages of all other batches of an account, each with when its attempt was claimed."""
        with self.database.reading() as connection:
            query = select(_table.c.message_ids, _table.c.claimed_at).where(
                _table.c.account == account,
                _table.c.tag.not_in(tags),
                LIVE,
                _table.c.message_ids.is_not(None),
                _table.c.claimed_at >= shared_time(connection, self.clock) - LONGEST_WAIT,
            )
            return {each: claimed for ids, claimed in connection.execute(query) for each in ids}

    def in_flight(self, attempt: Attempt, since: datetime, *, same_message: bool = False) -> list[tuple[str, int]]:
        """List the batches and answers of others since a moment whose message ids are not known: they may pass for it.

        :param same_message: only those of the same message before merging.
        :returns: tag and number of each attempt.
        """
        query = select(_table.c.tag, _table.c.attempt).where(
            _table.c.account == attempt.account,
            _table.c.kind.in_(MESSAGES),
            LIVE,
            _table.c.message_ids.is_(None),
            _table.c.claimed_at >= since,
            of_another_run(attempt),
        )
        if same_message:
            query = query.where(_table.c.message_digest == attempt.message_digest)
        with self.database.reading() as connection:
            return [(tag, number) for tag, number in connection.execute(query)]

    def _list(
        self, *where: ColumnElement[bool], order_by: Sequence[ColumnElement[Any]], limit: int | None = None
    ) -> list[Attempt]:
        query = select(*COLUMNS).where(*where).order_by(*order_by).limit(limit)
        with self.database.reading() as connection:
            return [Attempt(**row) for row in connection.execute(query).mappings()]
