"""Number checks by keyed digests: which numbers OVH was asked about, and what the networks said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from ovh_sms.errors import ClaimOutdated, SubmissionInFlight
from ovh_sms.store import tables
from ovh_sms.store.attempt_queries import COLUMNS, LIVE
from ovh_sms.store.identity import Identity
from ovh_sms.store.models import NUMBER_CHECK, OVER, PENDING, Attempt
from ovh_sms.store.number_check_tables import number_checks as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing_rows

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.person_digests import OptedOut

#: What the networks say about a number. The last one is no answer, and none comes any more.
REACHABLE, UNREACHABLE, INVALID, NO_ANSWER = "reachable", "unreachable", "invalid", "no_answer"
ANSWERS = (REACHABLE, UNREACHABLE, INVALID, NO_ANSWER)

_it, _attempts = _table.c, tables.attempts.c
_OF_CHECK = _attempts.kind == NUMBER_CHECK


class NumberChecks(Repository):
    """The numbers that OVH was asked about, by the tag of their attempt."""

    def plan(self, tag: str, account: str, digests: Collection[int]) -> None:
        """Store whom an attempt will ask about, before it is claimed; a row without a claimed attempt means nothing."""
        about = {"tag": tag, "account": account, "asked_at": self.clock.now(), "answer": None, "answered_at": None}
        with self.database.writing(durable=True) as connection:
            insert_missing_rows(connection, _table, [{**about, "digest": each} for each in digests])

    def record(self, tag: str, answers: Mapping[int, str]) -> None:
        """Store what the networks said; a number that has an answer keeps it.

        :param answers: by the number's digest.
        """
        here = and_(_it.tag == tag, _it.digest == bindparam("person"), _it.answer.is_(None))
        statement = update(_table).where(here).values(answer=bindparam("said"), answered_at=self.clock.now())
        if answers:
            with self.database.writing() as connection:
                connection.execute(statement, [{"person": each, "said": said} for each, said in answers.items()])

    def unanswered(self, tag: str) -> set[int]:
        """Read the digests of the numbers of an attempt that have no answer yet."""
        with self.database.reading() as connection:
            return set(connection.execute(select(_it.digest).where(_it.tag == tag, _it.answer.is_(None))).scalars())

    def digests(self, tag: str) -> set[int]:
        """Read the digests of the numbers of an attempt."""
        with self.database.reading() as connection:
            return set(connection.execute(select(_it.digest).where(_it.tag == tag)).scalars())

    def answers(self, since: datetime) -> dict[int, str | None]:
        """Read the answers about all numbers that were asked about since a moment; the newest one counts.

        A number whose answer is not known yet was paid for, or may have been: it has ``None``.
        """
        made = and_(_attempts.tag == _it.tag, _OF_CHECK, LIVE)
        query = select(_it.digest, _it.answer).where(
            or_(_it.answered_at >= since, and_(_it.answer.is_(None), _it.asked_at >= since)),
            select(_attempts.tag).where(made).exists(),
        )
        found: dict[int, str | None] = {}
        with self.database.reading() as connection:
            for digest, answer in connection.execute(query.order_by(_it.asked_at, _it.tag)):
                if answer is not None or found.get(digest) is None:
                    found[digest] = answer
        return found

    def with_answers(self, answers: Sequence[str], since: datetime) -> OptedOut:
        """Read the people whose newest check since a moment had some answers, to leave them out of a list."""
        from ovh_sms.contacts.classify.person_digests import OptedOut

        found = [digest for digest, answer in self.answers(since).items() if answer in answers]
        return OptedOut(Identity(self.database, self.clock).secret(), found)

    def attempts(self, account: str, since: datetime) -> list[Attempt]:
        """List the attempts since a moment that may be at OVH or were refused, the first one first."""
        where = (_OF_CHECK, _attempts.account == account, _attempts.claimed_at >= since)
        query = select(*COLUMNS).where(*where, _attempts.state != "not_executed")
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(_attempts.claimed_at, _attempts.tag)).mappings()
            return [Attempt(**row) for row in rows]

    def count(self, account: str) -> int:
        """Count the attempts of an account that are at OVH, or may be."""
        with self.database.reading() as connection:
            return _count(connection, account)


def refuse_second_check(connection: Connection, attempt: Attempt, now: datetime, *, window: timedelta) -> None:
    """Refuse checks by what other checks of the account have done since they were planned.

    :param window: another attempt that is pending counts as under way for this time.
    :raises ClaimOutdated: other checks were made since; what they asked about need not be asked again.
    :raises SubmissionInFlight: others are under way right now.
    """
    if attempt.kind != NUMBER_CHECK:
        return
    pending = (_attempts.state == PENDING, _attempts.claimed_at > now - window, _attempts.tag != attempt.tag)
    query = select(_attempts.tag).where(_OF_CHECK, _attempts.account == attempt.account, *pending).limit(1)
    other = connection.execute(query).scalar()
    if other is not None:
        raise SubmissionInFlight(
            f"Other numbers are being checked for {attempt.account} right now (tag {other}). No number was checked.",
            action=f"Wait: it counts for {window} at most.",
        )
    if _count(connection, attempt.account) != (attempt.snapshot or {})["checks_before"]:
        raise ClaimOutdated("Other numbers were checked meanwhile.", action="It is planned again.")


def _count(connection: Connection, account: str) -> int:
    query = select(func.count()).where(_OF_CHECK, _attempts.account == account, _attempts.state.not_in(OVER))
    return int(connection.execute(query).scalar_one())
