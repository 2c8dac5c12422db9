"""The audit of personal data: when which person searched for a receiver, opened or erased one; no phone numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import insert, select

from ovh_sms.messaging.phone_masks import mask_numbers
from ovh_sms.store import tables
from ovh_sms.store.account_lock import shared_time
from ovh_sms.store.identity import Identity
from ovh_sms.store.repository import Repository

_table = tables.audit


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """One action on personal data.

    :param at: when it was recorded, in UTC.
    :param by: the person, as Airflow or the system names them.
    :param action: such as ``search`` or ``erase``.
    :param detail: in words; it holds no phone number.
    :param digest: keyed digest of the number that it was about; see :meth:`Audit.digest_of`.
    """

    id: int
    at: datetime
    by: str
    action: str
    detail: str
    digest: str | None = None


_COLUMNS = [_table.c[field.name] for field in fields(AuditLine)]


class Audit(Repository):
    """The audit: lines are added to it, and nothing here changes or removes one."""

    def record(self, action: str, by: str, detail: str, digest: str | None = None) -> None:
        """Record an action on personal data, durably: record a search before a page shows its result.

        :param action: one word for all actions of its kind, such as ``search``.
        :param by: the person, as Airflow or the system names them.
        :param detail: in words; phone numbers in it are masked.
        :param digest: of the number that it is about, from :meth:`digest_of`.
        """
        with self.database.writing(durable=True) as connection:
            at = shared_time(connection, self.clock)
            values = {"at": at, "by": by, "action": action, "detail": mask_numbers(detail), "digest": digest}
            connection.execute(insert(_table).values(values))

    def list(
        self, limit: int = 100, offset: int = 0, *, action: str | None = None, digest: str | None = None
    ) -> Sequence[AuditLine]:
        """List the lines, the newest first.

        :param action: only those of this action.
        :param digest: only those about one number, from :meth:`digest_of`.
        """
        query = select(*_COLUMNS).order_by(_table.c.at.desc(), _table.c.id.desc()).limit(limit).offset(offset)
        if action is not None:
            query = query.where(_table.c.action == action)
        if digest is not None:
            query = query.where(_table.c.digest == digest)
        with self.database.reading() as connection:
            return [AuditLine(**row) for row in connection.execute(query).mappings()]

    def digest_of(self, number: str) -> str:
        """Return the keyed digest of a phone number: it finds the lines about one person, and holds no number.

        :param number: with its country code: E.164, its digits, or as OVH writes it (0033…).
        :returns: 32 hexadecimal digits; the same for the same number in one database.
        """
        digits = "".join(filter(str.isdigit, number)).removeprefix("00")
        secret = Identity(self.database, self.clock).secret()
        return hashlib.blake2b(digits.encode(), key=secret, digest_size=16, person=b"audit").hexdigest()
