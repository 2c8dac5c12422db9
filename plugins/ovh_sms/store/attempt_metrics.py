"""Changes of an attempt's state, as the metrics count them: by the one transaction that made the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from ovh_sms.metrics import (
    CREDITS_ORDERED,
    CREDITS_SPENT,
    MESSAGES_REFUSED,
    MESSAGES_SUBMITTED,
    RECONCILE_TIME,
    RECONCILIATIONS,
    WRITES,
)
from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, MESSAGES, ORDER, SUCCEEDED, UNKNOWN

_table = tables.attempts
_COLUMNS = [
    _table.c[name]
    for name in ("kind", "account", "campaign", "state", "answer", "observations", "question", "resolution")
]


@dataclass(frozen=True, kw_only=True)
class AttemptChange:
    """An attempt after a transaction.

    :param is_new: whether this transaction has changed its state.
    """

    is_new: bool
    kind: str
    account: str
    campaign: str
    state: str
    answer: Mapping[str, Any] | None
    observations: Sequence[Mapping[str, Any]] | None
    question: Mapping[str, Any] | None
    resolution: Mapping[str, Any] | None

    def record(self) -> None:
        """Record the change in the metrics, once it is committed; nothing if another transaction has made it."""
        if not self.is_new:
            return
        WRITES.record(account=self.account, kind=self.kind, state=self.state)
        if self._result is not None:
            RECONCILIATIONS.record(account=self.account, kind=self.kind, result=self._result)
            RECONCILE_TIME.record(self._observed_seconds, account=self.account, kind=self.kind)
        if self.state == SUCCEEDED:
            self._record_answer(self.answer or {})

    def _record_answer(self, answer: Mapping[str, Any]) -> None:
        if self.kind == ORDER:
            CREDITS_ORDERED.record(answer.get("quantity") or 0, account=self.account)
        if self.kind not in MESSAGES:
            return
        # Only campaigns are few: the others have one for each writer.
        tags = {"account": self.account, "kind": self.kind, "campaign": self.campaign if self.kind == BATCH else ""}
        refused = answer.get("refused") or 0
        MESSAGES_SUBMITTED.record(answer.get("submitted") or 0, **tags)
        MESSAGES_REFUSED.record(refused if isinstance(refused, int) else len(refused), **tags)
        CREDITS_SPENT.record(answer.get("credits_spent") or 0, **tags)

    @property
    def _result(self) -> str | None:
        """The way it was decided; ``None`` if OVH has answered."""
        if self.state == UNKNOWN:
            return "unknown"
        if not self.observations:
            return None
        if self.resolution is not None:
            return "resolved"
        return "found" if self.state == SUCCEEDED else "absent"

    @property
    def _observed_seconds(self) -> float:
        moments = [datetime.fromisoformat(each["at"]) for each in self.observations or ()]
        return (moments[-1] - moments[0]).total_seconds() if moments else 0.0


def change_of(connection: Connection, here: ColumnElement[bool], changed: int) -> AttemptChange | None:
    """Read an attempt within the transaction that may have changed its state; ``None`` if there is none.

    :param changed: rows whose state it has changed: 1 for one transaction alone, however many try it at once.
    """
    row = connection.execute(select(*_COLUMNS).where(here)).mappings().first()
    return None if row is None else AttemptChange(is_new=changed == 1, **row)
