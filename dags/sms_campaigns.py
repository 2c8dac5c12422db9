"""One DAG `sms_campaign_<name>` for every file of include/campaigns, `sms_broken_<name>` for a broken one."""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG, CronTriggerTimetable

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_folder
from ovh_sms.operators.invalid_file import InvalidFileOperator
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator, send_batches
from ovh_sms.settings import include_path

DOC = """
**Purpose**: {description}

**Spends credits?** Yes: up to {budget:g} a run. One POST to OVH per piece of the list, never repeated.

**Triage**: *prepare* or *preflight* failed: nothing was sent; the error says what to mend, then clear the task.
*send* failed with "not known whether": its error says what to look at in OVH's manager and how to decide.
What became of the messages: DAG `sms_campaign_report`.
"""
INCLUDE = include_path(__file__)


def campaign_dag(it: Campaign) -> DAG:
    """Plan prepare → preflight, then upload → send → free for each piece of the list."""
    ovh = {"ovh_sms_conn_id": it.connection, "account": it.account}
    with DAG(
        f"sms_campaign_{it.name}",
        description=it.description,
        doc_md=DOC.format(description=it.description or it.name, budget=it.budget),
        schedule=CronTriggerTimetable(it.schedule, timezone=it.timezone) if it.schedule else None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        # "upstream": a list that is uploaded is sent before the next one takes a receivers list at OVH
        default_args={"owner": "campaigns", "retries": 3, "weight_rule": "upstream"},
        tags=["sms", it.kind],
        auto_register=False,  # a half-made DAG must not be seen
    ) as dag:
        prepare = PrepareContactsOperator(task_id="prepare", **it.preparing(INCLUDE), **ovh)
        check = PreflightOperator(task_id="preflight", prepared=prepare.output, **it.checking(), **ovh)
        plan = SplitIntoBatchesOperator(task_id="sendings", prepared=prepare.output)
        prepare >> check >> plan
        send_batches(plan.output, it.sending(), **ovh)
    return dag


for found in load_folder(INCLUDE / "campaigns", Campaign):
    planned = InvalidFileOperator.plan(found, campaign_dag)
    globals()[planned.dag_id] = planned
