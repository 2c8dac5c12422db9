"""Find the sendings that a report run has to look after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context


class PendingReportsOperator(BaseOperator):
    """List the sendings that nobody reports on yet, and take them over for this run.

    It reads the asset's events itself: where two campaigns send within the same second, Airflow starts one run and
    may hand it the first event only. The event that is left out would wait for the next campaign; here it is found.

    :param results_conn_id: Airflow connection of the results, where the claims are kept.
    :param since: how far back events are read.
    :returns: one output of :class:`~ovh_sms.operators.send_job.SendJobOperator` per sending.
    """

    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        results_conn_id: str = "ovh_sms_results",
        since: timedelta = timedelta(days=7),
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        kwargs.setdefault("inlets", [CAMPAIGN_SENT])
        super().__init__(**kwargs)
        self.results_conn_id = results_conn_id
        self.since = since

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """List and claim."""
        from ovh_sms.hooks.store import ResultsHook

        store = ResultsHook(self.results_conn_id).store
        after = (datetime.now(UTC) - self.since).isoformat()
        events: Any = context["inlet_events"][CAMPAIGN_SENT]
        sendings: list[dict[str, Any]] = [event.extra or {} for event in events.after(after)]
        report_run = f"{context['ti'].dag_id} {context['ti'].run_id}"
        ours = [
            each for each in sendings if each.get("tag") and store.report_runs.claim(each["tag"], report_run)
        ]
        self.log.info("%d sendings known, %d for this run", len(sendings), len(ours))
        return ours
