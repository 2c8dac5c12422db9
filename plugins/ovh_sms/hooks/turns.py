"""The queue of calls that all tasks of one key share, and the metric of their waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ovh_sms.api.turns import SharedQueue

T = TypeVar("T")

#: The timing of each call's wait for its turn, among Airflow's metrics.
METRIC = "ovh_sms.turn_wait"

log = logging.getLogger(__name__)


class ResultsQueue:
    """The queue of one key in the results database. Opened at the first call, so that making a client reads nothing.

    It is always that of the connection ``ovh_sms_results``: tasks with results of their own share the key too.

    :param url: gives the URL of the results database.
    """

    def __init__(self, url: Callable[[], str], key: str) -> None:
        self._url = url
        self._key = key

    def change(self, step: Callable[[Mapping[str, Any] | None, float], tuple[dict[str, Any], T]]) -> T:
        """Change the queue; see :class:`~ovh_sms.api.turns.SharedQueue`."""
        return self._opened.change(step)

    @cached_property
    def _opened(self) -> SharedQueue:
        from ovh_sms.store.turns import shared_queue

        return shared_queue(self._url(), self._key)


def record_wait(seconds: float) -> None:
    """Record the wait of one call in Airflow's metrics, if this Airflow has them; no call fails because of it."""
    try:
        from airflow.sdk.observability.stats import timing

        timing(METRIC, timedelta(seconds=seconds))
    except Exception as error:
        log.debug("wait for a turn not recorded: %s", type(error).__name__)
