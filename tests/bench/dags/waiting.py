"""The tasks of campaigns that wait: one for its delivery receipts, one for the answer to a lost POST."""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG

from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

with DAG("waiting", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):  # noqa: DTZ001
    CollectOutgoingSensor(task_id="collect", submission={})
    SendJobOperator(task_id="send", message="Bonjour", numbers=["+33639980001"], sender="MYSHOP")
