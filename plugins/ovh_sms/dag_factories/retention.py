"""The DAG that removes personal data that is too old."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from ovh_sms.operators.purge_personal_data import PurgePersonalDataOperator

DOC = """
**Purpose**: removes the numbers of runs that are over and older than `OVH_SMS_RETENTION_DAYS`: their messages and
receipts in the results, and their lists, rejects and tables in the data folder. Figures, reports and the journal stay.
Erases the people of `ovh-sms erase` from runs that were not over then. A run is over 14 days after its last message,
once all of its batches are decided and collected.

**Spends credits?** No, it does not call OVH.

**Triage**: a failed task may be cleared at any time. A run whose batch is unknown, or was never collected, is left
alone: resolve it, or clear *collect*.
"""


def retention_dag(*, schedule: str, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_retention``."""
    with DAG(
        "sms_retention",
        description="Removes personal data that is too old",
        doc_md=DOC,
        schedule=CronTriggerTimetable(schedule, timezone=timezone),
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(minutes=5)},
        tags=["sms", "personal data"],
    ) as dag:
        PurgePersonalDataOperator(task_id="purge")
    return dag
