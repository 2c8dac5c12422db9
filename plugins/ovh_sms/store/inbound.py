"""Replies, and how far those of each account are read. Both change in one transaction: none is skipped or doubled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_, update
from sqlalchemy.exc import DataError, IntegrityError

from ovh_sms.errors import ConfigurationError
from ovh_sms.reply_words import OPT_OUT
from ovh_sms.settings import number_hash_key
from ovh_sms.store.account_lock import lock_all
from ovh_sms.store.erased_replies import ERASURES, erase_those_asked_for
from ovh_sms.store.identity import Identity
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.inbound_tables import inbound, inbound_marks, unreadable_replies
from ovh_sms.store.opt_out_digests import remember
from ovh_sms.store.reply_opt_outs import suppress_writers
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import refused_rows, upsert
from ovh_sms.store.write_retry import repeat_conflicts

_AT_ONCE = 500
_FIELDS = [inbound.c[field.name] for field in fields(InboundMessage)]
_NUMBER, _TAG, _KEY, _KEYWORD = 32, 64, 250, 100


@dataclass(frozen=True, kw_only=True)
class InboundFilter:
    """Which replies are meant; a field that is not given lets all pass.

    :param since: received then or later.
    :param digest: of the person, see :class:`~ovh_sms.contacts.classify.person_digests.PersonDigester`.
    """

    account: str | None = None
    campaign: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    action: str | None = None
    keyword: str | None = None
    since: datetime | None = None
    digest: int | None = None

    def where(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions."""
        for name in ("account", "campaign", "dag_id", "run_id", "action", "keyword", "digest"):
            if (value := getattr(self, name)) is not None:
                yield inbound.c[name] == value
        if self.since is not None:
            yield inbound.c.received_at >= self.since


class Inbound(Repository):
    """Replies by account."""

    def mark(self, account: str) -> datetime | None:
        """Return the moment, by OVH's clock, up to which the account's replies are read; ``None`` if none were."""
        query = select(inbound_marks.c.read_up_to).where(inbound_marks.c.account == account)
        with self.database.reading() as connection:
            return connection.execute(query).scalar()

    def late_read_at(self, account: str) -> datetime | None:
        """Return the moment, by OVH's clock, when late replies were last read."""
        query = select(inbound_marks.c.late_read_at).where(inbound_marks.c.account == account)
        with self.database.reading() as connection:
            return connection.execute(query).scalar()

    def unreadable(self, account: str, *, since: datetime | None = None) -> dict[int, str]:
        """Return the ids of replies that OVH lists and does not show as it should, with the reasons.

        Those that were not tried for the longest time come first.

        :param since: only those that were first found then or later.
        """
        it = unreadable_replies.c
        query = select(it.inbound_id, it.reason).where(it.account == account).order_by(it.tried_at, it.inbound_id)
        if since is not None:
            query = query.where(it.found_at >= since)
        with self.database.reading() as connection:
            return {row.inbound_id: row.reason for row in connection.execute(query)}

    def unknown(self, account: str, ids: Sequence[int]) -> list[int]:
        """Return those of OVH's ids that are not stored yet, each once, in their order."""
        with self.database.reading() as connection:
            known = _known(connection, account, ids)
        return [each for each in dict.fromkeys(ids) if each not in known]

    def save(
        self,
        account: str,
        messages: Sequence[InboundMessage],
        *,
        read_up_to: datetime | None = None,
        unreadable: Mapping[int, str] | None = None,
        gone: Sequence[int] = (),
    ) -> list[InboundMessage]:
        """Store replies that are new and move the account's mark, both or neither; repeating it is harmless.

        Those who opt out are suppressed in the same transaction: no list that is prepared afterwards holds them, and
        they are published. A reply of a person who is erased since loses number, text and key before it is stored.

        :param read_up_to: all replies up to this moment are stored with these; the mark never goes back.
        :param unreadable: ids of replies that could not be read, with the reasons: they are read again later.
        :param gone: ids of replies that OVH does not know any more.
        :returns: the replies that were new.
        :raises ConfigurationError: the secret of hashes cannot be used; of the replies, only who opts out is kept.
        :raises OvhSmsError: the database refuses a value; nothing is stored.
        """
        secret = Identity(self.database, self.clock).secret()
        try:
            key = number_hash_key()
        except ConfigurationError:
            self._remember(account, messages, secret)
            raise

        def write() -> list[InboundMessage]:
            now = self.clock.now()
            with self.database.writing(durable=True) as connection:
                lock_all(connection, [account, ERASURES])
                new = _save(connection, account, messages, secret, key, now)
                _note_unreadable(connection, account, unreadable or {}, now)
                _forget_unreadable(connection, account, [*(each.inbound_id for each in messages), *gone])
                if read_up_to is not None:
                    _move_mark(connection, account, read_up_to, now)
            return new

        return repeat_conflicts(self.clock, write)

    def _remember(self, account: str, messages: Sequence[InboundMessage], secret: bytes) -> None:
        """Keep the digests of those who opt out."""
        with self.database.writing(durable=True) as connection:
            remember(connection, account, _leaving(messages), secret=secret, at=self.clock.now())

    def late_ones_are_read(self, account: str, at: datetime) -> None:
        """Record that late replies were read at a moment, by OVH's clock; only for an account with a mark."""

        def write() -> None:
            with self.database.writing() as connection:
                here = update(inbound_marks).where(inbound_marks.c.account == account)
                connection.execute(here.values(late_read_at=at))

        repeat_conflicts(self.clock, write)

    def to_act(self, account: str) -> list[InboundMessage]:
        """List the replies whose action is not done, the earliest first."""
        query = select(*_FIELDS).where(inbound.c.account == account, inbound.c.acted_at.is_(None))
        with self.database.reading() as connection:
            found = connection.execute(query.order_by(inbound.c.received_at, inbound.c.inbound_id))
            return [InboundMessage(**row) for row in found.mappings()]

    def acted(self, account: str, ids: Sequence[int]) -> None:
        """Record that the actions of some replies are done."""

        def write() -> None:
            with self.database.writing() as connection:
                for start in range(0, len(ids), _AT_ONCE):
                    some = inbound.c.inbound_id.in_(ids[start : start + _AT_ONCE])
                    here = update(inbound).where(inbound.c.account == account, some)
                    connection.execute(here.values(acted_at=self.clock.now()))

        repeat_conflicts(self.clock, write)

    def count(self, wanted: InboundFilter) -> int:
        """Count replies."""
        query = select(func.count()).select_from(inbound).where(*wanted.where())
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def count_by_keyword(self, wanted: InboundFilter) -> dict[str, int]:
        """Count replies by the word that a rule knows; those of no word are left out."""
        query = select(inbound.c.keyword, func.count()).where(*wanted.where(), inbound.c.keyword.is_not(None))
        with self.database.reading() as connection:
            found = connection.execute(query.group_by(inbound.c.keyword).order_by(inbound.c.keyword))
            return {row[0]: row[1] for row in found}

    def page(
        self, wanted: InboundFilter, *, limit: int = 100, before: tuple[datetime, int] | None = None
    ) -> list[InboundMessage]:
        """List replies, the newest first.

        :param before: moment and id of the last reply of the page before.
        """
        query = select(*_FIELDS).where(*wanted.where())
        if before is not None:
            query = query.where(tuple_(inbound.c.received_at, inbound.c.inbound_id) < before)
        order = inbound.c.received_at.desc(), inbound.c.inbound_id.desc()
        with self.database.reading() as connection:
            return [InboundMessage(**row) for row in connection.execute(query.order_by(*order).limit(limit)).mappings()]


