"""Takes back what of a campaign's run still waits at OVH, once somebody has marked the run failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, Param

from ovh_sms.operators.cancel_run import CancelRunOperator
from ovh_sms.settings import include_path

DOC = """
**Purpose**: stops a campaign. Starts by itself when somebody marks a run of a campaign *failed*; or start it by
hand with the DAG and the run to stop. Deletes the run's messages that still wait at OVH and tells how many had left.

**Spends credits?** No: OVH gives back those of the messages it deletes.

**Triage**: *cancel* failed: its error says what to mend; clear it, repeating is harmless. In a hurry, delete the
pending messages in OVH's manager.
"""

with DAG(
    "sms_campaign_cancel",
    description="Takes back what still waits of a run that was marked failed",
    doc_md=DOC,
    schedule=None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
    catchup=False,
    is_paused_upon_creation=False,  # paused, it would stop nothing, and only the list of DAGs would say so
    params={
        "dag_id": Param("", type="string", title="DAG that sent", description="such as sms_campaign_spring"),
        "run_id": Param("", type="string", title="Run to stop", description="its run id"),
    },
    default_args={"owner": "campaigns", "retries": 5, "retry_delay": timedelta(minutes=1)},
    tags=["sms", "stop"],
):
    CancelRunOperator(
        task_id="cancel",
        cancelled_dag_id="{{ params.dag_id }}",
        cancelled_run_id="{{ params.run_id }}",
        campaigns=str(include_path(__file__) / "campaigns"),
    )
