"""Starts the DAG that takes messages back, where somebody marks a run of a campaign failed. In the API server only."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

#: The DAG that takes messages back.
CANCEL_DAG = "sms_campaign_cancel"
#: How Airflow begins what it says of a run that a person, and not a task, has made fail.
BY_HAND = "Dag Run's state was manually set"

_TRIES, _PAUSE_SECONDS = 5, 2.0
_log = logging.getLogger(__name__)


def marked_failed(dag_run: Any, msg: str) -> None:
    """Stop what a run has sent, where a person marked it failed and it sends.

    A run that fails by itself keeps what it has sent: one failed piece must not take back the others.

    :param dag_run: Airflow's run, its DAG read.
    :param msg: how Airflow says why it failed.
    """
    if not msg.startswith(BY_HAND) or not _sends(dag_run.dag):
        return
    # Airflow has not committed yet, and its SQLite has one writer: whoever writes here and now waits for himself.
    arguments = {"dag_id": dag_run.dag_id, "run_id": dag_run.run_id}
    threading.Thread(target=_start, kwargs=arguments, name="ovh_sms_stop", daemon=False).start()


def _sends(dag: Any) -> bool:
    """Tell whether a task of the DAG is a sending, as Airflow keeps the DAG: by the names of its operators."""
    return any(getattr(task, "task_type", "") == "SendJobOperator" for task in getattr(dag, "tasks", ()))


def _start(dag_id: str, run_id: str) -> None:
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.exceptions import DagNotFound
    from airflow.utils.types import DagRunTriggeredByType

    name = f"stop__{run_id}__{datetime.now(UTC):%Y%m%dT%H%M%S%f}"[-250:]
    for left in reversed(range(_TRIES)):
        try:
            trigger_dag(
                CANCEL_DAG,
                triggered_by=DagRunTriggeredByType.REST_API,
                run_id=name,
                conf={"dag_id": dag_id, "run_id": run_id},
            )
        except DagNotFound:
            _log.error(
                "Run %s of %s was marked failed, but there is no DAG %s to take back what waits at OVH: "
                "run 'ovh-sms cancel' instead",
                run_id,
                dag_id,
                CANCEL_DAG,
            )
            return
        except Exception:
            if not left:
                _log.exception("Nothing was taken back of run %s of %s: run 'ovh-sms cancel'", run_id, dag_id)
                return
            time.sleep(_PAUSE_SECONDS)  # a database that is busy, or locked by the change that is told
        else:
            _log.warning("Run %s of %s was marked failed: %s takes back what waits", run_id, dag_id, name)
            return
