"""Orders credits for every account of include/accounts that runs low."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from ovh_sms.campaign.topup_file import Topup, load_topups
from ovh_sms.operators.invalid_file import InvalidFileOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.settings import include_path

DOC = """
**Purpose**: one task per file of include/accounts; where the account holds fewer credits than `threshold`, orders
`quantity` at a price of at most `max_price`. The order is **not paid**: its link is in the task's result.

**Spends credits?** No, it buys some: a person pays each order.

**Triage**: "still open": an earlier order waits for payment; pay or cancel it. A task that runs for 10 to 30 minutes
looks whether OVH has the order whose answer was lost. "not known whether": its error says what to look at in OVH's
manager and how to decide.
"""

with DAG(
    "sms_credits_topup",
    description="Orders credits before they run out",
    doc_md=DOC,
    schedule=CronTriggerTimetable("0 7 * * *", timezone="Europe/Paris"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
    catchup=False,
    max_active_runs=1,
    max_active_tasks=1,  # each task looks for open orders, so the one before it must have ended
    default_args={"owner": "campaigns", "retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["sms", "credits"],
):
    for found in load_topups(include_path(__file__) / "accounts"):
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
