"""Airflow checks the credits of each account of include/accounts every morning, and whenever they fall short."""

from ovh_sms.dag_factories.credits_topup import credits_topup_dag
from ovh_sms.settings import include_path

dag = credits_topup_dag(include_path(__file__), schedule="0 7 * * *", timezone="Europe/Paris", owner="campaigns")
