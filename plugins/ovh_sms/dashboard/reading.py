"""The store as the pages read it: opened once per process, rows only."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ovh_sms.store.models import SubmissionRecord
    from ovh_sms.store.store import Store

_opening = Lock()


def store() -> Store:
    """Return the store that all requests of this process share.

    Another results connection is used from the next start of Airflow's API server on.

    :raises ConfigurationError: the connection does not name a usable database; the next request tries again.
    """
    with _opening:  # requests run in threads: only the first one opens
        return _open()


@lru_cache(maxsize=1)
def _open() -> Store:
    from ovh_sms.hooks.store import ResultsHook

    return ResultsHook().store


def group_by_run(submissions: Iterable[SubmissionRecord], most: int) -> list[list[SubmissionRecord]]:
    """Complete each run to all its submissions.

    :returns: for each run all its submissions, the earliest first.
    """
    runs = dict.fromkeys((each.dag_id, each.run_id, each.campaign) for each in submissions)
    found = []
    for dag_id, run_id, campaign in list(runs)[:most]:
        batches = [each for each in store().submissions.of_run(dag_id, run_id) if each.campaign == campaign]
        found.append(sorted(batches, key=_moment))
    return found


def _moment(submission: SubmissionRecord) -> tuple[bool, datetime | None]:
    moment = submission.sent_at or submission.recorded_at
    return moment is not None, moment
