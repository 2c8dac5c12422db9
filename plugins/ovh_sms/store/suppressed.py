"""People who are written to no more, as other programs read them: opt-outs, and numbers that failed for good."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_all
from ovh_sms.store.erased_replies import ERASURES, hide_erased
from ovh_sms.store.identity import Identity
from ovh_sms.store.inbound_records import SentMessage
from ovh_sms.store.repository import Repository
from ovh_sms.store.suppression_tables import suppressed as _table
from ovh_sms.store.upsert import insert_missing_rows, upsert
from ovh_sms.store.write_retry import repeat_conflicts

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.person_digests import OptedOut

#: Why somebody is suppressed.
OPT_OUT, FAILED = "opt_out", "failed"
_AT_ONCE = 500
_it = _table.c


@dataclass(frozen=True, kw_only=True, slots=True)
class SuppressedNumber:
    """One person of one account who is suppressed.

    :param digest: keyed, of the number, as the store keeps it.
    :param number: E.164; ``None`` if only its hash is kept, or once it is removed.
    :param number_hash: HMAC-SHA256 of the number; ``None`` if the number itself is kept, or once it is removed.
    :param since: when OVH received the STOP, or when the last message failed.
    :param campaign: that the person answered, or that failed last; ``None`` if it is not known, as the next three.
    :param outgoing_id: the message that was answered, if OVH names it.
    :param ovh_batch_id: OVH's own batch that was answered, if it names one; none of this package's.
    :param inbound_id: the reply by which the person opted out, until OVH's list names them too.
    :param failures: runs that could not reach the number for good since it was last reached; ``None`` of an opt-out.
    """

    account: str
    digest: int
    reason: str
    since: datetime
    number: str | None = None
    number_hash: str | None = None
    campaign: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    tag: str | None = None
    outgoing_id: int | None = None
    ovh_batch_id: str | None = None
    inbound_id: int | None = None
    failures: int | None = None
    stored_at: datetime | None = None


_FIELDS = [_it[field.name] for field in fields(SuppressedNumber)]


class Suppressed(Repository):
    """Suppressed people by account."""

    def known(self, account: str) -> set[int]:
        """Read the digests of the account's opt-outs whose entry on OVH's list need not be read.

        The entry of a person who opted out by a reply to no known run may name the message.
        """
        is_whole = or_(_it.inbound_id.is_(None), _it.tag.is_not(None))
        query = select(_it.digest).where(_it.account == account, _it.reason == OPT_OUT, is_whole)
        with self.database.reading() as connection:
            return set(connection.execute(query).scalars())

    def add_opt_outs(self, account: str, rows: Iterable[SuppressedNumber]) -> int:
        """Store opt-outs of OVH's list, each once; their digests are stored already.

        A person who was erased after the STOP comes back with neither number nor hash.

        :returns: how many were new.
        """
        found = list(rows)

        def write() -> int:
            now = self.clock.now()
            with self.database.writing(durable=True) as connection:
                lock_all(connection, [account, ERASURES])
                before = _count(connection, account)
                insert_people(connection, [asdict(each) | {"stored_at": now} for each in found])
                _add_message(connection, account, found)
                return _count(connection, account) - before

        return repeat_conflicts(self.clock, write)

    def unattributed(self, account: str, *, since: datetime, stored_since: datetime) -> list[SuppressedNumber]:
        """List the opt-outs that answer no known submission; of those of before, only what was stored just now.

        :param since: of the STOP: its submission may still be collected.
        :param stored_since: earlier STOPs are those of an old list, which may be long.
        """
        is_recent = or_(_it.since >= since, _it.stored_at >= stored_since)
        where = _it.account == account, _it.reason == OPT_OUT, _it.tag.is_(None), is_recent
        with self.database.reading() as connection:
            return [SuppressedNumber(**row) for row in connection.execute(select(*_FIELDS).where(*where)).mappings()]

    def attribute(self, account: str, answered: Mapping[int, SentMessage]) -> None:
        """Record which submissions opt-outs answer.

        :param answered: by the digest of the person.
        """
        with self.database.writing() as connection:
            for digest, sent in answered.items():
                values = {"campaign": sent.campaign, "dag_id": sent.dag_id, "run_id": sent.run_id, "tag": sent.tag}
                here = _it.account == account, _it.reason == OPT_OUT, _it.digest == digest
                connection.execute(update(_table).where(*here).values(values))

    def answered_tags(self, account: str, since: datetime) -> list[str]:
        """List the submissions of the opt-outs that were stored then or later, one of each run."""
        where = _it.account == account, _it.reason == OPT_OUT, _it.tag.is_not(None), _it.stored_at >= since
        recorded = _it.tag.in_(select(tables.submissions.c.tag))
        query = select(func.min(_it.tag)).where(*where, recorded).group_by(_it.dag_id, _it.run_id)
        with self.database.reading() as connection:
            return sorted(connection.execute(query).scalars())

    def failed(self) -> set[int]:
        """Read the digests of the numbers that failed for good, of all accounts."""
        with self.database.reading() as connection:
            return set(connection.execute(select(_it.digest).where(_it.reason == FAILED).distinct()).scalars())

    def accounts_with_failed(self) -> list[str]:
        """List the accounts that have numbers that failed for good."""
        with self.database.reading() as connection:
            found = connection.execute(select(_it.account).where(_it.reason == FAILED).distinct())
            return sorted(found.scalars())

    def set_failed(self, account: str, rows: Iterable[SuppressedNumber], gone: Collection[int]) -> None:
        """Store numbers that failed for good, with the runs that could not reach them.

        A number that was removed, as it was too old or a person was erased, stays so.

        :param gone: digests of those that were reached since, or whose runs are forgotten.
        """
        now, lost = self.clock.now(), sorted(gone)
        with self.database.writing() as connection:
            lock_all(connection, [account, ERASURES])
            for start in range(0, len(lost), _AT_ONCE):
                some = _it.digest.in_(lost[start : start + _AT_ONCE])
                connection.execute(delete(_table).where(_it.account == account, _it.reason == FAILED, some))
            values = [asdict(each) | {"stored_at": now} for each in rows]
            hide_erased(connection, values)
            upsert(connection, _table, values, kept=("number", "number_hash", "stored_at"))

    def dead(self, after: int) -> OptedOut:
        """Read the people whom so many runs could not reach for good, to leave them out of a list.

        :param after: runs, of all accounts together.
        """
        from ovh_sms.contacts.classify.person_digests import OptedOut

        query = select(_it.digest).where(_it.reason == FAILED).group_by(_it.digest)
        query = query.having(func.sum(_it.failures) >= after)
        with self.database.reading() as connection:
            found = connection.execute(query).scalars().all()
        return OptedOut(Identity(self.database, self.clock).secret(), found)

    def published(self) -> Iterator[SuppressedNumber]:
        """Read those whose number or hash is kept: opt-outs first, the earliest first."""
        for block in self.published_blocks([each.name for each in _FIELDS]):
            for row in block:
                yield SuppressedNumber(**dict(zip((each.name for each in _FIELDS), row, strict=True)))

    def published_blocks(self, names: Sequence[str]) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Read the same in blocks of plain rows: there may be a million.

        :param names: columns of each row.
        """
        has_name = or_(_it.number.is_not(None), _it.number_hash.is_not(None))
        order = _it.reason.desc(), _it.since, _it.account, _it.digest
        query = select(*(_it[name] for name in names)).where(has_name).order_by(*order)
        with self.database.reading() as connection:
            rows = connection.execution_options(yield_per=10_000).execute(query)
            for block in rows.partitions():
                yield [tuple(row) for row in block]


