"""The store as the pages read it: opened once per process, rows only."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ovh_sms.store.models import SubmissionRecord
    from ovh_sms.store.run_records import RunRecord
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


def batches_of(dag_id: str, run_id: str) -> list[SubmissionRecord]:
    """List the submissions of a run, the first one first."""
    return sorted(store().submissions.of_run(dag_id, run_id), key=_moment)


def started(dag_id: str, run_id: str) -> RunRecord | None:
    """Return a run as it was recorded; ``None`` if it is not known."""
    found = store().run_results.of_run(dag_id, run_id)
    return found[0].record if found else None


def _moment(submission: SubmissionRecord) -> tuple[bool, datetime | None]:
    moment = submission.sent_at or submission.recorded_at
    return moment is not None, moment
