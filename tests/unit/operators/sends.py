"""Submissions to five numbers, with short waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from airflow.sdk.api.datamodels._generated import DagRunType

from ovh_sms.operators.send_job import SendJobOperator
from support.sandbox import SandboxProcess

NUMBERS = [f"+336399800{n:02d}" for n in range(5)]
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}


def send(**changes: Any) -> SendJobOperator:
    given = {"task_id": "send", "message": "Bonjour", "numbers": NUMBERS, "sender": "MYSHOP"}
    # A POST later than half of quiet_period after its claim is not made: a busy machine needs this much.
    quick = {"quiet_period": timedelta(seconds=2), "reconcile_timeout": timedelta(seconds=5)}
    return SendJobOperator(**{**given, **quick, "stop_clause": False, "deferrable": False, **changes})


def accepted(sandbox: SandboxProcess) -> int:
    return int(sandbox.truth(account=sandbox.account_name)["accepted"])


def run(kind: DagRunType = DagRunType.MANUAL, **conf: bool) -> SimpleNamespace:
    return SimpleNamespace(run_type=kind, logical_date=datetime.now(UTC), conf=conf)
