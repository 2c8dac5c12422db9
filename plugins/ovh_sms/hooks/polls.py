"""Keeps the progress of a submission in the results while its delivery receipts are waited for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.sending.progress import ProgressNews

log = logging.getLogger(__name__)


def keep_poll(results_conn_id: str, news: ProgressNews) -> None:
    """Store one count of a submission's messages; a database that fails ends no wait.

    :param results_conn_id: Airflow connection of the results.
    """
    from ovh_sms.hooks.store import shared_store
    from ovh_sms.store.run_records import Poll

    if (it := news.progress) is None:
        return
    try:
        store = shared_store(results_conn_id)
        store.polls.add(
            Poll(
                tag=news.tag,
                at=store.clock.now(),
                expected=it.expected,
                listed=it.listed,
                final=it.final,
                delivered=it.delivered,
            )
        )
    except Exception as error:
        log.warning("the progress was not kept tag=%s: %s", news.tag, type(error).__name__)
