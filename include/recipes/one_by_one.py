"""One SMS at a time: each order that was shipped becomes one SMS, once."""

import csv
from datetime import datetime, timedelta

from airflow.sdk import dag, task

from ovh_sms.operators.send_outbox import SendOutboxOperator
from ovh_sms.settings import include_path

ORDERS = include_path(__file__) / "recipes" / "shipped.csv"


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, default_args={"retries": 3}, tags=["sms", "recipe"])
def recipe_one_by_one():
    """Text each customer whose order was shipped. Spends a credit for each order that is new."""

    @task
    def queue():
        """Queue one SMS for each order; the key makes it one, however often this runs."""
        from ovh_sms.hooks.outbox import queue_sms

        with ORDERS.open(encoding="utf-8", newline="") as file:
            return sum(
                queue_sms(
                    key=f"order-{order['order']}-shipped",
                    receiver=order["phone"],
                    message=f"Votre commande {order['order']} est partie.",
                    sender="MYSHOP",
                    stop_clause=False,
                    validity=24 * 60,
                    tag="shipping",
                )
                for order in csv.DictReader(file, delimiter=";")
            )

    queue() >> SendOutboxOperator(task_id="send", linger=timedelta(0))


recipe_one_by_one()
