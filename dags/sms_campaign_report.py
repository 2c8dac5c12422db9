"""The report of every campaign that was sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import dag, task_group

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.pending_reports import PendingReportsOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

DOC = """
**Purpose**: starts when a campaign is sent; waits without a worker slot until messages are final and late
STOPs are in, stores what became of each message, writes the page with figures and charts.

**Spends credits?** No, it only reads.

**Triage**: *collect* failed: mend what the error says and clear it, collecting again is harmless. Those still
pending at the deadline are reported as pending; clear *collect* later for newer figures.
"""


@dag(
    description="Waits for the delivery receipts of what was sent, and reports on them",
    schedule=[CAMPAIGN_SENT],
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
    catchup=False,
    max_active_runs=1000,  # a run waits for days, mostly deferred; at a low limit the next sending would queue
    doc_md=DOC,
    default_args={"owner": "campaigns", "retries": 5, "retry_delay": timedelta(minutes=2)},
    tags=["sms", "report"],
)
def sms_campaign_report() -> None:
    """Take over each sending that nobody reports on yet, wait for it, collect it, report on it."""

    @task_group
    def campaign(submission: dict[str, Any]) -> None:
        """Each submission has its own tasks: none waits for another that takes longer."""
        collect = CollectOutgoingSensor(task_id="collect", submission=submission)
        BuildReportOperator(task_id="report", collected=collect.output)

    campaign.expand(submission=PendingReportsOperator(task_id="sent_campaigns").output)


sms_campaign_report()
