"""Keeps the status of an order in the results while its credits are waited for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.sending.progress import ProgressNews

log = logging.getLogger(__name__)


def keep_status(results_conn_id: str, news: ProgressNews) -> None:
    """Store the status of an order as it was just read; a database that fails ends no wait.

    :param results_conn_id: Airflow connection of the results.
    """
    from ovh_sms.hooks.store import shared_store
    from ovh_sms.sending.orders_watch import OrderNews

    if not isinstance(news, OrderNews):
        return
    try:
        store = shared_store(results_conn_id)
        store.orders.set_status(news.order_id, news.status, store.clock.now())
    except Exception as error:
        log.warning("the status was not kept order=%d: %s", news.order_id, type(error).__name__)
