"""Attempts at OVH batches, which are watched until they leave: what became of them is recorded after the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, update

from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, SUCCEEDED, UNKNOWN
from ovh_sms.store.repository import Repository

_table = tables.attempts


class WatchedAttempts(Repository):
    """Attempts by tag and number."""

    def amend(self, tag: str, attempt: int, answer: Mapping[str, Any]) -> None:
        """Replace the answer of an attempt that succeeded by what was seen of it when it left."""
        self._change(tag, attempt, answer=dict(answer))

    def reopen(self, tag: str, attempt: int, question: Mapping[str, Any]) -> None:
        """Record that the outcome of an attempt that succeeded is unknown after all: it may be there twice."""
        self._change(tag, attempt, state=UNKNOWN, question=dict(question), resolution=None)

    def _change(self, tag: str, attempt: int, **values: Any) -> None:
        one = and_(_table.c.tag == tag, _table.c.attempt == attempt)
        here = and_(one, _table.c.kind == BATCH, _table.c.state == SUCCEEDED)
        with self.database.writing(durable=True) as connection:
            connection.execute(update(_table).where(here).values(**values))
