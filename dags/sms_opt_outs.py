"""Airflow reads every ten minutes who has answered STOP, for each account of include/accounts, and publishes them."""

from ovh_sms.dag_factories.opt_outs import opt_outs_dag
from ovh_sms.settings import include_path

dag = opt_outs_dag(include_path(__file__), schedule="*/10 * * * *", timezone="Europe/Paris", owner="campaigns")
