"""A thousand campaigns that wait in one real triggerer, with Airflow's own database in PostgreSQL.

Nine in ten wait for delivery receipts, each of a submission of its own at the sandbox; the others wait between two
observations of a lost answer. Each is a deferred task of a run, with the trigger that the package makes for it.
Prints JSON: most memory of the triggerer's processes together, the worker slots that are taken, the most calls of a
minute, and how many still wait.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

WAITING = 1000
#: One in so many waits for a lost answer.
RECONCILED = 10
KEY_CALLS_PER_MINUTE = 60
MINUTES = 2
START_SECONDS = 300
DAG_ID = "waiting"


def measure(folder: Path) -> dict[str, Any]:
    """Let them wait for some minutes."""
    from support.postgresql import new_database, running_postgresql
    from support.sandbox import SandboxProcess

    with running_postgresql() as server, SandboxProcess(folder / "sandbox", start=None) as sandbox:
        metadata, results = (new_database(server).replace("+psycopg:", "+psycopg2:") for _ in range(2))
        os.environ |= {
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).resolve().parent / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://127.0.0.1:1/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "AIRFLOW_CONN_OVH_SMS_RESULTS": results.replace("postgresql+psycopg2", "postgres"),
            "OVH_SMS_DATA": str(folder / "data"),
        }
        from support.airflow_task import connection  # Airflow reads its configuration once, when it is imported

        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox)
        airflow = str(Path(sys.executable).with_name("airflow"))
        for command in ([airflow, "db", "migrate"], [sys.executable, "-m", "ovh_sms", "db", "init"]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        from bench.triggers import _submit

        sandbox.account(creditsLeft=10 * WAITING)
        tags = _submit(WAITING - WAITING // RECONCILED)
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox, calls_per_minute=KEY_CALLS_PER_MINUTE)
        _make_runs(tags, sandbox.account_name)
        sandbox.rate_limit(KEY_CALLS_PER_MINUTE)
        sandbox.reset_calls()
        with (folder / "triggerer.log").open("w") as log:
            triggerer = subprocess.Popen([airflow, "triggerer", "--skip-serve-logs"], stdout=log, stderr=log)
        try:
            return _watch(triggerer.pid, sandbox)
        finally:
            triggerer.terminate()
            triggerer.wait(60)


def _make_runs(tags: list[str], account: str) -> None:
    """Make a run for each campaign, whose task is deferred as by the package's operators."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    manager = DagBundlesManager()
    manager.sync_bundles_to_db()
    bundle = next(iter(manager.get_all_dag_bundles()))
    sync_bag_to_db(BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name), bundle.name, None)
    dag, now = SerializedDagModel.get_dag(DAG_ID), datetime.now(UTC)
    with create_session() as session:
        for at in range(WAITING):
            run = dag.create_dagrun(
                run_id=f"campaign_{at}",
                run_after=now,
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.RUNNING,
                session=session,
            )
            given = ("collect", _receipts(tags[at], account, now)) if at < len(tags) else ("send", _observation())
            _defer(run, *given, session)


def _receipts(tag: str, account: str, now: datetime) -> Any:
    from bench.triggers import NUMBERS
    from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger

    return DeliveryReceiptsTrigger(
        ovh_sms_conn_id="ovh_sms_default",
        account=account,
        tag=tag,
        expected=len(NUMBERS) + 1,  # one is never listed
        poll_interval=60.0,
        opt_out_window=0.0,
        submitted_at=now.isoformat(),
        ends_at=(now + timedelta(days=3)).isoformat(),
    )


def _observation() -> Any:
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

    return TimeDeltaTrigger(timedelta(minutes=20))


def _defer(run: Any, task_id: str, trigger: Any, session: Any) -> None:
    from airflow.models.trigger import Trigger
    from airflow.utils.state import TaskInstanceState

    row = Trigger.from_object(trigger)
    session.add(row)
    session.flush()
    for task in run.get_task_instances(session=session):
        if task.task_id == task_id:
            task.state, task.trigger_id, task.next_method = TaskInstanceState.DEFERRED, row.id, "resume"
        else:
            task.state = TaskInstanceState.REMOVED


def _watch(pid: int, sandbox: Any) -> dict[str, Any]:
    """Wait until all triggers are in the triggerer, then measure it for some minutes."""
    end = time.monotonic() + START_SECONDS
    while _counts()["assigned"] < WAITING:
        if time.monotonic() > end:
            sys.exit(f"The triggerer has taken {_counts()} only.")
        time.sleep(2)
    calls, counted, peak = 0, sandbox.calls()["total"], 0.0
    for _ in range(MINUTES):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            peak = max(peak, _memory_mb(pid))
            time.sleep(1)
        total = sandbox.calls()["total"]
        calls, counted = max(calls, total - counted), total
    found = _counts()
    if found["deferred"] != WAITING:
        sys.exit(f"{found['deferred']} of {WAITING} still wait.")
    return {
        "triggerer_mb": peak,
        "worker_slots": found["slots"],
        "waiting": found["deferred"],
        "calls_per_minute": calls,
        "refused_calls": sandbox.calls()["refused"],
        "limit": KEY_CALLS_PER_MINUTE,
    }


def _counts() -> dict[str, int]:
    from airflow.models.pool import Pool
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import Trigger
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import func, select

    deferred = TaskInstance.state == TaskInstanceState.DEFERRED
    with create_session() as session:
        pools = Pool.slots_stats(session=session)
        return {
            "assigned": session.scalar(select(func.count(Trigger.id)).where(Trigger.triggerer_id.is_not(None))) or 0,
            "deferred": session.scalar(select(func.count()).select_from(TaskInstance).where(deferred)) or 0,
            "slots": sum(each["running"] + each["queued"] for each in pools.values()),
        }


def _memory_mb(pid: int) -> float:
    """Resident memory of a process and its children; what they share counts for each."""
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 2**20


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))), flush=True)
