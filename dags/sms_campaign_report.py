"""Airflow reports on every campaign that was sent."""

from ovh_sms.dag_factories.report import report_dag

dag = report_dag(owner="campaigns")
