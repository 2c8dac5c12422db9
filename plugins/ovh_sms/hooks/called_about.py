"""Delivery receipts that OVH has called about, for those who wait for them."""

from __future__ import annotations

import logging
from datetime import date, timedelta

log = logging.getLogger(__name__)


class ReceiptCalls:
    """Counts the callbacks of an account since it was asked last.

    :param results_conn_id: Airflow connection of the results.
    """

    def __init__(self, account: str, results_conn_id: str = "ovh_sms_results") -> None:
        self._account = account
        self._results_conn_id = results_conn_id
        self._first_day: date | None = None
        self._before: int | None = None

    def __call__(self) -> int:
        """Return how many came; none if the results cannot be read, as waiting on is safe."""
        from ovh_sms.hooks.store import shared_store

        try:
            store = shared_store(self._results_conn_id)
            # The clocks of Airflow's processes may differ at midnight.
            self._first_day = self._first_day or store.clock.now().date() - timedelta(days=1)
            counted = store.callbacks.receipts(self._account, self._first_day)
        except Exception as error:
            log.warning("not known whether OVH has called account=%s: %s", self._account, type(error).__name__)
            return 0
        before, self._before = self._before, counted
        return 0 if before is None else max(0, counted - before)
