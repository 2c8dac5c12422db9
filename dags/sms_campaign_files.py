"""Airflow shows one import error that names every broken file of include/; this makes no DAG."""

from ovh_sms.dag_factories.file_errors import refuse_broken_files
from ovh_sms.settings import include_path

refuse_broken_files(include_path(__file__))
