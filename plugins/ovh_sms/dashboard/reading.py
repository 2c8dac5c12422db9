"""The results as the pages read them: opened once per process, figures computed once per collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ovh_sms.report.figures import Figures
    from ovh_sms.store.models import Submission
    from ovh_sms.store.store import ResultsStore

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
    from ovh_sms.hooks.store import ResultsHook

    store = ResultsHook().store
    try:
        store.migrate()
    except BaseException:
        store.close()
        raise
    return store


def campaigns_of(sendings: Iterable[Submission], most: int) -> list[list[Submission]]:
    """Put together the sendings of each run of a campaign.

    :param sendings: some of them, in the order in which their campaigns are to appear.
    :param most: so many campaigns at most.
    :returns: for each campaign all sendings of its run, the earliest first.
    """
    runs = dict.fromkeys((each.dag_id, each.run_id, each.campaign) for each in sendings)
    found = []
    for dag_id, run_id, campaign in list(runs)[:most]:
        ours = [each for each in results().submissions_of_run(dag_id, run_id) if each.campaign == campaign]
        found.append(sorted(ours, key=_moment))
    return found


def _moment(sending: Submission) -> tuple[bool, datetime | None]:
    moment = sending.sent_at or sending.prepared_at
    return moment is not None, moment


def figures_of(sendings: Sequence[Submission]) -> Figures:
    """Give the figures of a campaign, computed again when it was collected again or its STOPs have changed.

    :param sendings: of one run, as the results hold them now.
    """
    tags = tuple(each.tag for each in sendings)
    # A STOP may go to a later sending that reached the same person: then the earlier one has one less.
    stops = tuple(results().opt_out_count(tag) for tag in tags)
    collected = tuple(each.collected_at for each in sendings)
    if None in collected:  # messages are coming in right now
        return _figures.__wrapped__(tags, collected, stops)
    return _figures(tags, collected, stops)


@lru_cache(maxsize=_KEPT)
def _figures(
    tags: tuple[str, ...], _collected: tuple[datetime | None, ...], _stops: tuple[int, ...]
) -> Figures:
    from ovh_sms.report.figures import figures

    return figures(results(), *tags)
