"""The DAG that orders credits for every account that runs low."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable

from ovh_sms.campaign.topup_file import Topup, load_topups
from ovh_sms.operators.invalid_file import InvalidFileOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator

DOC = """
**Purpose**: one task per accounts file; if the account holds fewer credits than `threshold`, orders `quantity` at a
price of at most `max_price`. The order is **not paid**: its link is in the task's result.

**Spends credits?** No, it buys some: a person pays each order.

**Triage**: "still open": an earlier order waits for payment; pay or cancel it. A task that runs for 10 to 30 minutes
checks whether OVH has the order whose answer was lost. An unknown outcome: its error says where to check it in OVH's
manager and how to resolve it.
"""


def credits_topup_dag(accounts: Path, *, schedule: str, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_credits_topup``, with one task for each accounts file.

    :returns: the DAG; the task of an invalid file fails with the file's error.
    """
    with DAG(
        "sms_credits_topup",
        description="Orders credits before they run out",
        doc_md=DOC,
        schedule=CronTriggerTimetable(schedule, timezone=timezone),
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        max_active_tasks=1,  # each task checks for open orders, so the one before it must have ended
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(minutes=1)},
        tags=["sms", "credits"],
    ) as dag:
        for found in load_topups(accounts):
            if isinstance(found, Topup):
                OrderCreditsOperator(
                    task_id=f"order_{found.name}",
                    ovh_sms_conn_id=found.connection,
                    account=found.account,
                    threshold=found.threshold,
                    quantity=found.quantity,
                    max_price=found.max_price,
                )
            else:
                InvalidFileOperator(task_id=f"order_{found.name}", error=str(found.error))
    return dag
