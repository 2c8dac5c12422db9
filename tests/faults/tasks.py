"""One try of one task: the package's own operator, executed as Airflow would, in a process that may be killed."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.sdk import BaseOperator, RetryAction
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from faults.deferral import described, resume, trigger_event
from faults.single import PATIENCE
from faults.store import RETURNED, DurableStore, ForgetfulStore, KillAt
from faults.strangers import StrangersOperator
from faults.weak import WEAK
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import OvhSmsError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.cancel_run import CancelRunOperator
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator

OPERATORS: dict[str, type[BaseOperator]] = {
    "prepare": PrepareContactsOperator,
    "sendings": SplitIntoBatchesOperator,
    "upload_receivers": UploadReceiversOperator,
    "send": SendJobOperator,
    "free_receivers": FreeReceiversSlotOperator,
    "order": OrderCreditsOperator,
    "cancel": CancelRunOperator,
    "strangers": StrangersOperator,
}


class ImpatientHook(OvhSmsHook):
    """The connection's client, with less time for an answer than the product gives it."""

    read_timeout = PATIENCE[-1]

    @cached_property
    def client(self) -> OvhSmsClient:
        return OvhSmsClient(
            credentials=self.settings.credentials,
            account=self.settings.account,
            calls_per_minute=self.settings.calls_per_minute,
            read_timeout=self.read_timeout,
            retry=RetryPolicy(
                total_seconds=self.settings.read_retry_seconds, first_wait=0.1, longest_wait=0.5
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Job:
    """One try of a task.

    :param given: the operator's parameters.
    :param environment: connections, decisions and the data folder, as Airflow's workers have them.
    :param result: file that tells how the try ended; there is none where the process was killed.
    :param kill: where the process ends, as by ``kill -9``.
    :param trigger: what the task waits for, where it has deferred itself and its trigger is to be run.
    :param event: what the trigger said, where the task is to go on.
    :param weak: ``intent`` or one of :data:`faults.weak.WEAK`: what is switched off, so that the proof can be seen
        to fail.
    :param rehearsal: folder for the names of all modules that the try needed.
    """

    task: str
    dag_id: str
    run_id: str
    index: int
    number: int
    max_tries: int
    given: dict[str, Any]
    environment: dict[str, str]
    state: Path
    result: Path
    kill: KillAt | None = None
    trigger: dict[str, Any] | None = None
    event: dict[str, Any] | None = None
    weak: str = ""
    reconcile_policy: tuple[float, float, float] = PATIENCE
    rehearsal: Path | None = None


def execute(job: Job) -> None:
    """Run the try and write down how it ended."""
    os.environ.update(job.environment)
    if job.trigger is not None and job.event is None:
        _write(job.result, {"ok": True, "value": trigger_event(job.trigger)})
        return
    if job.weak == "intent":
        _forget_claims(job.environment["AIRFLOW_CONN_OVH_SMS_RESULTS"])
    operator = _operator(job)
    context = _context(job)
    try:
        value = (
            operator.execute(context)
            if job.event is None
            else resume(operator, context, job.trigger, job.event)
        )
    except TaskDeferred as deferred:
        ended = {"ok": False, "deferred": described(deferred)}
    except Exception as error:
        ended = {"ok": False, **_told(operator, error, job)}
    else:
        ended = {"ok": True, "value": value}
    if job.kill == RETURNED:
        os.kill(os.getpid(), signal.SIGKILL)
    _write(job.result, ended)
    if job.rehearsal:
        _write(job.rehearsal / f"{job.task}.modules", sorted(sys.modules))


def _forget_claims(results: str) -> None:
    """Both memories go: with one of them left, nothing is sent twice."""
    from sqlalchemy import NullPool, create_engine, text
    from sqlalchemy.exc import OperationalError

    with suppress(OperationalError), create_engine(results, poolclass=NullPool).begin() as db:
        db.execute(text("DELETE FROM ovh_sms_posts"))


def _operator(job: Job) -> Any:
    given = dict(job.given)
    quiet_period, reconcile_timeout, read_timeout = job.reconcile_policy
    if job.task in ("send", "order"):
        given |= {
            "quiet_period": timedelta(seconds=quiet_period),
            "reconcile_timeout": timedelta(seconds=reconcile_timeout),
        }
    if job.task == "upload_receivers":
        given.setdefault("wait_for_slot", timedelta(0))
    kind = WEAK.get(job.weak, {}).get(job.task, OPERATORS[job.task])
    operator: Any = kind(task_id=job.task, **given)
    hook = ImpatientHook()
    hook.read_timeout = read_timeout
    operator.__dict__["hook"] = hook
    return operator


def _context(job: Job) -> Any:
    ti = SimpleNamespace(
        dag_id=job.dag_id,
        run_id=job.run_id,
        task_id=job.task,
        map_index=job.index,
        try_number=job.number,
        max_tries=job.max_tries,
    )
    store = ForgetfulStore if job.weak == "intent" else DurableStore
    events: dict[Any, Any] = defaultdict(lambda: SimpleNamespace(extra=None))
    return {"ti": ti, "task_state_store": store(job.state, job.kill), "outlet_events": events}


def _told(operator: Any, error: Exception, job: Job) -> dict[str, Any]:
    """What Airflow would make of the error: the package's policy decides, unless the task is failed for good."""
    if isinstance(error, AirflowFailException):
        final, cause = True, error.__cause__ or error
    else:
        decision = operator.retry_policy.evaluate(error, job.number, job.max_tries)
        final, cause = decision.action is RetryAction.FAIL, error
    clear = isinstance(cause, (OvhSmsError, AirflowFailException))
    name = type(cause).__name__
    return {"error": name, "clear": clear, "final": final, "says": str(error)}


def _write(path: Path, value: object) -> None:
    unnamed = path.with_name(f"{path.name}.{os.getpid()}")
    unnamed.write_text(json.dumps(value), encoding="utf-8")
    unnamed.replace(path)
