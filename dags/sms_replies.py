"""Airflow collects every five minutes what people answer, for each account of include/accounts."""

from ovh_sms.dag_factories.replies import replies_dag
from ovh_sms.settings import include_path

dag = replies_dag(include_path(__file__), schedule="*/5 * * * *", timezone="Europe/Paris", owner="campaigns")
