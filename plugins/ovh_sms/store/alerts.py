"""Alerts in the outbox: each once, at most so many in an hour to one person, and one SMS that counts the others."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from ovh_sms.store.account_lock import lock_account, shared_time
from ovh_sms.store.identity import Identity
from ovh_sms.store.outbox import LOCK
from ovh_sms.store.outbox_records import ALERT_LIMIT, PENDING, REFUSED, QueuedSms
from ovh_sms.store.outbox_tables import outbox as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing_rows
from ovh_sms.store.write_retry import repeat_conflicts

_it = _table.c
#: The time in which alerts are counted.
WINDOW = timedelta(hours=1)
#: An SMS that counts alerts is not changed any more in this time before it leaves: it may be under way.
_MARGIN = timedelta(minutes=1)
#: Begin of the keys of alerts, and of the SMS that count the others. Neither is the beginning of the other.
ALERT, MORE = "alert-", "more-alerts-"
#: Place of the count in the text of the SMS that counts the others.
COUNT = "{count}"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One event that people are alerted of.

    :param names: what makes it this event: the same names are the same alert for ever. They hold no number.
    :param per_hour: alerts of one label that one person gets in an hour at most.
    """

    names: Sequence[str | int]
    per_hour: int


class Alerts(Repository):
    """Alerts as rows of the outbox. Processes that alert at once see each other's."""

    def queue(self, alert: Alert, sms: QueuedSms, more: QueuedSms) -> str | None:
        """Queue an alert for one person, or count it if the person gets no more in this hour.

        :param sms: it without its key, which is made of the alert's names and the receiver.
        :param more: the SMS that counts the others, with ``{count}`` in its text and without its key.
        :returns: ``pending``; ``refused`` if it is only counted; ``None`` if it was queued or counted before.
        """
        secret = Identity(self.database, self.clock).secret()
        digest = _digest(secret, [*map(str, alert.names), sms.receiver])
        row = replace(sms, key=f"{ALERT}{digest}")

        def write() -> str | None:
            with self.database.writing(durable=True) as connection:
                lock_account(connection, LOCK)
                if connection.execute(select(_it.id).where(_it.key == row.key)).first() is not None:
                    return None
                now = shared_time(connection, self.clock)
                counts = or_(_it.reason.is_(None), _it.reason != ALERT_LIMIT)
                lately = select(_it.queued_at).where(*_of(row, ALERT), counts, _it.queued_at > now - WINDOW)
                sent = [each.queued_at for each in connection.execute(lately)]
                if len(sent) < alert.per_hour:
                    _insert(connection, row, secret, now)
                    return PENDING
                _insert(connection, replace(row, message=""), secret, now, state=REFUSED, reason=ALERT_LIMIT)
                _count(connection, replace(more, key=f"{MORE}{digest}"), secret, now, begins=min(sent))
                return REFUSED

        return repeat_conflicts(self.clock, write)


def _count(connection: Connection, more: QueuedSms, secret: bytes, now: datetime, *, begins: datetime) -> None:
    """Count an alert in the SMS that waits for the end of the hour, or make that SMS: at most one in an hour."""
    waits = (_it.state == PENDING, _it.group_tag.is_(None), _it.deferred_until > now + _MARGIN)
    found = connection.execute(select(_it.id, _it.queued_at).where(*_of(more, MORE), *waits)).first()
    if found is None:
        last = connection.execute(select(func.max(_it.deferred_until)).where(*_of(more, MORE))).scalar()
        until = max(each for each in (begins, last) if each is not None) + WINDOW + _MARGIN
        _insert(connection, _counting(replace(more, deferred_until=until), 1), secret, now)
        return
    refused = select(func.count()).where(*_of(more, ALERT), _it.reason == ALERT_LIMIT, _it.queued_at >= found.queued_at)
    stored = connection.execute(select(_it.key, _it.deferred_until).where(_it.id == found.id)).one()
    as_stored = replace(more, key=stored.key, deferred_until=stored.deferred_until)
    changed = _counting(as_stored, int(connection.execute(refused).scalar_one()))
    values = {"message": changed.message, "content_digest": changed.digest(secret)}
    connection.execute(update(_table).where(_it.id == found.id, _it.group_tag.is_(None)).values(values))


def _of(row: QueuedSms, begin: str) -> tuple[ColumnElement[bool], ...]:
    """Select the rows of a person and a label whose keys begin so."""
    return (_it.tag == row.tag, _it.receiver == row.receiver, _it.key.startswith(begin, autoescape=True))


def _counting(more: QueuedSms, count: int) -> QueuedSms:
    return replace(more, message=more.message.replace(COUNT, str(count)))


def _insert(connection: Connection, row: QueuedSms, secret: bytes, now: datetime, **ended: Any) -> None:
    values = {**row.to_columns(), "content_digest": row.digest(secret), "queued_at": now, "state": PENDING, **ended}
    insert_missing_rows(connection, _table, [values | ({"ended_at": now} if ended else {})])


def _digest(secret: bytes, names: Sequence[str]) -> str:
    """A key may hold no number, and a plain digest of a number is found by trying all numbers."""
    return hmac.new(secret, json.dumps(names).encode(), hashlib.sha256).hexdigest()
