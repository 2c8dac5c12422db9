"""Transfer credits between two accounts of one customer: one that has enough gives to one that falls short."""

from datetime import datetime

from airflow.sdk import dag

from ovh_sms.operators.transfer_credits import TransferCreditsOperator

#: The account of the default connection gives; this one gets. A connection serves one account, so each has its own,
#: with keys of its own if you like. It is the sandbox's second account: write your own.
TARGET, TARGET_CONNECTION = "sms-sb00001-2", "ovh_sms_second"


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, default_args={"retries": 3}, tags=["sms", "recipe"])
def recipe_transfer_credits():
    """Transfer 600 credits to the second account, unless it holds 1,000. Spends nothing; only a transfer undoes it."""
    TransferCreditsOperator(
        task_id="transfer",
        target=TARGET,
        target_conn_id=TARGET_CONNECTION,
        credits_wanted=600,
        enough=1_000,
        keep=5_000,
    )


recipe_transfer_credits()