def insert_people(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert people who are suppressed, without the numbers of those who were erased since; who is there stays so."""
    hide_erased(connection, rows)
    insert_missing_rows(connection, _table, rows)


def remove_numbers(connection: Connection, *where: Any) -> int:
    """Take number and hash out of suppressed people; their digests stay, as they are never written to again."""
    named = or_(_it.number.is_not(None), _it.number_hash.is_not(None))
    changed = connection.execute(update(_table).where(and_(*where), named).values(number=None, number_hash=None))
    return int(changed.rowcount)


def of_person(digest: int) -> Any:
    """Return the condition for the rows of a person."""
    return _it.digest == digest


def stored_before(moment: datetime) -> Any:
    """Return the condition for rows that were stored before a moment."""
    return _it.stored_at < moment


def _add_message(connection: Connection, account: str, entries: Iterable[SuppressedNumber]) -> None:
    """Add what OVH's entries say to people who opted out by a reply to no known run."""
    unknown = _it.inbound_id.is_not(None), _it.tag.is_(None)
    here = _it.account == account, _it.reason == OPT_OUT, _it.digest == bindparam("its_digest")
    names = ("outgoing_id", "ovh_batch_id")
    values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in names}
    found = [{f"its_{name}": getattr(each, name) for name in ("digest", *names)} for each in entries]
    if found:
        connection.execute(update(_table).where(*here, *unknown).values({**values, "inbound_id": None}), found)


def _count(connection: Connection, account: str) -> int:
    query = select(func.count()).select_from(_table).where(_it.account == account, _it.reason == OPT_OUT)
    return int(connection.execute(query).scalar_one())
