"""The outbox: rows that any program writes, the groups that they become, and what became of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, or_, select, update

from ovh_sms.errors import KeyReused
from ovh_sms.store import outbox_records as records
from ovh_sms.store.account_lock import lock_account, shared_time
from ovh_sms.store.identity import Identity
from ovh_sms.store.outbox_personal import empty_ended
from ovh_sms.store.outbox_queries import COLUMNS, OutboxQueries, is_due, is_of, is_resolved
from ovh_sms.store.outbox_records import PENDING, PRIORITIES, SUBMITTED, UNKNOWN, OutboxRow, PlannedGroup, QueuedSms
from ovh_sms.store.outbox_tables import outbox as _table
from ovh_sms.store.upsert import insert_missing_rows
from ovh_sms.store.write_retry import repeat_conflicts

_it = _table.c
#: Writers of the outbox are kept apart by this lock; no account has this name.
LOCK = "outbox"
_AT_ONCE = 500


class Outbox(OutboxQueries):
    """Rows by the writer's key. A row's key stays for good, so that the same key is never sent twice."""

    def queue(self, rows: Sequence[QueuedSms]) -> int:
        """Write rows; those whose key is there with the same content stay as they are.

        :returns: how many were new.
        :raises KeyReused: a key is there with another content, or twice among the rows; no row is written.
        """
        secret = Identity(self.database, self.clock).secret()
        wanted = _distinct(rows, secret)
        return repeat_conflicts(self.clock, lambda: self._queue(rows, wanted, secret))

    def _queue(self, rows: Sequence[QueuedSms], wanted: Mapping[str, str], secret: bytes) -> int:
        with self.database.writing(durable=True) as connection:
            lock_account(connection, LOCK)
            known = _digests(connection, list(wanted), secret)
            for key, digest in known.items():
                if digest != wanted[key]:
                    raise KeyReused(key)
            new = {row.key: row for row in rows if row.key not in known}
            now = shared_time(connection, self.clock)
            values = [
                {**row.to_columns(), "content_digest": wanted[key], "queued_at": now, "state": PENDING}
                for key, row in new.items()
            ]
            insert_missing_rows(connection, _table, values)
            # A program that writes rows by itself does not know the lock.
            for key, digest in _digests(connection, list(new), secret).items():
                if digest != wanted[key]:
                    raise KeyReused(key)
            return len(new)

    def assign(self, account: str, groups: Sequence[PlannedGroup]) -> int:
        """Make groups of new rows; a group whose rows are not all free any more is not made.

        :returns: how many groups were made.
        """

        def write() -> int:
            made = 0
            with self.database.writing(durable=True) as connection:
                lock_account(connection, account)
                now = shared_time(connection, self.clock)
                for group in groups:
                    if _free(connection, group.rows) == len(group.rows):
                        _update(connection, group.rows, {"group_tag": group.tag, "account": account, "due_at": now})
                        made += 1
            return made

        return repeat_conflicts(self.clock, write)

    def lease_next(self, account: str, *, until: datetime) -> str | None:
        """Lease the first group that is due, by priority; another worker does not get it before the lease ends.

        :returns: its tag; ``None`` if none is due.
        """

        def write() -> str | None:
            with self.database.writing(durable=True) as connection:
                lock_account(connection, account)
                now = shared_time(connection, self.clock)
                here = (_it.account == account, _it.group_tag.is_not(None), is_due(now) | is_resolved())
                query = select(_it.group_tag).where(*here).order_by(_rank(), _it.id).limit(1)
                tag: str | None = connection.execute(query).scalar()
                if tag is not None:
                    connection.execute(update(_table).where(*_open(tag)).values(due_at=until, state=PENDING))
                return tag

        return repeat_conflicts(self.clock, write)

    def postpone(self, group_tag: str, until: datetime, *, reason: str | None = None) -> None:
        """Note when a group needs work again, and why it waits."""

        def write() -> None:
            with self.database.writing(durable=True) as connection:
                connection.execute(update(_table).where(*_open(group_tag)).values(due_at=until, reason=reason))

        repeat_conflicts(self.clock, write)

    def ask(self, group_tag: str) -> None:
        """Note that only a person can decide about a group."""

        def write() -> None:
            with self.database.writing(durable=True) as connection:
                values = {"state": UNKNOWN, "reason": "unknown_outcome", "due_at": None}
                connection.execute(update(_table).where(*_open(group_tag)).values(values))

        repeat_conflicts(self.clock, write)

    def hold(self, until: Mapping[int, datetime]) -> None:
        """Keep each of some new rows until a moment."""
        self._change_free({row: {"due_at": moment} for row, moment in until.items()})

    def hold_untaken(self, account: str, *, takes_unnamed: bool, waited: timedelta, until: timedelta) -> None:
        """Keep the rows of other accounts that no worker takes: they start no run in vain every half a minute.

        :param waited: since they may leave. A worker of their account would have taken them by now.
        :param until: for so long; then their worker, if there is one by then, finds them again.
        """

        def write() -> None:
            with self.database.writing(durable=True) as connection:
                now = shared_time(connection, self.clock)
                old = or_(_it.deferred_until.is_(None), _it.deferred_until <= now - waited)
                theirs = (~is_of(account, takes_unnamed=takes_unnamed), _it.group_tag.is_(None))
                held = update(_table).where(is_due(now), *theirs, _it.queued_at <= now - waited, old)
                connection.execute(held.values(due_at=now + until, reason=records.NO_WORKER))

        repeat_conflicts(self.clock, write)

    def end_free(self, ends: Mapping[int, records.RowEnd]) -> None:
        """Note what became of rows that belong to no group."""
        now = self.clock.now()
        self._change_free({each: {**end._asdict(), "ended_at": now} for each, end in ends.items()})

    def end(self, ends: Mapping[int, records.RowEnd]) -> None:
        """Note the ends of rows of a group. The first note stays, but a submitted row is never noted as not."""
        now = self.clock.now()

        def write() -> None:
            with self.database.writing(durable=True) as connection:
                for row, end in ends.items():
                    may_change: ColumnElement[bool] = _it.state.in_((PENDING, UNKNOWN))
                    if end.state == SUBMITTED:
                        may_change = _it.state != SUBMITTED
                    values = {**end._asdict(), "ended_at": now, "due_at": None}
                    connection.execute(update(_table).where(_it.id == row, may_change).values(values))
                empty_ended(connection, list(ends))

        repeat_conflicts(self.clock, write)

    def cancel(self, key: str) -> OutboxRow | None:
        """Cancel a row that belongs to no group yet.

        :returns: the row as it is now; ``None`` if there is none with this key.
        """

        def write() -> OutboxRow | None:
            with self.database.writing(durable=True) as connection:
                free = (_it.key == key, _it.state == PENDING, _it.group_tag.is_(None))
                values = {"state": records.CANCELLED, "ended_at": self.clock.now()}
                connection.execute(update(_table).where(*free).values(values))
                row = connection.execute(select(*COLUMNS).where(_it.key == key)).mappings().first()
                return None if row is None else OutboxRow.of(row)

        return repeat_conflicts(self.clock, write)

    def new_rows(self, account: str, *, takes_unnamed: bool, limit: int) -> list[OutboxRow]:
        """List the rows that are due and belong to no group, by priority, then in the order of their ids."""
        with self.database.reading() as connection:
            now = shared_time(connection, self.clock)
            here = (is_due(now), is_of(account, takes_unnamed=takes_unnamed), _it.group_tag.is_(None))
            query = select(*COLUMNS).where(*here).order_by(_rank(), _it.id).limit(limit)
            return [OutboxRow.of(row) for row in connection.execute(query).mappings()]

    def _change_free(self, changes: Mapping[int, Mapping[str, Any]]) -> None:
        def write() -> None:
            with self.database.writing(durable=True) as connection:
                for row, values in changes.items():
                    free = (_it.id == row, _it.state == PENDING, _it.group_tag.is_(None))
                    connection.execute(update(_table).where(*free).values(dict(values)))

        if changes:
            repeat_conflicts(self.clock, write)


def _rank() -> ColumnElement[int]:
    """The place of a row's priority; one that is no priority comes last, and is refused."""
    ranks = {name: rank for rank, name in enumerate(PRIORITIES)}
    return case((_it.priority.is_(None), 0), *((_it.priority == name, at) for name, at in ranks.items()), else_=9)


