"""Reads of the outbox: whether a row waits, the rows of a group, and lists for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from ovh_sms.store import tables
from ovh_sms.store.account_lock import shared_time
from ovh_sms.store.models import OUTBOX
from ovh_sms.store.models import UNKNOWN as UNKNOWN_ATTEMPT
from ovh_sms.store.outbox_personal import was_erased
from ovh_sms.store.outbox_records import PENDING, UNKNOWN, OutboxRow
from ovh_sms.store.outbox_tables import outbox as _table
from ovh_sms.store.repository import Repository

_it = _table.c
_attempts = tables.attempts.c
COLUMNS = [_it["class" if field.name == "message_class" else field.name] for field in fields(OutboxRow)]


@dataclass(frozen=True, kw_only=True)
class OutboxFilter:
    """Which rows are listed; ``None`` does not restrict."""

    state: str | None = None
    tag: str | None = None
    key: str | None = None
    group_tag: str | None = None
    accounts: Collection[str] | None = None

    def where(self) -> list[ColumnElement[bool]]:
        """Return the conditions."""
        given = {"state": self.state, "tag": self.tag, "key": self.key, "group_tag": self.group_tag}
        found = [_it[name] == value for name, value in given.items() if value is not None]
        return found if self.accounts is None else [*found, _it.account.in_(sorted(self.accounts))]


class OutboxQueries(Repository):
    """The rows as they stand."""

    def newest_waiting(self) -> int | None:
        """Return the highest id of the rows that need work now; ``None`` if none does."""
        with self.database.reading() as connection:
            now = shared_time(connection, self.clock)
            # Two queries, as each has an index of its own.
            due = connection.execute(select(func.max(_it.id)).where(is_due(now))).scalar()
            resolved = connection.execute(select(func.max(_it.id)).where(is_resolved())).scalar()
        return max((each for each in (due, resolved) if each is not None), default=None)

    def rows_of(self, group_tag: str) -> list[OutboxRow]:
        """List the rows of a group."""
        with self.database.reading() as connection:
            query = select(*COLUMNS).where(_it.group_tag == group_tag).order_by(_it.id)
            return [OutboxRow.of(row) for row in connection.execute(query).mappings()]

    def erased_of(self, group_tag: str) -> set[int]:
        """Return the ids of those rows of a group whose person was erased since they were queued."""
        with self.database.reading() as connection:
            query = select(_it.id).where(_it.group_tag == group_tag, was_erased())
            return set(connection.execute(query).scalars())

    def get(self, key: str) -> OutboxRow | None:
        """Return the row with a key."""
        return next(iter(self.latest(OutboxFilter(key=key), limit=1)), None)

    def latest(self, wanted: OutboxFilter, *, limit: int) -> list[OutboxRow]:
        """List rows, the newest first."""
        query = select(*COLUMNS).where(*wanted.where()).order_by(_it.id.desc()).limit(limit)
        with self.database.reading() as connection:
            return [OutboxRow.of(row) for row in connection.execute(query).mappings()]

    def counts(self, wanted: OutboxFilter | None = None) -> dict[str, int]:
        """Count the rows by state."""
        query = select(_it.state, func.count()).where(*(wanted.where() if wanted else [])).group_by(_it.state)
        with self.database.reading() as connection:
            found = connection.execute(query)
            return {str(state): int(number) for state, number in found}

    def newest_other_write(self, account: str) -> datetime | None:
        """Return when anything but the outbox was last written at OVH for an account, or may have been."""
        query = select(func.max(_attempts.claimed_at)).where(_attempts.account == account, _attempts.kind != OUTBOX)
        with self.database.reading() as connection:
            return tables.in_utc(connection.execute(query).scalar())


def is_due(now: datetime) -> ColumnElement[bool]:
    """Select the pending rows that need work now."""
    is_new = and_(_it.due_at.is_(None), or_(_it.deferred_until.is_(None), _it.deferred_until <= now))
    return and_(_it.state == PENDING, or_(is_new, _it.due_at <= now))


def is_resolved() -> ColumnElement[bool]:
    """Select the rows about which a person has decided since they were asked."""
    decided = exists().where(
        _attempts.tag == _it.group_tag, _attempts.state == UNKNOWN_ATTEMPT, _attempts.resolution.is_not(None)
    )
    return and_(_it.state == UNKNOWN, decided)


def is_of(account: str, *, takes_unnamed: bool) -> ColumnElement[bool]:
    """Select the rows of an account."""
    named: list[Any] = [account, ""] if takes_unnamed else [account]
    return _it.account.in_(named)
