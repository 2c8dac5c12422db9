"""Removes numbers and replies from the results: old ones, and those of people to be erased.

Counts and the journal stay.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select, update

from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.callback_tables import callbacks
from ovh_sms.store.erased_replies import ERASED, ERASURES, empty_replies
from ovh_sms.store.identity import Identity
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.opt_out_digests import remember
from ovh_sms.store.outbox_personal import empty_old, erase_person
from ovh_sms.store.repository import Repository
from ovh_sms.store.resent_messages import forget_failures
from ovh_sms.store.suppressed import of_person, remove_numbers, stored_before
from ovh_sms.store.upsert import insert_missing
from ovh_sms.store.write_retry import repeat_conflicts

_messages, _opt_outs, _submissions = tables.messages, tables.opt_outs, tables.submissions
_erasures = tables.erasures
_AT_ONCE = 500


class Erased(NamedTuple):
    """Counts of what was erased of some people.

    :param suppressed: opt-outs and failed numbers among those that are published.
    :param outbox: single SMS.
    """

    messages: int = 0
    opt_outs: int = 0
    replies: int = 0
    suppressed: int = 0
    outbox: int = 0


class PersonalData(Repository):
    """Numbers in the messages, opt-outs and replies, and the people who are to be erased."""

    def purge(self, tag: str) -> int:
        """Delete the messages of a submission, and the numbers of its opt-outs; its figures and their count stay.

        :returns: how many messages were deleted.
        """
        secret = Identity(self.database, self.clock).secret()

        def write() -> int:
            with self.database.writing() as connection:
                forget_failures(connection, tag)
                deleted = connection.execute(delete(_messages).where(_messages.c.tag == tag)).rowcount
                _erase_opt_outs(connection, _opt_outs.c.tag == tag, secret=secret, at=self.clock.now())
                here = update(_submissions).where(_submissions.c.tag == tag)
                connection.execute(here.values(purged_at=self.clock.now()))
                return int(deleted)

        return repeat_conflicts(self.clock, write)

    def purge_replies(self, before: datetime) -> int:
        """Remove number, text and key of the replies that were received before a moment; they stay counted.

        Numbers of STOPs that OVH called about go too.

        :returns: how many replies were changed.
        """

        def write() -> int:
            with self.database.writing() as connection:
                old = callbacks.c.received_at < before, callbacks.c.number.is_not(None)
                connection.execute(update(callbacks).where(*old).values(number=None))
                return empty_replies(connection, inbound.c.received_at < before)

        return repeat_conflicts(self.clock, write)

    def purge_outbox(self, before: datetime) -> int:
        """Remove number and text of the rows of the outbox that were over before a moment; their keys stay used.

        :returns: how many rows were changed.
        """

        def write() -> int:
            with self.database.writing() as connection:
                return empty_old(connection, before)

        return repeat_conflicts(self.clock, write)

    def purge_suppressed(self, before: datetime) -> int:
        """Remove number and hash of the suppressed people that were stored before a moment; they stay suppressed.

        :returns: how many rows were changed.
        """

        def write() -> int:
            with self.database.writing() as connection:
                return remove_numbers(connection, stored_before(before))

        return repeat_conflicts(self.clock, write)

    def ask_to_erase(self, number: str) -> Erased:
        """Erase a number from messages, opt-outs and replies; remember by its digest that it is to be erased elsewhere.

        :param number: E.164.
        """
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        secret = Identity(self.database, self.clock).secret()
        (digest,) = PersonDigester(secret).of_numbers([number])

        def write() -> Erased:
            with self.database.writing(durable=True) as connection:
                lock_account(connection, ERASURES)
                now = self.clock.now()
                insert_missing(connection, _erasures, {"digest": digest, "asked_at": now})
                again = update(_erasures).where(_erasures.c.digest == digest)
                connection.execute(again.values(asked_at=now, done_at=None))
                replies = empty_replies(connection, inbound.c.digest == digest)
                suppressed = remove_numbers(connection, of_person(digest))
                erased = _erase(connection, [number], secret=secret, at=now)
                outbox = erase_person(connection, digest, number, at=now)
                return erased._replace(replies=replies, suppressed=suppressed, outbox=outbox)

        return repeat_conflicts(self.clock, write)

    def to_erase(self) -> dict[int, datetime]:
        """List the digests of the people whose erasure is not done, each with the moment it was asked for."""
        query = select(_erasures.c.digest, _erasures.c.asked_at).where(_erasures.c.done_at.is_(None))
        with self.database.reading() as connection:
            return {row.digest: row.asked_at for row in connection.execute(query)}

    def has_erased(self) -> bool:
        """Return whether the erasure of any person was ever asked for."""
        with self.database.reading() as connection:
            return connection.execute(select(_erasures.c.digest).limit(1)).first() is not None

    def erase_stored_since(self, digests: Collection[int], since: datetime) -> Erased:
        """Erase people from what was collected since a moment, by their digests alone."""
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        secret = Identity(self.database, self.clock).secret()
        digester, wanted, found = PersonDigester(secret), set(digests), []
        collected = select(_submissions.c.tag).where(
            or_(_submissions.c.collected_at.is_(None), _submissions.c.collected_at >= since)
        )
        query = select(_messages.c.receiver).where(_messages.c.tag.in_(collected)).distinct()
        with self.database.reading() as connection:
            for block in connection.execution_options(yield_per=10_000).execute(query).scalars().partitions():
                known = digester.of_numbers(block)
                found += [number for number, digest in zip(block, known, strict=True) if digest in wanted]

        def write() -> Erased:
            with self.database.writing() as connection:
                lock_account(connection, ERASURES)
                replies = sum(empty_replies(connection, inbound.c.digest == each) for each in wanted)
                suppressed = sum(remove_numbers(connection, of_person(each)) for each in wanted)
                outbox = sum(erase_person(connection, each, None, at=self.clock.now()) for each in wanted)
                erased = _erase(connection, found, secret=secret, at=self.clock.now())
                return erased._replace(replies=replies, suppressed=suppressed, outbox=outbox)

        return repeat_conflicts(self.clock, write)

    def erasure_is_done(self, digest: int) -> None:
        """Record that nothing is left of a person who was to be erased.

        The digest stays: a reply that was not collected by then must not bring the number back.
        """

        def write() -> None:
            with self.database.writing() as connection:
                here = update(_erasures).where(_erasures.c.digest == digest)
                connection.execute(here.values(done_at=self.clock.now()))

        repeat_conflicts(self.clock, write)


def _erase(connection: Connection, numbers: Sequence[str], *, secret: bytes, at: datetime) -> Erased:
    messages = opt_outs = 0
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        opt_outs += _erase_opt_outs(connection, _opt_outs.c.receiver.in_(some), secret=secret, at=at)
        _erase_callbacks(connection, some, secret=secret, at=at)
        here = update(_messages).where(_messages.c.receiver.in_(some))
        messages += connection.execute(here.values(receiver=ERASED)).rowcount
    return Erased(messages, opt_outs)


def _erase_callbacks(connection: Connection, numbers: Sequence[str], *, secret: bytes, at: datetime) -> None:
    """Take the numbers of STOPs out of callbacks that are not worked off, once their digests are kept."""
    here = callbacks.c.number.in_(numbers)
    for account, number in connection.execute(select(callbacks.c.account, callbacks.c.number).where(here)).all():
        remember(connection, account, [number], secret=secret, at=at)
    connection.execute(update(callbacks).where(here).values(number=None))


def _erase_opt_outs(connection: Connection, where: ColumnElement[bool], *, secret: bytes, at: datetime) -> int:
    """Take the numbers out of opt-outs, once their digests are kept; the rows stay, as they are counted."""
    with_account = select(_opt_outs.c.tag, _opt_outs.c.receiver, _submissions.c.account).join(
        _submissions, _submissions.c.tag == _opt_outs.c.tag
    )
    found = connection.execute(with_account.where(where, _opt_outs.c.receiver.not_like(f"{ERASED}%"))).all()
    by_account: dict[str, list[str]] = {}
    for row in found:
        by_account.setdefault(row.account, []).append(row.receiver)
    for account, numbers in by_account.items():
        remember(connection, account, numbers, secret=secret, at=at)
    statement = (
        update(_opt_outs)
        .where(_opt_outs.c.tag == bindparam("of"), _opt_outs.c.receiver == bindparam("number"))
        .values(receiver=bindparam("instead"))
    )
    changes: list[dict[str, Any]] = [
        {"of": row.tag, "number": row.receiver, "instead": f"{ERASED}-{secrets.token_hex(8)}"} for row in found
    ]
    if changes:
        connection.execute(statement, changes)
    return len(changes)
