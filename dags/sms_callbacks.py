"""Airflow works off every minute what OVH has called about, for each account of include/accounts."""

from ovh_sms.dag_factories.callbacks import callbacks_dag
from ovh_sms.settings import include_path

dag = callbacks_dag(include_path(__file__), schedule="* * * * *", timezone="Europe/Paris", owner="campaigns")