def _known(connection: Connection, account: str, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        some = inbound.c.inbound_id.in_(ids[start : start + _AT_ONCE])
        query = select(inbound.c.inbound_id).where(inbound.c.account == account, some)
        found.update(connection.execute(query).scalars())
    return found


def _save(
    connection: Connection,
    account: str,
    messages: Sequence[InboundMessage],
    secret: bytes,
    key: bytes | None,
    now: datetime,
) -> list[InboundMessage]:
    """Store those that are new; returns them."""
    known = _known(connection, account, [each.inbound_id for each in messages])
    new = {each.inbound_id: each for each in messages if each.inbound_id not in known}
    rows = [_row(account, each, now) for each in new.values()]
    if rows:
        _add_digests(rows, secret)
        suppress_writers(connection, account, rows, key=key, now=now)
        erase_those_asked_for(connection, rows)
        _insert(connection, rows)
    remember(connection, account, _leaving(new.values()), secret=secret, at=now)
    return list(new.values())


def _leaving(messages: Iterable[InboundMessage]) -> list[str]:
    return [each.number for each in messages if each.action == OPT_OUT]


def _note_unreadable(connection: Connection, account: str, reasons: Mapping[int, str], now: datetime) -> None:
    rows = [
        {"account": account, "inbound_id": number, "reason": reason[:_KEY], "found_at": now, "tried_at": now}
        for number, reason in reasons.items()
    ]
    upsert(connection, unreadable_replies, rows, kept=["found_at"])


def _forget_unreadable(connection: Connection, account: str, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        some = unreadable_replies.c.inbound_id.in_(ids[start : start + _AT_ONCE])
        connection.execute(delete(unreadable_replies).where(unreadable_replies.c.account == account, some))


def _row(account: str, message: InboundMessage, now: datetime) -> dict[str, Any]:
    """A row; an inbox needs no action, and PostgreSQL keeps no NUL."""
    row = asdict(message) | {"account": account, "stored_at": now, "announced_by": None, "digest": None}
    row["text"] = message.text.replace("\x00", "")
    row["number"], row["tag"] = message.number[:_NUMBER].replace("\x00", ""), message.tag[:_TAG].replace("\x00", "")
    row["receiver_key"] = message.receiver_key[:_KEY] if message.receiver_key is not None else None
    row["keyword"] = message.keyword[:_KEYWORD] if message.keyword is not None else None
    row["acted_at"] = None if message.action == OPT_OUT else now
    return row


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    try:
        connection.execute(inbound.insert(), rows)
    except (IntegrityError, DataError) as error:
        raise refused_rows(inbound, len(rows), error.orig) from None


def _add_digests(rows: Sequence[dict[str, Any]], secret: bytes) -> None:
    from ovh_sms.contacts.classify.person_digests import PersonDigester

    digests = PersonDigester(secret).of_numbers([row["number"] for row in rows])
    for row, digest in zip(rows, digests, strict=True):
        row["digest"] = digest


def _move_mark(connection: Connection, account: str, to: datetime, now: datetime) -> None:
    query = select(inbound_marks.c.read_up_to).where(inbound_marks.c.account == account)
    earlier = connection.execute(query).scalar()
    if earlier is None or earlier < to:
        row = {"account": account, "read_up_to": to, "moved_at": now, "late_read_at": None}
        upsert(connection, inbound_marks, [row], kept=["late_read_at"])
