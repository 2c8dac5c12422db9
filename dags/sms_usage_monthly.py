"""Airflow computes on the 4th of each month what the accounts used in the month before, and who pays for it."""

from ovh_sms.dag_factories.usage import usage_dag
from ovh_sms.settings import include_path

dag = usage_dag(include_path(__file__), schedule="0 6 4 * *", timezone="Europe/Paris", owner="campaigns")
