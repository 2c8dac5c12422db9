"""Follow campaigns by their tags: what was delivered, what failed, how long it took, who said STOP."""

from datetime import datetime, timedelta

from airflow.sdk import ObjectStoragePath, dag, task, task_group

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.collect_opt_outs import CollectOptOutsOperator
from ovh_sms.operators.pending_reports import PendingReportsOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

FIGURES = ("tag", "campaign", "submitted", "delivered_rate", "failed_rate", "delay_p50", "opt_out_rate")


@dag(
    schedule=[CAMPAIGN_SENT],
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 3},
    tags=["sms", "recipe"],
)
def recipe_follow_by_tag():
    """Report on each submission once its delivery receipts are final. Spends nothing."""

    @task_group
    def by_tag(submission):
        """Wait for the receipts of one tag, without a worker slot, and report."""
        collect = CollectOutgoingSensor(task_id="collect", submission=submission, opt_out_window=timedelta(0))
        return BuildReportOperator(task_id="report", collected=collect.output).output

    @task
    def show(reports):
        """Return the main figures of each tag: shares in percent, the delay in seconds."""
        import json

        found = [json.loads(ObjectStoragePath(each["figures"]).read_text()) for each in reports]
        return [{name: figures[name] for name in FIGURES} for figures in found]

    pending = PendingReportsOperator(task_id="sent_campaigns")
    opt_outs = CollectOptOutsOperator(task_id="opt_outs")
    pending >> opt_outs
    show(by_tag.expand(submission=pending.output))


recipe_follow_by_tag()
