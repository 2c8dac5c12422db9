"""Airflow compares the users of each account of include/accounts with OVH's every morning, and applies the files."""

from ovh_sms.dag_factories.users import users_dag
from ovh_sms.settings import include_path

dag = users_dag(include_path(__file__), schedule="30 6 * * *", timezone="Europe/Paris", owner="campaigns")
