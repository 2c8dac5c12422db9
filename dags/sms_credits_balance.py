"""Airflow levels the accounts of include/accounts every hour: one gives its credits to those that lack some."""

from ovh_sms.dag_factories.credits_balance import credits_balance_dag
from ovh_sms.settings import include_path

dag = credits_balance_dag(include_path(__file__), schedule="30 6-21 * * *", timezone="Europe/Paris", owner="campaigns")
