"""Airflow cancels every campaign's run that a person marks failed."""

from ovh_sms.dag_factories.cancel import cancel_dag
from ovh_sms.settings import include_path

dag = cancel_dag(include_path(__file__) / "campaigns", owner="campaigns")
