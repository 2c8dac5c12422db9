"""Delivery receipts that OVH has called about, for those who wait for them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

#: The clocks of Airflow's processes may differ by so much: one read more does no harm.
_OVERLAP = timedelta(seconds=5)


class ReceiptCalls:
    """Counts the callbacks of an account since it was asked last.

    :param results_conn_id: Airflow connection of the results.
    """

    def __init__(self, account: str, results_conn_id: str = "ovh_sms_results") -> None:
        self._account = account
        self._results_conn_id = results_conn_id
        self._since: datetime | None = None

    def __call__(self) -> int:
        """Return how many came; none if the results cannot be read, as waiting on is safe."""
        from ovh_sms.hooks.store import shared_store

        try:
            store = shared_store(self._results_conn_id)
            now = store.clock.now()
            since, self._since = self._since or now, now
            return store.callbacks.receipts_since(self._account, since - _OVERLAP)
        except Exception as error:
            log.warning("not known whether OVH has called account=%s: %s", self._account, type(error).__name__)
            return 0
