"""Airflow sends single SMS of the outbox, within seconds after a program has written them."""

from ovh_sms.dag_factories.outbox import outbox_dag
from ovh_sms.settings import data_path, include_path

dag = outbox_dag(include_path(__file__), folder=data_path() / "outbox", timezone="Europe/Paris", owner="campaigns")
