"""Finds the submissions that a report run has to collect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.clock import SystemClock
from ovh_sms.retry_policy import retry_policy
from ovh_sms.task_context import run_type

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.store import Store

#: Provisional figures are made anew that often, for so long after the submission.
COLLECTED_EVERY, FOLLOWED_FOR = timedelta(hours=12), timedelta(days=10)


class PendingReportsOperator(BaseOperator):
    """List the submissions that no run reports on yet, and take them over for this run.

    It reads the asset's events itself: if two campaigns send within the same second, Airflow starts one run and may
    give it the first event only. The other event would wait for the next campaign; here it is found.

    Submissions whose figures are provisional, as messages were open when they were collected, are listed again, until
    they were collected 72 hours after the submission or later: by the daily run and by those started by hand.

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
        # Not in a run that an asset starts: that is about other campaigns, and must not fail for these.
        late = [] if run_type(context) == "asset_triggered" else self._to_collect_again(store)
        for each in ours:  # so that the totals of its run count it before it is collected
            store.submissions.start(submission_record(each))
        self.log.info("pending reports submissions=%d for_this_run=%d again=%d", len(submissions), len(ours), len(late))
        return [each.to_xcom() for each in [*ours, *late]]

    def _to_collect_again(self, store: Store) -> list[Submission]:
        """Find the submissions whose figures are provisional: receipts may have come since they were collected."""
        from ovh_sms.sending.known_submission import find_submission

        now = store.clock.now()
        open_ones = store.submissions.to_collect_again(since=now - FOLLOWED_FOR, before=now - COLLECTED_EVERY)
        return [sent for each in open_ones if (sent := find_submission(store, each.tag)) is not None]

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
