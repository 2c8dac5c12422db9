"""The queue of callbacks: written by Airflow's API server within milliseconds, worked off by a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.callback_records import RECEIPT, REPEATED, STORED, Callback, CallbackCount
from ovh_sms.store.callback_tables import callback_counts, callbacks
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import refused_rows
from ovh_sms.store.write_retry import repeat_conflicts

_AT_ONCE = 500
#: Rows that one transaction changes at most: the calls that come meanwhile wait for its end.
_BLOCK = 2_000
_FIELDS = [callbacks.c[field.name] for field in fields(Callback)]
#: Account, kind and result of refused calls, with their number; both empty if the secret is not known.
Refused = Mapping[tuple[str, str, str], int]


class Callbacks(Repository):
    """Callbacks, and their counts."""

    def receive(self, received: Sequence[Callback], refused: Refused | None = None) -> int:
        """Store the callbacks that are new, and count all: on the disk when this returns; repeating it is harmless.

        :returns: how many were new.
        :raises OvhSmsError: the database refuses a value; nothing is stored.
        """
        return repeat_conflicts(self.clock, lambda: self._receive(received, refused or {}))

    def rest(self) -> None:
        """Close the connection that :meth:`receive` keeps in this thread; the next call opens it again."""
        self.database.close_kept()

    def _receive(self, received: Sequence[Callback], refused: Refused) -> int:
        now = self.clock.now()
        counts: Counter[tuple[str, str, str]] = Counter(refused)
        distinct = {each.key: each for each in received}
        with self.database.writing_often() as connection:
            lock_account(connection, callbacks.name)  # the other API servers
            known = _known(connection, distinct)
            new = [each for each in distinct.values() if each.key not in known]
            if new:
                _insert(connection, new, now)
            counts.update((each.account, each.kind, STORED) for each in new)
            counts.update((each.account, each.kind, REPEATED) for each in received)
            counts.subtract((each.account, each.kind, REPEATED) for each in new)
            _count(connection, counts, now.date())
        return len(new)

    def to_handle(self, account: str, kind: str, *, limit: int = 1000, skip: int = 0) -> list[Callback]:
        """List the callbacks of one kind that are not worked off, the earliest first.

        :param skip: leaves so many of them out.
        """
        waiting = callbacks.c.account == account, callbacks.c.kind == kind, callbacks.c.handled_at.is_(None)
        query = (
            select(*_FIELDS)
            .where(*waiting)
            .order_by(callbacks.c.received_at, callbacks.c.key)
            .limit(limit)
            .offset(skip)
        )
        with self.database.reading() as connection:
            return [Callback(**row) for row in connection.execute(query).mappings()]

    def handled(self, keys: Sequence[str]) -> int:
        """Record that some callbacks are worked off; their numbers go.

        :returns: how many were not before.
        """
        found = 0
        with self.database.writing() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                some = callbacks.c.key.in_(keys[start : start + _AT_ONCE])
                here = update(callbacks).where(some, callbacks.c.handled_at.is_(None))
                found += int(connection.execute(here.values(handled_at=self.clock.now(), number=None)).rowcount)
        return found

    def handle_receipts(self, account: str) -> int:
        """Record that all delivery receipts of an account are worked off, some at a time: others write in between.

        :returns: how many were not before.
        """
        waiting = callbacks.c.account == account, callbacks.c.kind == RECEIPT, callbacks.c.handled_at.is_(None)
        some, handled = select(callbacks.c.key).where(*waiting).limit(_BLOCK), 0
        while True:
            with self.database.writing() as connection:
                here = update(callbacks).where(callbacks.c.key.in_(some), callbacks.c.handled_at.is_(None))
                found = int(connection.execute(here.values(handled_at=self.clock.now())).rowcount)
            handled += found
            if found < _BLOCK:
                return handled

    def waiting(self) -> dict[str, int]:
        """Count the callbacks that are not worked off, by account."""
        here = select(callbacks.c.account, func.count()).where(callbacks.c.handled_at.is_(None))
        with self.database.reading() as connection:
            found = connection.execute(here.group_by(callbacks.c.account).order_by(callbacks.c.account))
            return {row[0]: row[1] for row in found}

    def drop(self, account: str, *, before: datetime | None = None) -> int:
        """Delete the callbacks of an account that are not worked off.

        :param before: only those that were received before this moment.
        :returns: how many were deleted.
        """
        dropped = [callbacks.c.account == account, callbacks.c.handled_at.is_(None)]
        dropped += [] if before is None else [callbacks.c.received_at < before]
        return self._delete(*dropped)

    def forget(self, before: datetime) -> int:
        """Delete the callbacks that were received before a moment and are worked off.

        :returns: how many were deleted.
        """
        return self._delete(callbacks.c.received_at < before, callbacks.c.handled_at.is_not(None))

    def _delete(self, *which: ColumnElement[bool]) -> int:
        some, deleted = select(callbacks.c.key).where(*which).limit(_BLOCK), 0
        while True:
            with self.database.writing() as connection:
                found = int(connection.execute(delete(callbacks).where(callbacks.c.key.in_(some))).rowcount)
            deleted += found
            if found < _BLOCK:
                return deleted

    def counts(self, since: date, *, account: str | None = None) -> list[CallbackCount]:
        """Count calls by day, account, kind and result, the newest day first.

        :param account: leaves out the others, and with them those whose secret is not known.
        """
        query = select(callback_counts).where(callback_counts.c.day >= since)
        if account is not None:
            query = query.where(callback_counts.c.account == account)
        order = callback_counts.c.account, callback_counts.c.kind, callback_counts.c.result
        with self.database.reading() as connection:
            found = connection.execute(query.order_by(callback_counts.c.day.desc(), *order))
            return [CallbackCount(**row) for row in found.mappings()]

    def receipts(self, account: str, since: date) -> int:
        """Count the delivery receipts of an account that were stored since a day, worked off or not."""
        it = callback_counts.c
        wanted = it.day >= since, it.account == account, it.kind == RECEIPT, it.result == STORED
        with self.database.reading() as connection:
            return int(connection.execute(select(func.coalesce(func.sum(it.calls), 0)).where(*wanted)).scalar_one())


def _known(connection: Connection, keys: Collection[str]) -> set[str]:
    found: set[str] = set()
    wanted = list(keys)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(callbacks.c.key).where(callbacks.c.key.in_(wanted[start : start + _AT_ONCE]))
        found.update(connection.execute(query).scalars())
    return found


def _insert(connection: Connection, new: Sequence[Callback], now: datetime) -> None:
    rows = [asdict(each) | {"received_at": now, "handled_at": None} for each in new]
    try:
        connection.execute(insert(callbacks), rows)
    except (IntegrityError, DataError) as error:
        raise refused_rows(callbacks, len(rows), error.orig) from None


def _count(connection: Connection, counts: Mapping[tuple[str, str, str], int], day: date) -> None:
    rows = [
        {"day": day, "account": account, "kind": kind, "result": result, "calls": calls}
        for (account, kind, result), calls in sorted(counts.items())
        if calls
    ]
    if not rows:
        return
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = dialect(callback_counts)
    more = callback_counts.c.calls + statement.excluded.calls
    key = [column.name for column in callback_counts.primary_key]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"calls": more}), rows)
