"""Attempts that the journal lost with a database: what OVH shows of them is recorded anew."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.attempt_receivers import RepeatRule, record, recorded
from ovh_sms.store.models import BATCH, OVER, RESTORED, SUCCEEDED, Attempt
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.receiver_digests import Digests

_table = tables.attempts


class RestoredAttempts(Repository):
    """Records attempts of runs that nobody knows any more; they count as sent."""

    def accounts(self) -> set[str]:
        """Return the accounts of all attempts."""
        with self.database.reading() as connection:
            return set(connection.execute(select(_table.c.account).distinct()).scalars())

    def unknown(self, tags: set[str], account: str) -> set[str]:
        """Leave out the tags that the journal knows an attempt of on an account, which is at OVH or may be."""
        with self.database.reading() as connection:
            known = select(_table.c.tag).where(_table.c.state.not_in(OVER), _table.c.account == account)
            return tags - set(connection.execute(known).scalars())

    def add(
        self, tag: str, *, account: str, message_key: str, digests: Digests, at: datetime, message_ids: list[int] | None
    ) -> None:
        """Record an attempt that succeeded; once more, if it was recorded before.

        :param message_key: see :func:`~ovh_sms.contacts.classify.receiver_digests.message_key`.
        :param digests: of its receivers, sorted.
        :param at: when OVH made the newest of its messages.
        :param message_ids: of its messages that wait; ``None`` if that is not known.
        """
        import numpy as np

        run: dict[str, Any] = {"dag_id": RESTORED, "run_id": tag, "account": account}
        rule = RepeatRule(message_key=message_key, planned_at=None, window=timedelta(0), **run)
        with self.database.writing(durable=True) as connection:
            lock_account(connection, account)
            here = _table.c.tag == tag
            again = connection.execute(select(_table.c.attempt).where(here, _table.c.dag_id == RESTORED)).scalar()
            latest = connection.execute(select(func.max(_table.c.attempt)).where(here)).scalar()
            number = again or (latest or 0) + 1
            made = Attempt(
                tag=tag, attempt=number, kind=BATCH, holder=RESTORED, campaign=RESTORED, list_digest="",
                message_digest="", state=SUCCEEDED, claimed_at=at, **run,
            )  # fmt: skip
            insert_missing(connection, _table, asdict(made) | {"message_ids": message_ids})
            # What was recorded by an earlier restoration waits no more, and was sent all the same.
            known, newest = recorded(connection, tag, number)
            both = np.union1d(digests, known) if known is not None else digests
            record(connection, rule, tag=tag, attempt=number, digests=both, claimed_at=max(at, newest or at))
