"""The receivers of each claimed attempt as keyed digests: nobody gets a message twice within ``duplicate_window``.

The functions take a connection, so that a claim checks and records in its own transaction, under the account's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, not_, select, update

from ovh_sms.store import tables
from ovh_sms.store.account_lock import shared_time
from ovh_sms.store.identity import Identity
from ovh_sms.store.models import OVER, PENDING, RESTORED, SUCCEEDED, WITH_OWN_KEYS
from ovh_sms.store.repository import Repository
from ovh_sms.store.resends import resent_runs

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.already_sent import EarlierAttempts
    from ovh_sms.contacts.classify.receiver_digests import Digests

#: Receivers are remembered at least so long, also if their run has a short window: a later run may have a longer one.
SHORTEST_MEMORY = timedelta(days=14)
#: And so much longer than the window: a late run has an early planned time.
LATENESS = timedelta(days=1)

_table = tables.attempt_receivers
_attempts = tables.attempts
_IDENTITY = [_table.c[name] for name in ("tag", "attempt", "dag_id", "run_id", "planned_at", "claimed_at")]


@dataclass(frozen=True, kw_only=True)
class RepeatRule:
    """One message of one run, and for how long it is not repeated.

    :param message_key: see :func:`~ovh_sms.contacts.classify.receiver_digests.message_key`.
    :param planned_at: when the schedule planned the run; ``None`` for a run started by hand.
    :param window: ``duplicate_window``; nothing is a repetition if it is zero.
    """

    account: str
    message_key: str
    dag_id: str
    run_id: str
    planned_at: datetime | None
    window: timedelta

    def repeats(self, other: Row[Any], now: datetime) -> bool:
        """Return whether sending now repeats another run's attempt.

        Scheduled runs are compared by planned time: those of one DAG repeat each other only at the same planned time,
        as its schedule may be shorter than the window, and a night may have 23 hours.
        """
        if self.window <= timedelta(0):
            return False
        if self.planned_at is None or other.planned_at is None:
            return bool(other.claimed_at > now - self.window)
        if other.dag_id == self.dag_id:
            return bool(self.planned_at == other.planned_at)
        return bool(abs(self.planned_at - other.planned_at) < self.window)


@dataclass(frozen=True, kw_only=True, eq=False)
class ClaimedReceivers:
    """The receivers of an attempt that is to be claimed.

    :param digests: sorted.
    :param force: whether they get the message again although another run sent it.
    """

    rule: RepeatRule
    digests: Digests
    force: bool = False


class AttemptReceivers(Repository):
    """Receivers by the tag and number of their attempt."""

    def earlier(self, rule: RepeatRule) -> EarlierAttempts:
        """Read whom other runs sent the message to within the window, or may be sending it to right now."""
        with self.database.reading() as connection:
            return earlier_attempts(connection, rule, now=shared_time(connection, self.clock))

    def may_have(
        self, attempts: Sequence[tuple[str, int]], messages: Sequence[tuple[str, str]], *, certainly: bool = False
    ) -> list[bool]:
        """Say of each message whether one of several attempts may have made it; one of unknown receivers may.

        :param attempts: tag and number of each.
        :param messages: number and text of each.
        :param certainly: only if it is made to this number with exactly this text; texts of marketing are not known.
        """
        import numpy as np

        from ovh_sms.contacts.classify.receiver_digests import TRANSACTIONAL, ReceiverDigester

        secret, found = Identity(self.database, self.clock).secret(), np.zeros(len(messages), dtype=bool)
        with self.database.reading() as connection:
            for tag, attempt in attempts:
                query = select(_table.c.message_key, _table.c.dag_id)
                row = connection.execute(query.where(_table.c.tag == tag, _table.c.attempt == attempt)).first()
                key, dag_id = row or (None, None)
                # Messages that were read from OVH after a restoration may be those of the attempt itself.
                if certainly and (key != TRANSACTIONAL or dag_id == RESTORED):
                    continue
                if key is None:
                    return [True] * len(messages)
                digester = ReceiverDigester.of_message_key(secret, key)
                found |= np.isin(digester.of_rows([("number", "text"), *messages]), _read(connection, tag, attempt))
        return [bool(each) for each in found]

    def forget(self, tag: str, digests: Digests) -> int:
        """Forget receivers who do not get the message; see :func:`forget`."""
        with self.database.writing() as connection:
            return forget(connection, tag, digests)

    def forget_all(self, tag: str) -> None:
        """Forget all receivers of a batch: none of them gets the message."""
        with self.database.writing() as connection:
            connection.execute(update(_table).where(_table.c.tag == tag).values(digests=b""))

    def forget_messages(self, tag: str, messages: Sequence[tuple[str, str]]) -> int:
        """Forget the receivers of withdrawn messages; many at once, as each call writes the batch's digests anew.

        :param tag: of their batch.
        :param messages: number and text of each, as OVH shows them; the text of a marketing message does not matter.
        :returns: how many were forgotten.
        """
        from ovh_sms.contacts.classify.receiver_digests import ReceiverDigester

        secret = Identity(self.database, self.clock).secret()
        with self.database.writing() as connection:
            query = select(_table.c.message_key).where(_table.c.tag == tag).limit(1)
            key = connection.execute(query).scalar()
            if key is None:
                return 0
            digester = ReceiverDigester.of_message_key(secret, key)
            return forget(connection, tag, digester.of_rows([("number", "text"), *messages]))


def check_and_record(
    connection: Connection, receivers: ClaimedReceivers, *, tag: str, attempt: int, now: datetime
) -> int:
    """Refuse to send a message again, else record its receivers; in the transaction that claims the attempt.

    :param now: the store's time: that of the claim.
    :returns: receivers that get the message again because of ``force``.
    :raises SubmissionInFlight: another run may be sending the message to some of them right now.
    :raises DuplicateSubmission: another run sent it to some of them, or may have.
    """
    rule, digests = receivers.rule, receivers.digests
    earlier = earlier_attempts(connection, rule, now=now)
    repeated = digests[earlier.already_sent(digests)]
    if not receivers.force:
        earlier.refuse_in_flight(digests)
        if len(repeated):
            raise earlier.duplicate(repeated, receivers=len(digests))
    record(connection, rule, tag=tag, attempt=attempt, digests=digests, claimed_at=now)
    return len(repeated)


def earlier_attempts(connection: Connection, rule: RepeatRule, *, now: datetime) -> EarlierAttempts:
    """Read the receivers of the attempts that a message would repeat.

    Those that were not executed are none of them, nor are those of the same run. Of a resend, nor are those of the runs
    whose failures it sends again: :func:`~ovh_sms.store.resent_messages.claim_failures` lets nobody else pass.
    """
    from ovh_sms.contacts.classify.already_sent import EarlierAttempt, EarlierAttempts

    resent = resent_runs(connection, rule.dag_id, rule.run_id)
    found = [
        EarlierAttempt(
            tag=row.tag,
            dag_id=row.dag_id,
            run_id=row.run_id,
            claimed_at=row.claimed_at,
            is_pending=row.state == PENDING,
            digests=_read(connection, row.tag, row.attempt),
        )
        for row in _candidates(connection, rule)
        if rule.repeats(row, now) and not (row.state == SUCCEEDED and (row.dag_id, row.run_id) in resent)
    ]
    return EarlierAttempts(found)


def record(
    connection: Connection, rule: RepeatRule, *, tag: str, attempt: int, digests: Digests, claimed_at: datetime
) -> None:
    """Record the receivers of an attempt, in the transaction that claims it; purge those that are too old.

    :param digests: sorted.
    """
    connection.execute(delete(_table).where(_table.c.tag == tag, _table.c.attempt == attempt))
    values = {
        "tag": tag,
        "attempt": attempt,
        "account": rule.account,
        "message_key": rule.message_key,
        "dag_id": rule.dag_id,
        "run_id": rule.run_id,
        "planned_at": rule.planned_at,
        "claimed_at": claimed_at,
        "window_seconds": int(rule.window.total_seconds()),
        "digests": _to_bytes(digests),
    }
    connection.execute(insert(_table).values(values))
    _purge(connection, rule.account, claimed_at)


def forget(connection: Connection, tag: str, digests: Digests) -> int:
    """Forget receivers who certainly do not get a message: those refused by OVH, and those of withdrawn messages.

    :param tag: of their batch.
    :param digests: in any order.
    :returns: how many were forgotten.
    """
    import numpy as np

    here = _table.c.tag == tag
    forgotten = 0
    for (attempt,) in connection.execute(select(_table.c.attempt).where(here)).all():
        known = _read(connection, tag, attempt)
        left = known[~np.isin(known, digests)]
        forgotten += len(known) - len(left)
        if len(left) < len(known):
            one = and_(here, _table.c.attempt == attempt)
            connection.execute(update(_table).where(one).values(digests=_to_bytes(left)))
    return forgotten


def _candidates(connection: Connection, rule: RepeatRule) -> list[Row[Any]]:
    """Find the attempts of other runs at the same message; they are few, so that the rule is applied here."""
    same_attempt = and_(_attempts.c.tag == _table.c.tag, _attempts.c.attempt == _table.c.attempt)
    query = (
        select(*_IDENTITY, _attempts.c.state)
        .join(_attempts, same_attempt)
        .where(
            _table.c.account == rule.account,
            _table.c.message_key == rule.message_key,
            not_(and_(_table.c.dag_id == rule.dag_id, _table.c.run_id == rule.run_id)),
            _attempts.c.kind.not_in(WITH_OWN_KEYS),
            _attempts.c.state.not_in(OVER),
        )
        .order_by(_table.c.claimed_at, _table.c.tag)
    )
    return list(connection.execute(query))


def recorded(connection: Connection, tag: str, attempt: int) -> tuple[Digests | None, datetime | None]:
    """Return the receivers recorded for an attempt, and its moment; ``None`` if there are none."""
    query = select(_table.c.claimed_at).where(_table.c.tag == tag, _table.c.attempt == attempt)
    at = connection.execute(query).scalar()
    return (None, None) if at is None else (_read(connection, tag, attempt), at)


def _read(connection: Connection, tag: str, attempt: int) -> Digests:
    import numpy as np

    query = select(_table.c.digests).where(_table.c.tag == tag, _table.c.attempt == attempt)
    return np.frombuffer(connection.execute(query).scalar_one(), dtype="<u8")


def _to_bytes(digests: Digests) -> bytes:
    return digests.astype("<u8").tobytes()


def _purge(connection: Connection, account: str, now: datetime) -> None:
    """Delete old receivers: older than both the longest window of the account's runs and a fortnight."""
    here = _table.c.account == account
    longest = connection.execute(select(func.max(_table.c.window_seconds)).where(here)).scalar_one()
    memory = max(timedelta(seconds=longest), SHORTEST_MEMORY) + LATENESS
    connection.execute(delete(_table).where(here, _table.c.claimed_at < now - memory))
