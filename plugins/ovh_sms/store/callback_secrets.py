"""The secrets of callbacks, as keyed digests. Each ends by itself unless OVH's settings are known to show it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, func, literal, or_, select, update

from ovh_sms.store.callback_records import CallbackSecret
from ovh_sms.store.callback_tables import callback_secrets
from ovh_sms.store.repository import Repository
from ovh_sms.store.tables import UtcDateTime
from ovh_sms.store.upsert import insert_missing

_it = callback_secrets.c
#: A secret that was made within this time, and never compared with OVH's settings, may be on its way to them.
BEING_SET = timedelta(hours=1)


class CallbackSecrets(Repository):
    """Secrets by account."""

    def add(self, account: str, digest: str, ends_at: datetime) -> None:
        """Make a secret valid beside those that are; repeating it is harmless."""
        row = {"digest": digest, "account": account, "made_at": self.clock.now(), "ends_at": ends_at}
        with self.database.writing(durable=True) as connection:
            insert_missing(connection, callback_secrets, row | {"checked_at": None})

    def keep(self, account: str, digests: Collection[str], *, read_at: datetime, ends_at: datetime) -> None:
        """Move the end of the secrets on that OVH's settings have shown.

        :param read_at: moment before the settings were read: what a later read has found stays.
        """
        shown = _it.account == account, _it.digest.in_(list(digests)), _not_later(read_at)
        with self.database.writing(durable=True) as connection:
            here = update(callback_secrets).where(*shown)
            connection.execute(here.values(checked_at=read_at, ends_at=ends_at))

    def end_others(
        self, account: str, shown: Collection[str], *, read_at: datetime, ends_at: datetime | None = None
    ) -> int:
        """Let the secrets of an account end that OVH's settings have not shown, by a moment at the latest.

        :param ends_at: ``None`` leaves them their own end.
        :returns: how many are still valid, or were until now.
        """
        now = self.clock.now()
        was_set = or_(_it.checked_at.is_not(None), _it.made_at <= now - BEING_SET)
        others = _it.account == account, _it.digest.not_in(list(shown)), was_set, _not_later(read_at)
        at = _it.ends_at if ends_at is None else literal(ends_at, UtcDateTime)
        with self.database.writing(durable=True) as connection:
            valid = select(func.count()).select_from(callback_secrets).where(*others, _it.ends_at > now)
            found = int(connection.execute(valid).scalar_one())
            here = update(callback_secrets).where(*others)
            connection.execute(here.values(checked_at=read_at, ends_at=case((_it.ends_at < at, _it.ends_at), else_=at)))
        return found

    def forget(self, account: str) -> int:
        """Delete every secret of an account: none is ever valid again, also if OVH's settings show it.

        :returns: how many were deleted.
        """
        with self.database.writing(durable=True) as connection:
            return int(connection.execute(delete(callback_secrets).where(_it.account == account)).rowcount)

    def valid(self) -> list[CallbackSecret]:
        """List the secrets that are valid now, those of all accounts."""
        return self._list(_it.ends_at > self.clock.now())

    def of(self, account: str) -> list[CallbackSecret]:
        """List all secrets of an account, also those that have ended."""
        return self._list(_it.account == account)

    def _list(self, where: ColumnElement[bool]) -> list[CallbackSecret]:
        with self.database.reading() as connection:
            found = connection.execute(select(callback_secrets).where(where).order_by(_it.made_at, _it.digest))
            return [CallbackSecret(**row) for row in found.mappings()]


def _not_later(read_at: datetime) -> ColumnElement[bool]:
    return or_(_it.checked_at.is_(None), _it.checked_at <= read_at)
