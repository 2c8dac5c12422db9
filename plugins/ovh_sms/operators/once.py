"""One write of one task instance, made at most once: intent before, answer after, both durable.

::

    (nothing) ──intend──▶ intent ──settle──▶ answered
        ▲                   │
        └────withdraw───────┘   only where OVH certainly did not execute the write
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ovh_sms.errors import StateNotKept


class StateStore(Protocol):
    """Durable state of a task instance, as Airflow's ``task_state_store`` offers it."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value kept under the key."""

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """Keep the value under the key."""


class Once:
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
        """What was about to be written, where no answer was kept."""
        state = self._state()
        return state["intent"] if state.get("state") == "intent" else None

    def intend(self, **intent: Any) -> None:
        """Keep, before the write, what is about to be written.

        :param intent: whatever a later try needs to find the write at OVH; no phone numbers, no texts.
        :raises StateNotKept: where the intent was not kept: the write must not be made.
        """
        at = datetime.now(UTC).isoformat()
        self._keep({"state": "intent", "intent": {**intent, "at": at}})

    def settle(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep what OVH answered.

        :param answer: JSON values only; no phone numbers, no texts.
        :returns: the answer.
        """
        self._keep({"state": "answered", "answer": answer})
        return answer

    def withdraw(self, reason: str) -> None:
        """Forget the intent, as OVH certainly did not execute the write.

        :param reason: why that is certain.
        """
        self._keep({"state": "withdrawn", "reason": reason})

    def _state(self) -> dict[str, Any]:
        state = self.store.get(self.key)
        return state if isinstance(state, dict) else {}

    def _keep(self, state: dict[str, Any]) -> None:
        from airflow.sdk import NEVER_EXPIRE, conf  # type: ignore[attr-defined]

        if conf.getboolean("state_store", "clear_on_success", fallback=False):
            raise StateNotKept(
                "This Airflow forgets the state of tasks that succeed ([state_store] clear_on_success).",
                action="Set it to False: without that state a cleared task would write again.",
            )

        state = json.loads(json.dumps(state))
        self.store.set(self.key, state, retention=NEVER_EXPIRE)
        # A state that did not reach the database would let a later try write again.
        if self.store.get(self.key) != state:
            raise StateNotKept(
                f"Airflow did not keep the state of '{self.key}'.",
                action="Check the task state store of this Airflow before running the task again.",
            )
