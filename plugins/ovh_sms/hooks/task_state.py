"""Airflow's task state store, as the protocol of remote writes uses it."""

from __future__ import annotations

from typing import Any

from ovh_sms.errors import JournalUnavailable


class AirflowTaskState:
    """Durable state of one task instance.

    :param store: the context's ``task_state_store``.
    """

    def __init__(self, store: Any) -> None:
        self._store = store

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key."""
        return self._store.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Store the value of a key for ever.

        :raises JournalUnavailable: this Airflow drops the state of tasks that succeed.
        """
        from airflow.sdk import NEVER_EXPIRE, conf  # type: ignore[attr-defined]

        if conf.getboolean("state_store", "clear_on_success", fallback=False):
            raise JournalUnavailable(
                "This Airflow drops the state of tasks that succeed ([state_store] clear_on_success).",
                action="Nothing is sent now. Set it to False: without that state a cleared task would write again.",
            )
        self._store.set(key, value, retention=NEVER_EXPIRE)
