"""Airflow gets one DAG `sms_campaign_<name>` for every file of include/campaigns."""

from ovh_sms.dag_factories.campaign import campaign_dags
from ovh_sms.settings import include_path

for dag in campaign_dags(include_path(__file__)):
    globals()[dag.dag_id] = dag
