"""Airflow orders credits every morning for each account of include/accounts that runs low."""

from ovh_sms.dag_factories.credits import credits_topup_dag
from ovh_sms.settings import include_path

dag = credits_topup_dag(
    include_path(__file__) / "accounts", schedule="0 7 * * *", timezone="Europe/Paris", owner="campaigns"
)
