"""Finds the submissions that a report run has to collect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.clock import SystemClock
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.store import Store


class PendingReportsOperator(BaseOperator):
    """List the submissions that no run reports on yet, and take them over for this run.

    It reads the asset's events itself: if two campaigns send within the same second, Airflow starts one run and may
    give it the first event only. The other event would wait for the next campaign; here it is found.

    An event only names a tag: the submission itself is read from the journal. An event of a tag that the journal does
    not know is skipped.

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
        from ovh_sms.sending.collect import submission_record

        store = ResultsHook(self.results_conn_id).store
        after = (SystemClock().now() - self.since).isoformat()
        events: Any = context["inlet_events"][CAMPAIGN_SENT]
        submissions = list(self._known(store, [event.extra for event in events.after(after)]))
        report_run = f"{context['ti'].dag_id} {context['ti'].run_id}"
        ours = [each for each in submissions if store.report_runs.claim(each.tag, report_run)]
        for each in ours:  # so that the totals of its run count it before it is collected
            store.submissions.start(submission_record(each))
        self.log.info("pending reports submissions=%d for_this_run=%d", len(submissions), len(ours))
        return [each.to_xcom() for each in ours]

    def _known(self, store: Store, extras: Sequence[Any]) -> Iterator[Submission]:
        """Read the submissions that events name from the journal."""
        from ovh_sms.sending.known_submission import find_submission

        for extra in extras:
            tag = extra.get("tag") if isinstance(extra, Mapping) else None
            found = find_submission(store, tag)
            if found is None:
                self.log.warning("event skipped: the journal knows no submission of it tag=%.40r", tag)
            else:
                yield found
