"""What one task instance knows of its one write at OVH: intent before, answer after, both durable.

::

    (nothing) ──intend──▶ intent ──settle──▶ answered
        ▲                  │   └──doubt──▶ unknown ──(a person decides)──▶ answered, or intent again
        └────withdraw──────┘   only where OVH certainly did not execute the write
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ovh_sms.errors import JournalUnavailable, OutcomeUnknown


class StateStore(Protocol):
    """Durable state of a task instance, as Airflow's ``task_state_store`` offers it."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value kept under the key."""

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """Keep the value under the key."""


class TaskState:
    """Remembers, across retries, killed workers and a manual Clear, whether a write was made.

    :param store: the task instance's ``task_state_store``.
    :param key: names the write within the task instance.
    """

    def __init__(self, store: StateStore, key: str) -> None:
        self.store = store
        self.key = key

    @property
    def answer(self) -> dict[str, Any] | None:
        """What OVH answered, where the write was made and its answer kept."""
        state = self._state()
        return state["answer"] if state.get("state") == "answered" else None

    @property
    def intent(self) -> dict[str, Any] | None:
        """What was about to be written, where no answer was kept; with the number of its ``attempt``."""
        state = self._state()
        return state["intent"] if state.get("state") == "intent" else None

    @property
    def unknown(self) -> dict[str, Any] | None:
        """``intent`` and ``doubt`` of a write that only a person can decide about."""
        state = self._state()
        return state if state.get("state") == "unknown" else None

    @property
    def known(self) -> dict[str, Any] | None:
        """What was written, or may have been: the answer or the intent; nothing where it certainly was not."""
        return self.answer or self.intent or (self.unknown or {}).get("intent")

    @property
    def attempts(self) -> int:
        """How many times the write was, or was about to be, tried at OVH."""
        state = self._state()
        return int(state.get("attempt") or state.get("intent", {}).get("attempt", 0))

    @property
    def seen(self) -> dict[str, Any]:
        """All that is known right now: give it to :meth:`intend`, so that nothing that came since is overwritten."""
        return self._state()

    def intend(self, seen: Mapping[str, Any], attempt: int, **intent: Any) -> dict[str, Any]:
        """Keep, before the write, what is about to be written.

        :param seen: what was known when it was decided to write.
        :param attempt: the attempt's number, from 1.
        :param intent: whatever a later try needs to find the write at OVH; no phone numbers, no texts.
        :returns: the intent as kept: with ``attempt`` and the moment ``at``.
        :raises JournalUnavailable: where the intent was not kept: the write must not be made.
        :raises OutcomeUnknown: another process of this task has got ahead.
        """
        if self._state() != seen:
            raise OutcomeUnknown(
                "Another process of this task has got ahead: it is not known what it has done.",
                action="The next try looks it up at OVH.",
            )
        kept = {**intent, "attempt": attempt, "at": datetime.now(UTC).isoformat()}
        self._keep({"state": "intent", "intent": kept})
        return kept

    def settle(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what OVH answered.

        :param answer: JSON values only; no phone numbers, no texts.
        :returns: the answer.
        """
        self._keep({"state": "answered", "answer": dict(answer), "attempt": self.attempts})
        return dict(answer)

    def withdraw(self, attempt: int, reason: str) -> None:
        """Forget the intent, as OVH certainly did not execute the write; that of another attempt stays.

        :param attempt: the attempt that was not executed.
        :param reason: why that is certain.
        """
        if self.intent is not None and self.intent["attempt"] == attempt:
            self._keep({"state": "withdrawn", "reason": reason, "attempt": attempt})

    def doubt(self, intent: Mapping[str, Any], doubt: Mapping[str, Any]) -> dict[str, Any]:
        """Keep that only a person can decide whether the write was made.

        :param intent: what was about to be written.
        :param doubt: what was found at OVH; JSON values, no phone numbers, no texts.
        :returns: both, as kept.
        """
        kept = {"state": "unknown", "intent": dict(intent), "doubt": dict(doubt)}
        self._keep(kept)
        return kept

    def _state(self) -> dict[str, Any]:
        state = self.store.get(self.key)
        return state if isinstance(state, dict) else {}

    def _keep(self, state: dict[str, Any]) -> None:
        from airflow.sdk import NEVER_EXPIRE, conf  # type: ignore[attr-defined]

        if conf.getboolean("state_store", "clear_on_success", fallback=False):
            raise JournalUnavailable(
                "This Airflow forgets the state of tasks that succeed ([state_store] clear_on_success).",
                action="Set it to False: without that state a cleared task would write again.",
            )

        state = json.loads(json.dumps(state))
        self.store.set(self.key, state, retention=NEVER_EXPIRE)
        # A state that did not reach the database would let a later try write again.
        if self.store.get(self.key) != state:
            raise JournalUnavailable(
                f"Airflow did not keep the state of '{self.key}'.",
                action="Check the task state store of this Airflow before running the task again.",
            )
