"""Airflow removes every night the personal data that is too old."""

from ovh_sms.dag_factories.retention import retention_dag

dag = retention_dag(schedule="30 3 * * *", timezone="Europe/Paris", owner="campaigns")
