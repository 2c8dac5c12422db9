"""The DAG that collects the delivery receipts of each submission and reports on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, task_group

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.campaign.dag_ids import REPORT_DAG
from ovh_sms.notifications.run_end import SubmissionEndNotifier
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.pending_reports import PendingReportsOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

#: Once a day, provisional figures are made anew.
FOLLOW_UP = "17 5 * * *"
DOC = """
**Purpose**: starts when a campaign is sent; waits without a worker slot until the delivery receipts are final and
late STOPs are in, stores the delivery status of each message, writes the page with figures and charts, and uses the
campaign's notifiers. Once a day it collects again what was not final, until 72 hours after the submission.

**Spends credits?** No, it only reads.

**Triage**: *collect* failed: correct what the error names and clear it, collecting again is harmless. Messages still
pending at the deadline are reported as pending. *report* failed because of a notifier: the report is written.
"""


#: A mapped task's label: the campaign, and the batch if its run has several.
_LABEL = (
    "{{% set batch = task.{name} %}}{{{{ batch['campaign'] }}}}"
    "{{{{ ' · %d of %d' % (batch['batch'], batch['batches']) if batch['batches'] > 1 }}}}"
)


def report_dag(*, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_campaign_report``, which starts by itself when a campaign is sent."""
    with DAG(
        REPORT_DAG,
        description="Waits for the delivery receipts of each submission, and reports on them",
        doc_md=DOC,
        schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable(FOLLOW_UP, timezone="UTC"), assets=[CAMPAIGN_SENT]),
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1000,  # a run waits for days, mostly deferred; at a low limit the next one would queue
        default_args={"owner": owner, "retries": 5, "retry_delay": timedelta(minutes=2)},
        tags=["sms", "report"],
    ) as dag:

        @task_group
        def campaign(submission: dict[str, Any]) -> None:
            """Collect and report on one submission; none waits for another."""
            sent, received = _LABEL.format(name="submission"), _LABEL.format(name="collected")
            collect = CollectOutgoingSensor(
                task_id="collect",
                submission=submission,
                map_index_template=sent,
                on_failure_callback=SubmissionEndNotifier(),
            )
            collected: Any = collect.output
            BuildReportOperator(task_id="report", collected=collected, map_index_template=received)

        campaign.expand(submission=PendingReportsOperator(task_id="sent_campaigns").output)
    return dag
