"""Airflow reads the DAGs of credits for a test that does not wait for minutes: credits are read every few seconds."""

import os
from datetime import timedelta
from pathlib import Path

from ovh_sms.dag_factories.credits_balance import credits_balance_dag
from ovh_sms.dag_factories.credits_topup import credits_topup_dag

include = Path(os.environ["OVH_SMS_INCLUDE"])
topup = credits_topup_dag(
    include,
    schedule="0 7 1 1 *",
    timezone="Europe/Paris",
    watch_seconds=1,
    wait_seconds=3,
    transfer_quiet_period=timedelta(seconds=60),
)
balance = credits_balance_dag(include, schedule=None, timezone="Europe/Paris")
