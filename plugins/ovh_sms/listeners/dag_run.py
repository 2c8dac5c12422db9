"""The API server cancels a run that a person marks failed; the scheduler shows a run that was cancelled as failed.

A run that ends reserves credits no more; one that goes on after its end, as its tasks were cleared, does so again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from airflow.listeners import hookimpl

from ovh_sms.campaign.dag_ids import CANCEL_DAG

#: Airflow's reason of a failure begins so if a person, and not a task, has made the run fail.
BY_HAND = "Dag Run's state was manually set"

_BY_DAG = f"Cancelled: see the runs of {CANCEL_DAG}."
_BY_CLI = "Cancel the run with 'ovh-sms cancel'."
_RETRIES, _PAUSE_SECONDS = 4, 2.0
_log = logging.getLogger(__name__)


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:
    """Reserve the credits of a run again that goes on after its end."""
    if _reserves(dag_run.dag):
        _in_thread("ovh_sms_credits", _change_reservation, dag_run, goes_on=True)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Cancel the messages that a run has submitted if a person marked it failed.

    A run that fails by itself keeps its messages: one failed batch must not cancel the others.
    """
    if _reserves(dag_run.dag):
        _in_thread("ovh_sms_credits", _change_reservation, dag_run, goes_on=False)
    if msg.startswith(BY_HAND) and _submits(dag_run.dag):
        _in_thread("ovh_sms_cancel", _start_cancel, dag_run)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Show a cancelled run as failed: it may have ended in success before, or ends so once its slot is freed."""
    if _reserves(dag_run.dag):
        _in_thread("ovh_sms_credits", _change_reservation, dag_run, goes_on=False)
    if msg.startswith(BY_HAND):
        return
    if dag_run.dag_id == CANCEL_DAG:
        _in_thread("ovh_sms_cancelled", _show_cancelled, dag_run)
    elif _submits(dag_run.dag):
        _in_thread("ovh_sms_cancelled", _show_if_cancelled, dag_run)


def _in_thread(name: str, work: Callable[..., None], dag_run: Any, **more: Any) -> None:
    """Work once Airflow has committed: SQLite has one writer, and a write made here would wait for itself."""
    run = {"dag_id": dag_run.dag_id, "run_id": dag_run.run_id}
    if dag_run.dag_id == CANCEL_DAG:  # what it has cancelled
        run = {each: str((dag_run.conf or {}).get(each, "")) for each in run}
    threading.Thread(target=work, kwargs={**run, **more}, name=name, daemon=False).start()


def _change_reservation(dag_id: str, run_id: str, *, goes_on: bool) -> None:
    """Take up or end the reservation of a run's credits; one that stays by mistake ends some days later."""
    from ovh_sms.hooks.store import shared_store

    try:
        reservations = shared_store().reservations
        if goes_on:
            reservations.renew(dag_id, run_id)
        else:
            reservations.release(dag_id, run_id)
    except Exception as error:  # also of the database's driver
        _log.warning("reserved credits not changed dag_id=%s run_id=%s: %s", dag_id, run_id, error)


def _show_if_cancelled(dag_id: str, run_id: str) -> None:
    """Show a run as failed if the results know that it was cancelled, by a run of the DAG or by the command."""
    from ovh_sms.hooks.store import shared_store

    try:
        cancelled = shared_store().cancelled_runs.of(dag_id, run_id)
    except Exception as error:  # also of the database's driver
        _log.warning("not known whether it was cancelled dag_id=%s run_id=%s: %s", dag_id, run_id, error)
        return
    if cancelled is not None:
        who = f"Cancelled by {cancelled.by}." if cancelled.by else _BY_DAG
        _show_cancelled(dag_id, run_id, note=who)


def _show_cancelled(dag_id: str, run_id: str, note: str = _BY_DAG) -> None:
    """Show a cancelled run as failed; one that is under way is shown so when it ends."""
    from ovh_sms.hooks.show_as_failed import show_as_failed

    for retries_left in range(_RETRIES, -1, -1):
        try:
            if show_as_failed(dag_id, run_id, note=note):
                _log.info("cancelled and failed dag_id=%s run_id=%s", dag_id, run_id)
                return
        except Exception:
            if not retries_left:
                _log.exception("not shown as failed dag_id=%s run_id=%s", dag_id, run_id)
        time.sleep(_PAUSE_SECONDS if retries_left else 0)  # the database is busy, or the end is not committed yet


def _submits(dag: Any) -> bool:
    """Whether a task of the DAG submits a batch; Airflow keeps a DAG by the names of its operators."""
    return _has_task(dag, "SendJobOperator")


def _reserves(dag: Any) -> bool:
    """Whether a task of the DAG reserves credits."""
    return _has_task(dag, "PreflightOperator")


def _has_task(dag: Any, kind: str) -> bool:
    return any(getattr(task, "task_type", "") == kind for task in getattr(dag, "tasks", ()))


def _start_cancel(dag_id: str, run_id: str) -> None:
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.exceptions import DagNotFound
    from airflow.utils.types import DagRunTriggeredByType

    cancel_run_id = f"cancel__{run_id}__{datetime.now(UTC):%Y%m%dT%H%M%S%f}"[-250:]
    for retries_left in range(_RETRIES, -1, -1):
        try:
            trigger_dag(
                CANCEL_DAG,
                triggered_by=DagRunTriggeredByType.REST_API,
                run_id=cancel_run_id,
                conf={"dag_id": dag_id, "run_id": run_id},
            )
        except DagNotFound:
            _log.error("not cancelled dag_id=%s run_id=%s: no DAG %s. %s", dag_id, run_id, CANCEL_DAG, _BY_CLI)
            return
        except Exception:
            if not retries_left:
                _log.exception("not cancelled dag_id=%s run_id=%s. %s", dag_id, run_id, _BY_CLI)
                return
            time.sleep(_PAUSE_SECONDS)  # the database is busy, or locked by the change that is being reported
        else:
            _log.warning("marked failed dag_id=%s run_id=%s cancel=%s", dag_id, run_id, cancel_run_id)
            return
