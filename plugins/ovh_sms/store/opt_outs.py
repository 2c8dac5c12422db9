"""People who answered STOP. Each of their opt-outs is counted for one submission: the one it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields

from sqlalchemy import Connection, bindparam, delete, func, select

from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.erased_replies import ERASURES, are_erased
from ovh_sms.store.identity import Identity
from ovh_sms.store.models import OptOut
from ovh_sms.store.opt_out_digests import remember
from ovh_sms.store.repository import Repository, count_rows
from ovh_sms.store.submissions import account_of
from ovh_sms.store.upsert import upsert
from ovh_sms.store.write_retry import repeat_conflicts

_AT_ONCE = 500
_table = tables.opt_outs


class OptOuts(Repository):
    """Opt-outs by submission."""

    def save(self, tag: str, rows: Iterable[OptOut], *, are_its_own: bool = False) -> int:
        """Store the opt-outs that answer a submission, whose messages are stored already.

        An opt-out that names no message answers the latest message the account sent that person. It is stored for this
        submission if that message is one of its own, and then removed from an earlier one that had it. The digests of
        all of them are kept: none of these people is ever written to again. A person who was erased since is counted no
        more.

        :param are_its_own: it is known that they answer this submission, also if a later message was sent since.
        :returns: how many people have opted out after this submission so far.
        :raises ConfigurationError: there is no such submission.
        """
        found = list(rows)
        secret = Identity(self.database, self.clock).secret()
        repeat_conflicts(self.clock, lambda: self._save(tag, found, secret, are_its_own))
        return self.count(tag)

    def _save(self, tag: str, found: list[OptOut], secret: bytes, are_its_own: bool) -> None:
        with self.database.writing() as connection:
            lock_account(connection, ERASURES)
            account = account_of(connection, tag)
            _lock_submissions(connection, account)
            remember(connection, account, [row.receiver for row in found], secret=secret, at=self.clock.now())
            found = _not_erased(connection, found, secret)
            ours = found if are_its_own else _answering(connection, account, tag, found)
            named = _named(connection, tag)
            # An opt-out that names its message is never replaced by one that names none, in either order.
            rows = [row for row in ours if row.outgoing_id is not None or row.receiver not in named]
            upsert(connection, _table, [{"tag": tag, **asdict(row)} for row in rows])
            _remove_from_others(connection, account, tag, ours)

    def of(self, tag: str) -> list[OptOut]:
        """List the opt-outs of a submission, by number."""
        columns = [_table.c[field.name] for field in fields(OptOut)]
        query = select(*columns).where(_table.c.tag == tag).order_by(_table.c.receiver)
        with self.database.reading() as connection:
            return [OptOut(**row) for row in connection.execute(query).mappings()]

    def count(self, *tags: str) -> int:
        """Count the opt-outs of some submissions together."""
        with self.database.reading() as connection:
            return count_rows(connection, _table, *tags)


def _not_erased(connection: Connection, rows: list[OptOut], secret: bytes) -> list[OptOut]:
    """Leave out the people who were erased while their opt-outs were read: their numbers must not come back."""
    from ovh_sms.contacts.classify.person_digests import PersonDigester

    digests = PersonDigester(secret).of_numbers([row.receiver for row in rows]) if rows else []
    moments = [row.opted_out_at for row in rows]
    erased = are_erased(connection, list(zip(digests, moments, strict=True)))
    return [row for row, is_erased in zip(rows, erased, strict=True) if not is_erased]


def _named(connection: Connection, tag: str) -> set[str]:
    """The people whose opt-out of a submission names the message that they answered."""
    query = select(_table.c.receiver).where(_table.c.tag == tag, _table.c.outgoing_id.is_not(None))
    return set(connection.execute(query).scalars())


def _lock_submissions(connection: Connection, account: str) -> None:
    """Queue with others that store opt-outs of the same account; SQLite has one writer anyway."""
    table = tables.submissions
    rows = select(table.c.tag).where(table.c.account == account).order_by(table.c.tag)
    connection.execute(rows.with_for_update())


def _answering(connection: Connection, account: str, tag: str, rows: list[OptOut]) -> list[OptOut]:
    """Leave out those that answer another submission.

    OVH's ids grow with time, and they need no clock or time zone: the greatest one is the latest message.
    """
    unnamed = [row.receiver for row in rows if row.outgoing_id is None]
    elsewhere: set[str] = set()
    table = tables.messages
    for start in range(0, len(unnamed), _AT_ONCE):
        latest = (
            select(func.max(table.c.outgoing_id))
            .where(table.c.account == account, table.c.receiver.in_(unnamed[start : start + _AT_ONCE]))
            .group_by(table.c.receiver)
        )
        others = select(table.c.receiver).where(
            table.c.account == account, table.c.outgoing_id.in_(latest), table.c.tag != tag
        )
        elsewhere.update(connection.execute(others).scalars())
    return [row for row in rows if row.outgoing_id is not None or row.receiver not in elsewhere]


def _remove_from_others(connection: Connection, account: str, tag: str, rows: list[OptOut]) -> None:
    """Drop the same opt-outs from submissions that were collected before this one's messages were known.

    Another opt-out of the same person, at another moment, stays.
    """
    unnamed = [{"person": row.receiver, "at": row.opted_out_at} for row in rows if row.outgoing_id is None]
    if not unnamed:
        return
    same_account = select(tables.submissions.c.tag).where(tables.submissions.c.account == account)
    statement = delete(_table).where(
        _table.c.tag != tag,
        _table.c.tag.in_(same_account),
        _table.c.receiver == bindparam("person"),
        _table.c.opted_out_at.is_not_distinct_from(bindparam("at", type_=_table.c.opted_out_at.type)),
        _table.c.outgoing_id.is_(None),
    )
    connection.execute(statement, unnamed)
