"""Replies, and how far those of each account are read. Both change in one transaction: none is skipped or doubled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, tuple_, update
from sqlalchemy.exc import DataError, IntegrityError

from ovh_sms.reply_words import OPT_OUT
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.identity import Identity
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.inbound_tables import inbound, inbound_marks
from ovh_sms.store.opt_out_digests import remember
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

    def unknown(self, account: str, ids: Sequence[int]) -> list[int]:
        """Return those of OVH's ids that are not stored yet, each once, in their order."""
        with self.database.reading() as connection:
            known = _known(connection, account, ids)
        return [each for each in dict.fromkeys(ids) if each not in known]

    def save(
        self, account: str, messages: Sequence[InboundMessage], *, read_up_to: datetime | None = None
    ) -> list[InboundMessage]:
        """Store replies that are new and move the account's mark, both or neither; repeating it is harmless.

        The digests of those who opt out are kept in the same transaction: no list that is prepared afterwards holds
        them.

        :param read_up_to: all replies up to this moment are stored with these; the mark never goes back.
        :returns: the replies that were new.
        :raises OvhSmsError: the database refuses a value; nothing is stored.
        """
        secret = Identity(self.database, self.clock).secret()
        return repeat_conflicts(self.clock, lambda: self._save(account, messages, read_up_to, secret))

    def _save(
        self, account: str, messages: Sequence[InboundMessage], read_up_to: datetime | None, secret: bytes
    ) -> list[InboundMessage]:
        now = self.clock.now()
        with self.database.writing(durable=True) as connection:
            lock_account(connection, account)
            known = _known(connection, account, [each.inbound_id for each in messages])
            new = {each.inbound_id: each for each in messages if each.inbound_id not in known}
            rows = [_row(account, each, now) for each in new.values()]
            if rows:
                _add_digests(rows, secret)
                _insert(connection, rows)
            leaving = [each.number for each in new.values() if each.action == OPT_OUT]
            remember(connection, account, leaving, secret=secret, at=now)
            if read_up_to is not None:
                _move_mark(connection, account, read_up_to, now)
        return list(new.values())

    def to_act(self, account: str) -> list[InboundMessage]:
        """List the replies whose action is not done, the earliest first."""
        query = select(*_FIELDS).where(inbound.c.account == account, inbound.c.acted_at.is_(None))
        with self.database.reading() as connection:
            found = connection.execute(query.order_by(inbound.c.received_at, inbound.c.inbound_id))
            return [InboundMessage(**row) for row in found.mappings()]

    def acted(self, account: str, ids: Sequence[int]) -> None:
        """Record that the actions of some replies are done."""
        with self.database.writing() as connection:
            for start in range(0, len(ids), _AT_ONCE):
                some = inbound.c.inbound_id.in_(ids[start : start + _AT_ONCE])
                here = update(inbound).where(inbound.c.account == account, some)
                connection.execute(here.values(acted_at=self.clock.now()))

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
        upsert(connection, inbound_marks, [{"account": account, "read_up_to": to, "moved_at": now}])
