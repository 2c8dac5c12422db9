"""When each batch of a run with a pace leaves: planned with its list, and kept from the claim of the batch on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_, update

from ovh_sms.errors import PaceReached
from ovh_sms.messaging.pace import Departure, MessagePace, PacedBatch
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.paced_records import BatchClaim, PacedList, PacedPlace, PacedRun, departed
from ovh_sms.store.paced_tables import paced_batches as _table
from ovh_sms.store.published_lists import has_started
from ovh_sms.store.repository import Repository

if TYPE_CHECKING:
    from ovh_sms.messaging.pace import Spread
    from ovh_sms.store.models import Attempt

_it = _table.c
_AT_ONCE = 500


class PacedBatches(Repository):
    """The departures of batches by their run and list."""

    def plan(
        self, paced: PacedList, pace: MessagePace, batches: Sequence[PacedBatch], leaves: Mapping[int, datetime]
    ) -> dict[int, PacedPlace]:
        """Plan the batches of a run's list, or return the plan that the run keeps as a batch of it may be at OVH.

        :param leaves: when each leaves, by its number.
        """
        of_run = and_(_it.dag_id == paced.dag_id, _it.run_id == paced.run_id)
        with self.database.writing(durable=True) as connection:
            lock_account(connection, paced.account)
            if not has_started(connection, paced.dag_id, paced.run_id):
                # Of a list that this one replaces, too.
                connection.execute(delete(_table).where(of_run))
                rows = [_row(paced, pace, each, leaves[each.batch]) for each in batches]
                if rows:
                    connection.execute(_table.insert(), rows)
            return _planned(connection, _of_list(paced.dag_id, paced.run_id, paced.digest))

    def of_list(self, dag_id: str, run_id: str, digest: str) -> dict[int, PacedPlace]:
        """Read the departures of a list's batches; none if its run has no pace."""
        with self.database.reading() as connection:
            return _planned(connection, _of_list(dag_id, run_id, digest))

    def move(self, paced: PacedList, batch: int, spread: Spread, now: datetime, *, late: datetime) -> datetime:
        """Give a batch that has missed its place the next free one; the others keep theirs.

        :param late: batches planned before have missed their place, too, and keep none.
        :returns: the new place, aware.
        :raises ovh_sms.messaging.pace.NoPlace: there is none within a week.
        """
        here = _of_list(paced.dag_id, paced.run_id, paced.digest)
        with self.database.writing(durable=True) as connection:
            lock_account(connection, paced.account)
            planned = _planned(connection, here)
            own = planned.pop(batch)
            known = [(each.left_at or each.leaves_at, each) for each in planned.values()]
            others = sorted(
                Departure(at, each.batch.receivers) for at, each in known if each.left_at is not None or at >= late
            )
            at = spread.place(others, own.batch, now)
            free = and_(here, _it.batch == batch)
            connection.execute(update(_table).where(free).values(leaves_at=at, left_at=None))
            return at


def take_place(connection: Connection, attempt: Attempt, claim: BatchClaim) -> None:
    """Note that a batch leaves now, within the transaction that claims it; nothing if its list has no pace.

    :raises PaceReached: too many messages of the run have just left.
    """
    here = _of_list(attempt.dag_id, attempt.run_id, claim.list_digest)
    planned = _planned(connection, here)
    own = planned.pop(claim.batch, None)
    if own is None:
        return
    if own.pace.free_at(departed(planned.values()), own.batch.receivers, claim.at) > claim.at:
        raise PaceReached(
            "Other batches of the run have just left, and the pace of its campaign allows no more now.",
            action="Nothing was sent. It waits for its turn.",
        )
    connection.execute(update(_table).where(and_(here, _it.batch == claim.batch)).values(left_at=claim.at))


def paced_runs(connection: Connection, lists: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], PacedRun]:
    """Read the pace of those of some runs that have one.

    :param lists: DAG, run and digest of the list of each.
    """
    key, found = (_it.dag_id, _it.run_id, _it.list_digest), {}
    last = func.max(func.coalesce(_it.left_at, _it.leaves_at))
    columns = (*key, func.max(_it.messages), func.max(_it.seconds), last)
    wanted = list(lists)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(*columns).where(tuple_(*key).in_(wanted[start : start + _AT_ONCE])).group_by(*key)
        for dag_id, run_id, digest, messages, seconds, last_at in connection.execute(query):
            found[dag_id, run_id, digest] = PacedRun(MessagePace(messages=messages, seconds=seconds), last_at)
    return found


def _of_list(dag_id: str, run_id: str, digest: str) -> ColumnElement[bool]:
    return and_(_it.dag_id == dag_id, _it.run_id == run_id, _it.list_digest == digest)


def _row(paced: PacedList, pace: MessagePace, batch: PacedBatch, leaves_at: datetime) -> dict[str, object]:
    key = {"dag_id": paced.dag_id, "run_id": paced.run_id, "list_digest": paced.digest}
    own = {"batch": batch.batch, "receivers": batch.receivers, "zones": list(batch.zones)}
    return {**key, **own, "messages": pace.messages, "seconds": pace.seconds, "leaves_at": leaves_at}


def _planned(connection: Connection, here: ColumnElement[bool]) -> dict[int, PacedPlace]:
    found = {}
    for row in connection.execute(select(_table).where(here).order_by(_it.batch)).mappings():
        batch = PacedBatch(row["batch"], row["receivers"], tuple(row["zones"]))
        pace = MessagePace(messages=row["messages"], seconds=row["seconds"])
        found[batch.batch] = PacedPlace(batch, pace, row["leaves_at"], row["left_at"])
    return found
