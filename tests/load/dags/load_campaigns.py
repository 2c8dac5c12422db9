"""Small campaigns, each a DAG of the package's own tasks: send to a few numbers → collect → report."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from airflow.sdk import DAG, get_parsing_context

from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

RECEIVERS = 5
#: A message that is not delivered within a minute is final too.
VALIDITY_MINUTES = 1
REPORT = {"collect_within_hours": 1, "stop_window_minutes": 0, "poll_interval_seconds": 20}


def campaign_dag(dag_id: str, number: int) -> DAG:
    numbers = [f"+3363998{at:04d}" for at in range(number * RECEIVERS, (number + 1) * RECEIVERS)]
    with DAG(
        dag_id,
        schedule=None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        default_args={"retries": 3, "weight_rule": "absolute", "priority_weight": 2},
        is_paused_upon_creation=False,
        auto_register=False,
    ) as dag:
        send = SendJobOperator(
            task_id="send",
            message=f"Bonjour, votre commande {number} est en route.",
            numbers=numbers,
            sender="MYSHOP",
            stop_clause=False,
            validity_minutes=VALIDITY_MINUTES,
            report=REPORT,
        )
        submission: Any = send.output
        # Half of them wait for their receipts in the triggerer; the others collect once all campaigns are sent.
        collect = CollectOutgoingSensor(task_id="collect", submission=submission, priority_weight=1 + 2 * (number % 2))
        collected: Any = collect.output
        BuildReportOperator(task_id="report", collected=collected)
    return dag


# A task's process makes its own DAG only.
wanted = get_parsing_context().dag_id
for each in range(int(os.environ["LOAD_CAMPAIGNS"])):
    name = f"load_{each}"
    if wanted in (None, name):
        globals()[name] = campaign_dag(name, each)
