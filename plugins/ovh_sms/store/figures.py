"""The figures of each submission's messages, saved when it was collected."""

from __future__ import annotations

from sqlalchemy import select

from ovh_sms.store import tables
from ovh_sms.store.models import MessageFigures
from ovh_sms.store.repository import Repository

_table = tables.figures


class FiguresTable(Repository):
    """Figures by submission. :meth:`ovh_sms.store.submissions.Submissions.finish` saves them."""

    def of(self, *tags: str) -> dict[str, MessageFigures]:
        """Read the figures of some submissions; those that are not collected yet are left out."""
        query = select(_table.c.tag, _table.c.counts).where(_table.c.tag.in_(tags))
        with self.database.reading() as connection:
            return {tag: MessageFigures.from_json(counts) for tag, counts in connection.execute(query)}
