"""Finds the submissions that a report run has to collect."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.store import Store


class PendingReportsOperator(BaseOperator):
    """List the submissions that no run reports on yet, and take them over for this run.

    It reads the asset's events itself: if two campaigns send within the same second, Airflow starts one run and may
    give it the first event only. The other event would wait for the next campaign; here it is found.

    :param results_conn_id: Airflow connection of the results, which keep the run of each report.
    :param since: age of the oldest event that is read.
    :returns: one output of :class:`~ovh_sms.operators.send_job.SendJobOperator` for each submission.
    """

    ui_color = "#e3f4ea"

    def __init__(
        self, *, results_conn_id: str = "ovh_sms_results", since: timedelta = timedelta(days=7), **kwargs: Any
    ) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        kwargs.setdefault("inlets", [CAMPAIGN_SENT])
        super().__init__(**kwargs)
        self.results_conn_id = results_conn_id
        self.since = since

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """List the submissions and take them over."""
        from ovh_sms.hooks.store import ResultsHook

        store = ResultsHook(self.results_conn_id).store
        after = (SystemClock().now() - self.since).isoformat()
        events: Any = context["inlet_events"][CAMPAIGN_SENT]
        submissions: list[dict[str, Any]] = [event.extra or {} for event in events.after(after)]
        report_run = f"{context['ti'].dag_id} {context['ti'].run_id}"
        ours = [each for each in submissions if each.get("tag") and store.report_runs.claim(each["tag"], report_run)]
        for each in ours:
            self._record(store, each)
        self.log.info("pending reports submissions=%d for_this_run=%d", len(submissions), len(ours))
        return ours

    def _record(self, store: Store, submission: dict[str, Any]) -> None:
        """Record a submission, so that the totals of its run count it before it is collected."""
        from ovh_sms.sending.collect import submission_record
        from ovh_sms.sending.submission import Submission

        try:
            record = submission_record(Submission.from_xcom(submission))
        except (ConfigurationError, ValueError):  # made by hand: its own task fails, and no other one
            self.log.warning("event is no submission tag=%s", submission["tag"])
            return
        store.submissions.start(record)
