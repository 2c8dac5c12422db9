"""The DAG that cancels a campaign's run once a person has marked it failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, Param

from ovh_sms.campaign.dag_ids import CANCEL_DAG
from ovh_sms.operators.cancel_run import CancelRunOperator

DOC = """
**Purpose**: cancels a campaign. Starts by itself when a person marks a campaign's run *failed*; or start it by hand
with the DAG and the run to cancel. Withdraws the run's messages that are still pending at OVH and counts those that
had already left.

**Spends credits?** No: OVH refunds the credits of the messages that it deletes.

**Triage**: *cancel* failed: correct what its error names and clear it, repeating is harmless. In a hurry, delete the
pending messages in OVH's manager.
"""


def cancel_dag(*, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_campaign_cancel``, which the plugin starts when a campaign's run is marked failed."""
    with DAG(
        CANCEL_DAG,
        description="Withdraws the pending messages of a run that was marked failed",
        doc_md=DOC,
        schedule=None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        is_paused_upon_creation=False,  # paused, it would cancel nothing, and only the list of DAGs would show it
        params={
            "dag_id": Param("", type="string", title="DAG that sent", description="such as sms_campaign_spring"),
            "run_id": Param("", type="string", title="Run to cancel", description="its run id"),
        },
        default_args={"owner": owner, "retries": 5, "retry_delay": timedelta(minutes=1)},
        tags=["sms", "cancel"],
    ) as dag:
        CancelRunOperator(
            task_id="cancel", cancelled_dag_id="{{ params.dag_id }}", cancelled_run_id="{{ params.run_id }}"
        )
    return dag
