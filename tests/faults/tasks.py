"""One try of one task: the package's own operator, executed as Airflow would, in a process that may be killed."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.sdk import BaseOperator, RetryAction, Variable
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from faults.deferral import described, resume, trigger_event
from faults.kill_points import RETURNED, KillAt, arm, end_process
from faults.single import ONCE, RECONCILE_TIMES
from faults.strangers import StrangersOperator
from faults.weak import switch_off
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.clock import SystemClock
from ovh_sms.errors import OvhSmsError
from ovh_sms.hooks import sms
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.cancel_run import CancelRunOperator
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.pay_order import PayOrderOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.transfer_credits import TransferCreditsOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

#: The environment's names of the results database, and of its mark outside of it.
RESULTS, VARIABLE = "AIRFLOW_CONN_OVH_SMS_RESULTS", "AIRFLOW_VAR_OVH_SMS_RESULTS_ID"
#: File of the Variables that tasks have set.
VARIABLES = "variables.json"

OPERATORS: dict[str, type[BaseOperator]] = {
    "prepare": PrepareContactsOperator,
    "split_into_batches": SplitIntoBatchesOperator,
    "upload_receivers": UploadReceiversOperator,
    "send": SendJobOperator,
    "free_receivers": FreeReceiversSlotOperator,
    "order": OrderCreditsOperator,
    "pay": PayOrderOperator,
    "transfer": TransferCreditsOperator,
    "collect": CollectOutgoingSensor,
    "report": BuildReportOperator,
    "cancel": CancelRunOperator,
    "strangers": StrangersOperator,
}


class ImpatientHook(OvhSmsHook):
    """The connection's client, with a shorter read timeout."""

    read_timeout = RECONCILE_TIMES[-1]

    @cached_property
    def client(self) -> OvhSmsClient:
        return OvhSmsClient(
            credentials=self.settings.credentials,
            account=self.settings.account,
            user=self.settings.user,
            calls_per_minute=self.settings.calls_per_minute,
            read_timeout=self.read_timeout,
            retry=RetryPolicy(total_seconds=self.settings.read_retry_seconds, first_wait=0.1, longest_wait=0.5),
        )


@dataclass(frozen=True, kw_only=True)
class PlannedTry:
    """One try of a task.

    :param given: the operator's parameters.
    :param environment: connections, Variables and the data folder, as Airflow's workers have them.
    :param result: file with the end of the try; there is none if the process was killed.
    :param kill: the moment the process ends, as by ``kill -9``.
    :param trigger: the trigger to run, if the task has deferred itself.
    :param event: the trigger's event, if the task goes on.
    :param weak: ``journal`` or one of :data:`faults.weak.GUARDS`: the guard that is off.
    :param clock: seconds by which the worker's clock is wrong.
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
    result: Path
    kill: KillAt | None = None
    trigger: dict[str, Any] | None = None
    event: dict[str, Any] | None = None
    weak: str = ""
    reconcile_policy: tuple[float, float, float] = RECONCILE_TIMES
    rehearsal: Path | None = None
    clock: float = 0.0

    @property
    def folder(self) -> Path:
        """The plan's folder."""
        return self.result.parent


def execute(planned: PlannedTry) -> None:
    """Run the try and write its end to a file."""
    os.environ.update(planned.environment)
    if planned.trigger is not None and planned.event is None:
        _write(planned.result, {"ok": True, "value": trigger_event(planned.trigger)})
        return
    if planned.weak == "journal":
        _forget_attempts(planned.environment)
    arm(planned.kill)
    if planned.clock:
        SystemClock.now = lambda _: datetime.now(UTC) + timedelta(seconds=planned.clock)  # type: ignore[method-assign]
    Variable.set = partial(_keep_variable, planned.folder)  # type: ignore[method-assign]
    operator = _operator(planned)
    context = _context(planned)
    try:
        value = (
            operator.execute(context)
            if planned.event is None
            else resume(operator, context, planned.trigger, planned.event)
        )
    except TaskDeferred as deferred:
        ended = {"ok": False, "deferred": described(deferred)}
    except Exception as error:
        ended = {"ok": False, **_failure(operator, error, planned)}
    else:
        ended = {"ok": True, "value": value}
    if planned.kill == RETURNED:
        end_process()
    _write(planned.result, ended)
    if planned.rehearsal:
        _write(planned.rehearsal / f"{planned.task}.modules", sorted(sys.modules))


def _forget_attempts(environment: dict[str, str]) -> None:
    """Empty the journal, and let nobody outside of it know how many attempts there were."""
    from sqlalchemy import NullPool, create_engine, text
    from sqlalchemy.exc import OperationalError

    os.environ[VARIABLE] = environment[VARIABLE].partition(" ")[0]
    with suppress(OperationalError), create_engine(environment[RESULTS], poolclass=NullPool).begin() as db:
        db.execute(text("DELETE FROM ovh_sms_attempts"))


def _keep_variable(folder: Path, key: str, value: str, *_: Any, **__: Any) -> None:
    _write(folder / VARIABLES, {f"AIRFLOW_VAR_{key.upper()}": value})


def _operator(planned: PlannedTry) -> Any:
    given = dict(planned.given)
    quiet_period, reconcile_timeout, read_timeout = planned.reconcile_policy
    if planned.task in ONCE:
        given |= {
            "quiet_period": timedelta(seconds=quiet_period),
            "reconcile_timeout": timedelta(seconds=reconcile_timeout),
        }
    if planned.task == "upload_receivers":
        given.setdefault("wait_for_slot", timedelta(0))
    switch_off(planned.weak)
    operator: Any = OPERATORS[planned.task](task_id=planned.task, **given)
    ImpatientHook.read_timeout = read_timeout
    sms.OvhSmsHook = ImpatientHook  # type: ignore[misc]
    conn_id = getattr(operator, "ovh_sms_conn_id", None) or "ovh_sms_default"
    hook = ImpatientHook(conn_id, account=given.get("account"), user=given.get("user"))
    operator.__dict__["hook"] = hook
    return operator


def _context(planned: PlannedTry) -> Any:
    ti = SimpleNamespace(
        dag_id=planned.dag_id,
        run_id=planned.run_id,
        task_id=planned.task,
        map_index=planned.index,
        try_number=planned.number,
        max_tries=planned.max_tries,
    )
    events: dict[Any, Any] = defaultdict(lambda: SimpleNamespace(extra=None))
    return {"ti": ti, "outlet_events": events}


def _failure(operator: Any, error: Exception, planned: PlannedTry) -> dict[str, Any]:
    if isinstance(error, AirflowFailException):
        final, cause = True, error.__cause__ or error
    else:
        decision = operator.retry_policy.evaluate(error, planned.number, planned.max_tries)
        final, cause = decision.action is RetryAction.FAIL, error
    clear = isinstance(cause, (OvhSmsError, AirflowFailException))
    name = type(cause).__name__
    return {"error": name, "clear": clear, "final": final, "says": str(error)}


def _write(path: Path, value: object) -> None:
    unnamed = path.with_name(f"{path.name}.{os.getpid()}")
    unnamed.write_text(json.dumps(value), encoding="utf-8")
    unnamed.replace(path)
