"""The state of one task instance's write in Airflow: the snapshot before, the answer after.

::

    (nothing) ──begin──▶ pending ──succeed──▶ succeeded
        ▲                  │   └──ask──▶ unknown ──(a person resolves it)──▶ succeeded, or pending again
        └─mark_not_executed┘   only if OVH certainly did not execute the write
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from ovh_sms.errors import JournalUnavailable, OutcomeUnknown
from ovh_sms.idempotency.unknown_outcome import UnknownOutcome

OTHER_PROCESS = "Another process is already running this task; its outcome is not known yet."


class StateStore(Protocol):
    """Durable state of a task instance, as Airflow's ``task_state_store`` offers it."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key."""

    def set(self, key: str, value: Any) -> None:
        """Store the value of a key for ever."""


class TaskState:
    """Remembers whether a write was made, across retries, killed workers and a Clear.

    :param key: names the write within the task instance.
    """

    def __init__(self, store: StateStore, key: str) -> None:
        self.store = store
        self.key = key

    @property
    def answer(self) -> dict[str, Any] | None:
        """OVH's answer, if the write was made."""
        return self._value("succeeded", "answer")

    @property
    def pending(self) -> dict[str, Any] | None:
        """The snapshot of an attempt without an answer, with its number as ``attempt``."""
        return self._value("pending", "snapshot")

    @property
    def unknown(self) -> UnknownOutcome | None:
        """The question that only a person can answer."""
        question = self._value("unknown", "question")
        return None if question is None else UnknownOutcome(**question)

    @property
    def last_known(self) -> dict[str, Any] | None:
        """The answer, or the snapshot of what may have been written; ``None`` if certainly nothing was."""
        unknown = self.unknown
        return self.answer or self.pending or (unknown.snapshot if unknown else None)

    @property
    def attempts(self) -> int:
        """The number of the latest attempt; 0 if there was none."""
        return int(self.seen.get("attempt", 0))

    @property
    def seen(self) -> dict[str, Any]:
        """The whole state; give it to :meth:`begin`, so that nothing newer is overwritten."""
        state = self.store.get(self.key)
        return state if isinstance(state, dict) else {}

    def begin(self, seen: Mapping[str, Any], attempt: int, snapshot: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Store the snapshot before the write.

        :param snapshot: what a later try needs to find the write at OVH; no numbers, no texts.
        :param at: the present, aware.
        :returns: the snapshot as stored, with ``attempt`` and ``at``.
        :raises JournalUnavailable: the snapshot was not stored, so the write must not be made.
        :raises OutcomeUnknown: another process of this task was faster.
        """
        if self.seen != seen:
            raise OutcomeUnknown(OTHER_PROCESS, action="This process sent nothing. The next try reconciles with OVH.")
        stored = {**snapshot, "attempt": attempt, "at": at.isoformat()}
        self._store({"state": "pending", "attempt": attempt, "snapshot": stored})
        return stored

    def succeed(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Store OVH's answer.

        :param answer: JSON values; no numbers, no texts.
        """
        self._store({"state": "succeeded", "attempt": self.attempts, "answer": dict(answer)})
        return dict(answer)

    def mark_not_executed(self, attempt: int, reason: str) -> None:
        """Drop the snapshot of an attempt that OVH certainly did not execute; another attempt's stays."""
        if self.pending is not None and self.attempts == attempt:
            self._store({"state": "not_executed", "attempt": attempt, "reason": reason})

    def ask(self, question: UnknownOutcome) -> None:
        """Store that only a person can decide whether the write was made."""
        self._store({"state": "unknown", "attempt": question.snapshot["attempt"], "question": question.to_dict()})

    def _value(self, state: str, name: str) -> dict[str, Any] | None:
        seen = self.seen
        value: dict[str, Any] | None = seen[name] if seen.get("state") == state else None
        return value

    def _store(self, state: dict[str, Any]) -> None:
        state = json.loads(json.dumps(state))
        self.store.set(self.key, state)
        # If the state did not reach the database, a later try would write again.
        if self.seen != state:
            raise JournalUnavailable(
                f"Airflow did not store the state of '{self.key}'. Nothing is sent now.",
                action="Check the task state store of this Airflow before you run the task again.",
            )