def _open(group_tag: str) -> tuple[ColumnElement[bool], ...]:
    return (_it.group_tag == group_tag, _it.state.in_((PENDING, UNKNOWN)))


def _free(connection: Connection, rows: Mapping[int, Any]) -> int:
    ids = sorted(rows)
    query = select(_it.id).where(_it.id.in_(ids), _it.state == PENDING, _it.group_tag.is_(None))
    # Locked: a row that is cancelled or erased meanwhile, or taken for another account, stays as it is.
    return len(connection.execute(query.with_for_update()).all())


def _update(connection: Connection, rows: Mapping[int, Mapping[str, Any]], common: Mapping[str, Any]) -> None:
    names = next(iter(rows.values())).keys()
    changes = [{"of": row, **{f"new_{name}": values[name] for name in names}} for row, values in rows.items()]
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    connection.execute(update(_table).where(_it.id == bindparam("of")).values({**common, **new}), changes)


def _distinct(rows: Sequence[QueuedSms], secret: bytes) -> dict[str, str]:
    """The digest of each key's content."""
    found: dict[str, str] = {}
    for row in rows:
        digest = row.digest(secret)
        if found.setdefault(row.key, digest) != digest:
            raise KeyReused(row.key)
    return found


def _digests(connection: Connection, keys: Sequence[str], secret: bytes) -> dict[str, str]:
    """The digests of the rows that are there; one that another program wrote has none yet."""
    found: dict[str, str] = {}
    for start in range(0, len(keys), _AT_ONCE):
        query = select(*COLUMNS).where(_it.key.in_(keys[start : start + _AT_ONCE]))
        for row in map(OutboxRow.of, connection.execute(query).mappings()):
            found[row.key] = row.content_digest or row.as_queued.digest(secret)
    return found
