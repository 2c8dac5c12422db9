"""Removes personal data that is too old, and people who are to be erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

#: Counts of what went by its age.
_BY_AGE = ("runs", "messages", "replies", "suppressed", "outbox", "files")


class PurgePersonalDataOperator(BaseOperator):
    """Purge runs that are over and older than ``OVH_SMS_RETENTION_DAYS``, and erase people whose erasure waits.

    Messages with their receipts and the files with numbers go; figures, reports and the journal stay. Calls OVH never.

    :param results_conn_id: Airflow connection of the results database.
    :returns: counts: ``runs``, ``messages``, ``replies``, ``suppressed``, ``outbox``, ``files``, ``erased_messages``,
        ``erased_replies``, ``erased_outbox``, ``erased_rows``, ``to_erase``.
    :raises ConfigurationError: ``OVH_SMS_RETENTION_DAYS`` is no number of days.
    """

    template_fields: Sequence[str] = ()
    ui_color = "#eeeeee"

    def __init__(self, *, results_conn_id: str = "ovh_sms_results", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Erase, then purge."""
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.sending.retention import erase_pending, purge_old
        from ovh_sms.settings import retention

        kept_for, store = retention(), ResultsHook(self.results_conn_id).store
        erased = erase_pending(store)
        found = asdict(erased)
        if kept_for is None:
            self.log.info("OVH_SMS_RETENTION_DAYS is not set: nothing is purged by its age")
        else:
            purged = purge_old(store, kept_for)
            found |= {name: getattr(purged, name) for name in _BY_AGE}
        if any(found.values()):
            words = ", ".join(f"{name}={count}" for name, count in found.items())
            store.audit.record("purge", "sms_retention", words)
        return found
