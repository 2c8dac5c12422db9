"""The rows of the outbox as typed values."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

#: States of a row. A pending one waits or is under way; what became of an unknown one only a person can decide.
PENDING, SUBMITTED, REFUSED, EXPIRED = "pending", "submitted", "refused", "expired"
UNKNOWN, CANCELLED = "unknown", "cancelled"
OUTBOX_STATES = (PENDING, SUBMITTED, REFUSED, EXPIRED, UNKNOWN, CANCELLED)
#: Why a row waits: nobody sends for the account that it names.
NO_WORKER = "no_worker"
#: In place of a number that was erased.
ERASED = "erased"
#: Reason of an alert that is only counted: its person got as many as the limit in the hour before.
ALERT_LIMIT = "alert_limit"
#: The order in which rows leave. A row without a priority leaves like the first, which is OVH's own default.
PRIORITIES = ("high", "medium", "low", "veryLow")


@dataclass(frozen=True, kw_only=True)
class QueuedSms:
    """One SMS as its writer gives it.

    :param key: the writer's own name for it: the same key twice is one SMS.
    :param receiver: E.164.
    :param stop_clause: whether it is advertising: OVH adds the way to unsubscribe.
    :param message_class: OVH's deprecated option ``class``.
    :param coding: OVH's deprecated option.
    :param deferred_until: it does not leave before this moment; aware.
    :param validity: minutes after which it is not sent any more, from the moment it may leave.
    :param tag: the writer's own label; OVH does not get it.
    :param account: SMS account; empty for that of the default connection.
    :param user: login of the account's user who sends; empty if the account itself does.
    """

    key: str
    receiver: str = field(repr=False)
    message: str = field(repr=False)
    sender: str
    stop_clause: bool
    message_class: str | None = None
    coding: str | None = None
    priority: str | None = None
    deferred_until: datetime | None = None
    validity: int | None = None
    tag: str | None = None
    account: str = ""
    user: str = ""

    def digest(self, secret: bytes) -> str:
        """Return the keyed digest of everything but the key: two rows with the same one are the same SMS."""
        content = {field.name: getattr(self, field.name) for field in fields(QueuedSms) if field.name != "key"}
        until = self.deferred_until
        content["deferred_until"] = until and until.astimezone(UTC).isoformat()
        content["stop_clause"] = bool(self.stop_clause)
        text = json.dumps(content, sort_keys=True)
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()

    def to_columns(self) -> dict[str, Any]:
        """Return the values of the table's columns."""
        values = {field.name: getattr(self, field.name) for field in fields(QueuedSms)}
        values["class"] = values.pop("message_class")
        return values


@dataclass(frozen=True, kw_only=True)
class OutboxRow(QueuedSms):
    """One row of the outbox.

    :param state: one of ``OUTBOX_STATES``.
    :param reason: why it was refused, or what is unknown; short.
    :param due_at: when it needs work again; ``None`` for a new row.
    :param group_tag: tag of its group at OVH; ``None`` until it belongs to one.
    :param outgoing_id: OVH's id of the message, if it is known.
    """

    id: int
    queued_at: datetime
    state: str
    reason: str | None = None
    due_at: datetime | None = None
    group_tag: str | None = None
    outgoing_id: int | None = None
    credits: float | None = None
    ended_at: datetime | None = None
    content_digest: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, stored: Mapping[Any, Any]) -> Self:
        """Read what the table holds."""
        values = dict(stored)
        values["message_class"] = values.pop("class")
        return cls(**values)

    @property
    def may_leave_at(self) -> datetime:
        """The moment from which its validity counts."""
        return max(self.queued_at, self.deferred_until or self.queued_at)

    @property
    def as_queued(self) -> QueuedSms:
        """The SMS as its writer gave it."""
        given = {field.name: getattr(self, field.name) for field in fields(QueuedSms)}
        return QueuedSms(**given)

    def is_as_queued(self, secret: bytes) -> bool:
        """Return whether nobody has changed the SMS since its digest was kept. Its account may be filled in since."""
        it = self.as_queued
        return self.content_digest in (it.digest(secret), replace(it, account="").digest(secret))

    def shown(self) -> dict[str, Any]:
        """Return what may be shown of it: no number, no text."""
        hidden = {"receiver", "message", "content_digest"}
        return {name: value for name, value in asdict(self).items() if name not in hidden}


class PlannedGroup(NamedTuple):
    """Rows that become one group at OVH.

    :param rows: id of each row, with the values that it gets: its number as E.164, digests.
    """

    tag: str
    rows: dict[int, dict[str, Any]]


class RowEnd(NamedTuple):
    """The end of one row."""

    state: str
    reason: str | None = None
    outgoing_id: int | None = None
    credits: float | None = None
