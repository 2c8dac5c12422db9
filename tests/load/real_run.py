"""Campaigns that all start at once on one account, in a real Airflow with two worker processes.

Their messages, and who got one twice, are counted by the sandbox; it also refuses the calls beyond the key's limit.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from faults.real_runs import HastyAirflow
from load.turn_record import RECORD, longest_wait, out_of_order, read_record
from ovh_demo.local_airflow import ROOT, WARM
from support.airflow_task import connection
from support.sandbox import SandboxProcess

WORKERS = 2
#: The calls of the key in any minute, fixed: few enough that calls wait, and enough for 100 campaigns in 20 minutes.
CALLS_PER_MINUTE = 250
RECEIVERS = 5
ENDED = frozenset({"success", "failed"})
REPORT_SECONDS = 30.0


class LoadAirflow(HastyAirflow):
    """An Airflow with two worker processes, which record the turns of their calls.

    :param is_warm: each task starts at once; a measurement has tasks as they are everywhere.
    """

    stop_seconds = 2  # nothing of it is kept

    def __init__(self, folder: Path, *, campaigns: int, connection: str, is_warm: bool) -> None:
        super().__init__(folder, connection=connection)
        self.record = folder / "turns.jsonl"
        tests = ROOT / "tests"
        self.env |= {
            RECORD: str(self.record),
            "AIRFLOW__CORE__DAGS_FOLDER": str(tests / "load" / "dags"),
            **(WARM if is_warm else {}),
            "AIRFLOW__CORE__PARALLELISM": str(WORKERS),
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
            "LOAD_CAMPAIGNS": str(campaigns),
            "PYTHONPATH": ":".join([str(tests / "load" / "site"), self.env["PYTHONPATH"], str(tests)]),
        }


def run(campaigns: int, *, minutes: float, speed: float | None = None) -> dict[str, Any]:
    """Start so many campaigns at once, and wait until all have ended.

    :param minutes: a campaign that has not ended by then is left over.
    :param speed: of the sandbox's messages; a part of the measurement need not wait for its receipts, nor for imports.
    """
    folder = Path(tempfile.mkdtemp(prefix="ovh_sms_load_"))
    with SandboxProcess(folder / "sandbox", start=None, speed=speed) as sandbox:
        sandbox.account(creditsLeft=10 * campaigns * RECEIVERS)
        sandbox.rate_limit(CALLS_PER_MINUTE)
        sandbox.features(export_seconds=0)  # a task would wait for it on its worker
        limits = {"calls_per_minute": CALLS_PER_MINUTE, "most_calls_per_minute": CALLS_PER_MINUTE}
        given = {"connection": connection(sandbox, **limits, read_retry_seconds=120), "is_warm": speed is not None}
        with LoadAirflow(folder, campaigns=campaigns, **given) as airflow:
            names = [f"load_{number}" for number in range(campaigns)]
            sandbox.wait_until(lambda: len(airflow.all_dags()) >= campaigns, seconds=240)
            started = time.monotonic()
            for name in names:
                airflow.ask("POST", f"/dags/{name}/dagRuns", logical_date=None, dag_run_id="load")
            ends = _wait(airflow, campaigns, until=started + minutes * 60)
            seconds = time.monotonic() - started
        truth, calls = sandbox.truth(), sandbox.calls()
    questions = read_record(airflow.record)
    found = {
        "campaigns": campaigns,
        "reported": ends["success"],
        "failed": ends["failed"],
        "lost": campaigns - ends["success"] - ends["failed"],
        "seconds": round(seconds, 1),
        "workers": WORKERS,
        "calls_per_minute_of_key": CALLS_PER_MINUTE,
        "calls": calls["total"],
        "refused_calls": calls["refused"],
        "longest_wait_seconds": round(longest_wait(questions), 1),
        "out_of_order": out_of_order(questions),
        "sent": truth["accepted"],
        "twice": truth["twice"],
    }
    if ends == {"success": campaigns}:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"  files: {folder}", flush=True)
    return found


def _wait(airflow: LoadAirflow, campaigns: int, *, until: float) -> Counter[str]:
    reported = began = time.monotonic()
    while True:
        runs = airflow.ask("GET", f"/dags/~/dagRuns?limit={campaigns}")["dag_runs"]
        states = Counter(str(each["state"]) for each in runs)
        ends = Counter({name: states[name] for name in ENDED if states[name]})
        now = time.monotonic()
        if ends.total() >= campaigns or now > until:
            return ends
        if now - reported > REPORT_SECONDS:
            reported = now
            tasks = Counter(f"{each['task_id']} {each['state']}" for each in airflow.all_tasks())
            print(f"  {now - began:5.0f} s {dict(states)} {dict(sorted(tasks.items()))}", flush=True)
        time.sleep(2)
