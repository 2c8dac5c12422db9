"""The secrets of callbacks, as keyed digests; while one replaces another, both are valid."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select, update

from ovh_sms.store.callback_records import CallbackSecret
from ovh_sms.store.callback_tables import callback_secrets
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing


class CallbackSecrets(Repository):
    """Secrets by account."""

    def add(self, account: str, digest: str) -> None:
        """Make a secret valid beside those that are; repeating it is harmless."""
        row = {"digest": digest, "account": account, "made_at": self.clock.now(), "ends_at": None}
        with self.database.writing(durable=True) as connection:
            insert_missing(connection, callback_secrets, row)

    def end(self, account: str, digests: Collection[str], at: datetime) -> int:
        """Let secrets of an account end at a moment; an end that is set already stays.

        :returns: how many will end.
        """
        replaced = callback_secrets.c.account == account, callback_secrets.c.digest.in_(list(digests))
        with self.database.writing(durable=True) as connection:
            here = update(callback_secrets).where(*replaced, callback_secrets.c.ends_at.is_(None))
            return int(connection.execute(here.values(ends_at=at)).rowcount)

    def valid(self) -> list[CallbackSecret]:
        """List the secrets that are valid now, those of all accounts."""
        ends = callback_secrets.c.ends_at
        query = select(callback_secrets).where(or_(ends.is_(None), ends > self.clock.now()))
        with self.database.reading() as connection:
            return [CallbackSecret(**row) for row in connection.execute(query).mappings()]
