"""One message to many people: a list, cut into batches that OVH loads from a receivers slot."""

from datetime import datetime

from airflow.sdk import chain, dag

from ovh_sms.dag_factories.campaign import send_batches
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.settings import include_path

LIST = include_path(__file__) / "recipes" / "members.csv"
MESSAGE = "Soldes chez MYSHOP jusqu'à samedi."
SENDER = "MYSHOP"
HOURS = {"hours": "hold"}  # advertising: OVH keeps it until its hours


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, default_args={"retries": 3}, tags=["sms", "recipe"])
def recipe_one_message_to_many():
    """Send one advertisement to a list. Spends a credit for each segment, 500 at most."""
    prepare = PrepareContactsOperator(
        task_id="prepare",
        campaign="one_message_to_many",
        contacts=str(LIST),
        message=MESSAGE,
        stop_clause=True,
        batch_size=100_000,
        terms={"sender": SENDER, "stop_clause": True},
        hours=HOURS,
    )
    check = PreflightOperator(
        task_id="preflight",
        prepared=prepare.output,
        message=MESSAGE,
        marketing=True,
        sender=SENDER,
        budget=500,
        most_rejected={"percent": 20},
        hours=HOURS,
    )
    split = SplitIntoBatchesOperator(task_id="split_into_batches", prepared=prepare.output)
    chain(prepare, check, split)
    send_batches(
        split.output,
        {"message": MESSAGE, "sender": SENDER, "stop_clause": True, "campaign": "one_message_to_many", "hours": HOURS},
    )


recipe_one_message_to_many()
