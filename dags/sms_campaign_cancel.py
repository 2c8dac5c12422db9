"""Airflow cancels every campaign's run that a person marks failed."""

from ovh_sms.dag_factories.cancel import cancel_dag

dag = cancel_dag(owner="campaigns")
