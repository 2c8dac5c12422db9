"""Order credits: the price first, then an order, approved by a person above a price; a person pays it."""

from datetime import datetime

from airflow.sdk import chain, dag

from ovh_sms.operators.approve_order import ApproveOrderOperator
from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.sensors.order_delivered import OrderDeliveredSensor


@dag(
    schedule="0 7 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 3},
    tags=["sms", "recipe"],
)
def recipe_order_credits():
    """Order credits if fewer than 1,000 are left. Makes an order of at most 500 with tax; pays nothing."""
    check = CheckCreditsOperator(
        task_id="check", threshold=1_000, sizes=[2_500, 5_000], max_price=500, max_per_month=1_000, approve_above=400
    )
    approve = ApproveOrderOperator(task_id="approve", check=check.output)
    order = OrderCreditsOperator(task_id="order", check=check.output, approval=approve.output)
    wait = OrderDeliveredSensor(task_id="wait", order=order.output)
    chain(check, approve, order, wait)


recipe_order_credits()
