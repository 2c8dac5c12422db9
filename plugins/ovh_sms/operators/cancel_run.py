"""Cancel a run of a campaign: withdraw its messages that still wait at OVH."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.errors import ConfigurationError
from ovh_sms.operators.links import CancelledRunReportLink
from ovh_sms.retry_policy import retry_policy
from ovh_sms.task_context import A_PERSON, started_by

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.models import Attempt


class CancelRunOperator(BaseOperator):
    """Withdraw the messages of one run of a campaign that still wait at OVH, and count those that have left.

    It repeats until nothing more has come for ``quiet_period``: a task that was submitting when its run was cancelled
    ends some seconds later, and OVH may list late. Messages that have left cannot be withdrawn. Running it again is
    harmless.

    :param cancelled_dag_id: the Airflow DAG that submitted, as ``sms_campaign_spring``.
    :param cancelled_run_id: its run.
    :param quiet_period: for how long nothing more may have come.
    :param results_conn_id: Airflow connection of the results database, which knows what the run submitted.
    :returns: ``{"campaign", "dag_id", "run_id", "withdrawn", "left"}``, in messages.
    :raises ConfigurationError: OVH's answer was lost, and the run's prepared list is gone.

    Source: GET and DELETE ``/sms/{serviceName}/jobs/{id}``, GET ``/sms/{serviceName}/outgoing``; for OVH batches GET
    ``/batches`` and POST ``/batches/{id}/cancel``.
    """

    operator_extra_links = (CancelledRunReportLink(),)
    template_fields: Sequence[str] = ("cancelled_dag_id", "cancelled_run_id")
    ui_color = "#fce6e6"

    def __init__(
        self,
        *,
        cancelled_dag_id: str,
        cancelled_run_id: str,
        quiet_period: timedelta = timedelta(minutes=2),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        # Not in the pool of the tasks that it cancels: they would keep it waiting.
        kwargs.setdefault("retry_policy", retry_policy())
        super().__init__(**kwargs)
        self.cancelled_dag_id = cancelled_dag_id
        self.cancelled_run_id = cancelled_run_id
        self.quiet_period = quiet_period
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Cancel the run on each account that it submitted from, and for each of its users."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.hooks.sms import OvhSmsHook
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.sending.cancel import CancelRun, await_attempts
        from ovh_sms.sending.payer import of_deleted_too, user_of

        if not self.cancelled_dag_id.strip() or not self.cancelled_run_id.strip():
            raise ConfigurationError(
                "The DAG or the run to cancel is not named. Nothing was cancelled.",
                action='Start this with both, as {"dag_id": "sms_campaign_spring", "run_id": "manual__2026-…"}.',
            )
        store, clock = ResultsHook(self.results_conn_id).store, SystemClock()
        run = {"dag_id": self.cancelled_dag_id, "run_id": self.cancelled_run_id}
        store.cancelled_runs.add(**run, by=cancelled_by(context))
        attempts = await_attempts(store, **run, quiet_period=self.quiet_period, clock=clock)
        if not attempts:
            self.log.warning("nothing was submitted by run=%s dag=%s: is this the run that you mean?", *run.values())
        name = attempts[0].campaign if attempts else None
        withdrawn = left = 0
        # A run mostly submits from one account; the connection is the one that it used.
        for connection, account, user in sorted(
            {(_connection(each), each.account, user_of(each)) for each in attempts}
        ):
            hook = OvhSmsHook(connection, account=account, user=user, call_class=CallClass.CANCEL)
            client = of_deleted_too(hook.client)
            cancelled = CancelRun(client=client, user=user, store=store, clock=clock, log=self.log, **run)
            cancelled.drain(self.quiet_period)
            withdrawn += cancelled.withdrawn
            left += cancelled.left()
        self.log.info("cancelled run=%s withdrawn=%d left=%d", self.cancelled_run_id, withdrawn, left)
        return {"campaign": name, **run, "withdrawn": withdrawn, "left": left}


def cancelled_by(context: Context) -> str | None:
    """Return who started the cancellation; ``None`` if a mark on the run did, as Airflow names nobody then."""
    name = started_by(context)
    return None if name == A_PERSON else name


def _connection(attempt: Attempt) -> str:
    return str((attempt.snapshot or {}).get("connection") or "ovh_sms_default")
