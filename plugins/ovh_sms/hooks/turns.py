"""The queue of calls that all tasks of one key share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ovh_sms.api.turns import SharedQueue

T = TypeVar("T")


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
