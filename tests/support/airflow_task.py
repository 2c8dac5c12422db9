"""The context of a task as Airflow makes it, for tests that call ``execute`` themselves."""

from __future__ import annotations

import json
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from support.sandbox import SandboxProcess


def context(
    *, task_id: str = "send", run_id: str = "run_1", map_index: int = -1, try_number: int = 1
) -> dict[str, Any]:
    """A task's context; the same again is a further try of the same task."""
    ti = SimpleNamespace(
        dag_id="a_dag", run_id=run_id, task_id=task_id, map_index=map_index, try_number=try_number, max_tries=3
    )
    ti.get_task_states = RuntimeTaskInstance.get_task_states
    ti.get_dagrun_state = RuntimeTaskInstance.get_dagrun_state
    events: dict[Any, Any] = defaultdict(lambda: SimpleNamespace(extra=None))
    return {"ti": ti, "outlet_events": events}


def connection(sandbox: SandboxProcess, **extra: Any) -> str:
    """The Airflow connection that leads to a sandbox, as ``AIRFLOW_CONN_…`` takes it."""
    more = {
        "endpoint": sandbox.endpoint,
        "consumer_key": sandbox.keys.consumer_key,
        "account": sandbox.account_name,
        "calls_per_minute": 60_000,
        "read_retry_seconds": 2,
        **extra,
    }
    login = more.pop("login", sandbox.keys.application_key)
    password = more.pop("password", sandbox.keys.application_secret)
    return json.dumps({"conn_type": "ovh_sms", "login": login, "password": password, "extra": more})
