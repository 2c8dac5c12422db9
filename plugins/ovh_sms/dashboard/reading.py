"""The results as the pages read them: opened once per process, figures computed once per collection."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ovh_sms.report.figures import Figures
    from ovh_sms.results.models import CampaignRun
    from ovh_sms.results.store import ResultsStore

_opening = Lock()
_KEPT = 64


def results() -> ResultsStore:
    """Give the results that all requests of this process share, their tables made.

    Another results connection is taken at the next start of Airflow's API server.

    :raises ConfigurationError: the connection does not name a usable database; the next request tries again.
    """
    with _opening:  # requests run in threads: only the first one opens
        return _open()


@lru_cache(maxsize=1)
def _open() -> ResultsStore:
    from ovh_sms.hooks.results import ResultsHook

    store = ResultsHook().store
    try:
        store.migrate()
    except BaseException:
        store.close()
        raise
    return store


def figures_of(run: CampaignRun) -> Figures:
    """Give the figures of a sending, computed again when it was collected again or its STOPs have changed.

    :param run: the sending, as the results hold it now.
    """
    # A STOP may go to a later sending that reached the same person: then the earlier one has one less.
    stops = results().stop_count(run.tag)
    if run.collected_at is None:  # its messages are coming in right now
        return _figures.__wrapped__(run.tag, None, stops)
    return _figures(run.tag, run.collected_at, stops)


@lru_cache(maxsize=_KEPT)
def _figures(tag: str, _collected_at: datetime | None, _stops: int) -> Figures:
    from ovh_sms.report.figures import figures

    return figures(results(), tag)
