"""Numbers that runs could not reach for good, as keyed digests: counted since the number was last reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select

from ovh_sms.store import tables
from ovh_sms.store.inbound_records import SentMessage
from ovh_sms.store.repository import Repository
from ovh_sms.store.suppression_tables import failures as _table
from ovh_sms.store.suppression_tables import failures_read
from ovh_sms.store.upsert import insert_missing_rows, upsert
from ovh_sms.store.write_retry import repeat_conflicts

_AT_ONCE = 500
_messages, _submissions = tables.messages, tables.submissions
_it = _table.c


@dataclass(frozen=True, kw_only=True)
class FailedRuns:
    """The failures of one number on one account.

    :param runs: runs that could not reach it since it was last reached.
    :param last: the newest of them; ``at`` is when its message failed.
    """

    runs: int
    last: SentMessage


class Failures(Repository):
    """Failures by account, number and submission."""

    def unread(self, account: str) -> list[tuple[str, datetime]]:
        """List the account's collected submissions whose failures are not read, with the moment of the collection."""
        it, of = _submissions.c, failures_read.c
        query = (
            select(it.tag, it.collected_at)
            .join(failures_read, of.tag == it.tag, isouter=True)
            .where(it.account == account, it.collected_at.is_not(None), it.purged_at.is_(None))
            .where(or_(of.collected_at.is_(None), of.collected_at < it.collected_at))
        )
        with self.database.reading() as connection:
            return [(row.tag, row.collected_at) for row in connection.execute(query.order_by(it.collected_at))]

    def ended(self, tag: str, status: str) -> Iterator[tuple[str, int | None, datetime]]:
        """Read the messages of a submission with a delivery status: number, operator code, and when they ended."""
        it = _messages.c
        at = func.coalesce(it.delivered_at, it.sent_at, it.created_at)
        query = select(it.receiver, it.operator_code, at.label("at")).where(it.tag == tag, it.delivery_status == status)
        with self.database.reading() as connection:
            for row in connection.execution_options(yield_per=10_000).execute(query):
                if (moment := _moment(row.at)) is not None:
                    yield row.receiver, row.operator_code, moment

    def reached_later(self, failed: Mapping[str, datetime]) -> set[str]:
        """Return those numbers that got a message of any account after one that failed.

        :param failed: when the message failed, by number.
        """
        it, numbers, found = _messages.c, sorted(failed), set[str]()
        at = func.max(func.coalesce(it.delivered_at, it.sent_at, it.created_at))
        # The index of the numbers begins with the account.
        of_any = it.account.in_(select(_submissions.c.account).distinct())
        with self.database.reading() as connection:
            for start in range(0, len(numbers), _AT_ONCE):
                some = it.receiver.in_(numbers[start : start + _AT_ONCE])
                where = of_any, it.delivery_status == "delivered", some
                for number, latest in connection.execute(select(it.receiver, at).where(*where).group_by(it.receiver)):
                    moment = _moment(latest)
                    if moment is not None and moment > failed[number]:
                        found.add(number)
        return found

    def save(self, account: str, tag: str, failed: Mapping[int, datetime], reached: Mapping[int, datetime]) -> None:
        """Replace the failures of a submission, and forget those of numbers that were reached later; repeatable.

        :param failed: when the message failed, by the number's digest.
        :param reached: when a message was delivered, by the digest of a number that failed before.
        """
        rows = [{"account": account, "digest": each, "tag": tag, "failed_at": at} for each, at in failed.items()]

        def write() -> None:
            with self.database.writing() as connection:
                connection.execute(delete(_table).where(_it.tag == tag))
                insert_missing_rows(connection, _table, rows)
                if reached:
                    earlier = _it.failed_at < bindparam("at", type_=_it.failed_at.type)
                    statement = delete(_table).where(_it.digest == bindparam("person"), earlier)
                    connection.execute(statement, [{"person": each, "at": at} for each, at in reached.items()])

        repeat_conflicts(self.clock, write)

    def of_tag(self, tag: str) -> set[int]:
        """Read the digests of the numbers that a submission could not reach."""
        with self.database.reading() as connection:
            return set(connection.execute(select(_it.digest).where(_it.tag == tag)).scalars())

    def counts(self, account: str, digests: Collection[int]) -> dict[int, FailedRuns]:
        """Count the runs that could not reach some numbers; those without any are left out."""
        wanted, found = sorted(digests), dict[int, FailedRuns]()
        with self.database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                found |= _counts(connection, account, wanted[start : start + _AT_ONCE])
        return found

    def is_read(self, tag: str, collected_at: datetime) -> None:
        """Record that the failures of a submission are read, as it was collected then."""
        with self.database.writing() as connection:
            upsert(connection, failures_read, [{"tag": tag, "collected_at": collected_at}])


def _counts(connection: Connection, account: str, digests: Collection[int]) -> dict[int, FailedRuns]:
    of = _submissions.c
    query = (
        select(_it.digest, _it.failed_at, of.tag, of.campaign, of.dag_id, of.run_id)
        .join(_submissions, of.tag == _it.tag)
        .where(and_(_it.account == account, _it.digest.in_(digests)))
        .order_by(_it.failed_at)
    )
    runs: dict[int, set[tuple[str, str]]] = {}
    last: dict[int, SentMessage] = {}
    for row in connection.execute(query):
        runs.setdefault(row.digest, set()).add((row.dag_id, row.run_id))
        last[row.digest] = SentMessage(
            tag=row.tag, campaign=row.campaign, dag_id=row.dag_id, run_id=row.run_id, at=row.failed_at
        )
    return {each: FailedRuns(runs=len(runs[each]), last=last[each]) for each in last}


def _moment(stored: datetime | str | None) -> datetime | None:
    """Read a moment of an expression, whose type the driver does not know."""
    return tables.in_utc(datetime.fromisoformat(stored) if isinstance(stored, str) else stored)
