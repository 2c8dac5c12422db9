"""The counts of each submission while its delivery receipts are waited for: its progress as a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select

from ovh_sms.store.repository import Repository
from ovh_sms.store.run_records import Poll
from ovh_sms.store.run_tables import polls
from ovh_sms.store.upsert import upsert


class Polls(Repository):
    """Counts by submission and moment."""

    def add(self, poll: Poll) -> None:
        """Record one count; the same again is harmless."""
        with self.database.writing() as connection:
            upsert(connection, polls, [asdict(poll)])

    def of(self, tags: Sequence[str]) -> dict[str, list[Poll]]:
        """List the counts of some submissions, the earliest first."""
        query = select(polls).where(polls.c.tag.in_(tags)).order_by(polls.c.tag, polls.c.at)
        found: dict[str, list[Poll]] = {}
        with self.database.reading() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["tag"], []).append(Poll(**row))
        return found
