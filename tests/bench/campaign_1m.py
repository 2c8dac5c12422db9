"""Campaigns of three sizes through the cluster of docker-compose.yaml, one after the other: two Celery workers.

The tasks' processes write down their CPU and memory. Prints JSON: seconds in all and by task, CPU and peak memory by
task, those of the other processes, and the sandbox's CPU. What a message costs is measured by ``campaign_cost``.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.task_processes import RECORD, peak_rss_mb, recorded_processes

if TYPE_CHECKING:
    from support.cluster.cluster import Cluster
    from support.sandbox import SandboxProcess

WORKERS = 2
SMALL, TENTH, MILLION = 10_000, 100_000, 1_000_000
SIZES = (SMALL, TENTH, MILLION)
BATCH = 100_000
DAYS = 4 * 86_400
CAMPAIGN = """\
sender: MYSHOP
kind: transactional
night: send
message: "Bonjour #prenom#, votre commande est prête à #ville#."
contacts:
  file: contacts/{name}.csv
  suppress: contacts/{name}.txt
batch_size: {batch}
budget: 10000000
"""
ENVIRONMENT = {
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "600",
}
AIRFLOW_SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer")
ENDED = frozenset({"success", "failed"})
REPORT_DAG = "sms_campaign_report"


@dataclass
class Measured:
    """One campaign from its start to its report.

    :param messages: that OVH has accepted.
    :param seconds: of the run of the campaign and that of the report.
    :param cpu: CPU seconds of each task, by the name of the task.
    :param wall: the same in seconds from its start to its end.
    :param peaks: most memory of a process, by the name of the task.
    """

    messages: int
    seconds: float
    sandbox_cpu: float
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wall: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    peaks: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def measure(sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Run the campaigns one after the other."""
    from support.cluster.cluster import Cluster, copy_include
    from support.moved_runs import running_sandbox

    # PostgreSQL runs as another user, who must be able to enter the folder.
    folder = Path(tempfile.mkdtemp(prefix="ovh_sms_million_"))
    folder.chmod(0o755)
    include, record = copy_include(folder / "include"), folder / "processes.jsonl"
    env = ENVIRONMENT | {RECORD: str(record)}
    try:
        cluster = Cluster(folder, workers=WORKERS, folders={"./include": include}, env=env)
        _record_tasks(cluster)
        with cluster:
            sandbox = running_sandbox(f"http://127.0.0.1:{cluster.ports['ovh-sandbox']}/_control", "sms-sb00001-1")
            sandbox.clock(speed=1)
            sandbox.account(creditsLeft=10 * MILLION)
            found = [_campaign(cluster, sandbox, include, record, rows) for rows in sizes]
            others = _other_peaks(cluster)
            twice = sandbox.truth()["twice"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if twice:
        sys.exit(f"{twice} messages were sent twice.")
    return _figures(found) | {"other_peak_rss_mb": others}


def write_campaign(include: Path, name: str, rows: int, *, seed: int) -> Path:
    """Write a contact list and its campaign file; returns the latter."""
    from bench.lists import write_list

    for folder in ("campaigns", "contacts", "accounts"):
        (include / folder).mkdir(parents=True, exist_ok=True)
    made = write_list(include / "contacts", rows, seed=seed)
    made.path.rename(include / "contacts" / f"{name}.csv")
    made.suppressed.rename(include / "contacts" / f"{name}.txt")
    path = include / "campaigns" / f"{name}.yaml"
    path.write_text(CAMPAIGN.format(name=name, batch=BATCH), encoding="utf-8")
    return path


def _record_tasks(cluster: Cluster) -> None:
    """Let Airflow's processes find the module that writes down what tasks use."""
    tests = Path(__file__).parents[1]
    for service in cluster.services.values():
        if RECORD in service.environment:
            known = service.environment["PYTHONPATH"]
            service.environment["PYTHONPATH"] = f"{tests / 'bench' / 'site'}:{known}:{tests}"


def _campaign(airflow: Cluster, sandbox: SandboxProcess, include: Path, record: Path, rows: int) -> Measured:
    """Run one campaign until it is reported on, with every message final at OVH by then."""
    name = f"rows_{rows}"
    write_campaign(include, name, rows, seed=rows)
    dag_id = f"sms_campaign_{name}"
    _until(lambda: {dag_id, REPORT_DAG} <= airflow.dag_ids(), seconds=300)
    airflow.call("PATCH", f"/dags/{REPORT_DAG}", is_paused=True)  # it would wait for receipts in the triggerer
    before, accepted = airflow["ovh-sandbox"].cpu_seconds(), sandbox.truth()["accepted"]
    airflow.unpause(dag_id)
    tasks, seconds = _ended(airflow, dag_id, airflow.trigger(dag_id))
    sandbox.clock(advance=DAYS)
    messages = sandbox.truth()["accepted"] - accepted  # reading it makes what is due final
    known = {run["dag_run_id"] for run in airflow.runs(REPORT_DAG)}
    airflow.unpause(REPORT_DAG)
    airflow.trigger(REPORT_DAG)
    reported, report_seconds = _reported(airflow, known, sum(each["task_id"] == "send" for each in tasks))
    found = Measured(messages, seconds + report_seconds, airflow["ovh-sandbox"].cpu_seconds() - before)
    used = {each.id: each for each in recorded_processes(record)}
    for each in (*tasks, *reported):
        task = each["task_id"].rpartition(".")[2]
        found.cpu[task].append(used[each["id"]].cpu_seconds)
        found.wall[task].append(each["duration"])
        found.peaks[task] = max(found.peaks[task], used[each["id"]].peak_rss_mb)
    print(f"  {rows:>9,} contacts {found.messages:>9,} messages {found.seconds:7.1f} s", file=sys.stderr, flush=True)
    return found


def _reported(airflow: Cluster, known: set[str], batches: int) -> tuple[list[dict[str, Any]], float]:
    """Wait for the reports on all batches: Airflow may start runs by itself too."""
    tasks: list[dict[str, Any]] = []
    seconds = 0.0
    while sum(each["task_id"].endswith("report") for each in tasks) < batches:
        new = [run["dag_run_id"] for run in airflow.runs(REPORT_DAG) if run["dag_run_id"] not in known]
        for run_id in reversed(new):
            more, took = _ended(airflow, REPORT_DAG, run_id)
            known.add(run_id)
            tasks += more
            seconds += took
        time.sleep(1)
    return tasks, seconds


def _ended(airflow: Cluster, dag_id: str, run_id: str) -> tuple[list[dict[str, Any]], float]:
    """Wait for the end of a run; returns its task instances that were not skipped, and the seconds of the run."""
    end = time.monotonic() + 1_500
    while (run := airflow.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))["state"] not in ENDED:
        if time.monotonic() > end:
            sys.exit(f"{dag_id} did not end: {airflow.tasks(dag_id, run_id)}")
        time.sleep(1)
    tasks = airflow.tasks(dag_id, run_id)
    done = [each for each in tasks if each["state"] != "skipped"]
    if run["state"] != "success" or any(each["state"] != "success" for each in done):
        sys.exit(f"{dag_id}: {tasks}")
    return done, float(run["duration"])


def _until(check: Any, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            sys.exit("Airflow has not read the campaign.")
        time.sleep(2)


def _other_peaks(airflow: Cluster) -> dict[str, float]:
    """Most memory of a process of each of Airflow's services."""
    peaks = {name: [peak_rss_mb(each.pid) for each in airflow[name].processes()] for name in AIRFLOW_SERVICES}
    return {name: round(max(found), 1) for name, found in peaks.items()}


def _figures(found: list[Measured]) -> dict[str, Any]:
    small, *_, large = found
    return {
        "executor": f"CeleryExecutor, {WORKERS} workers with a task at a time",
        "seconds": round(large.seconds, 1),
        "messages": large.messages,
        "seconds_by_size": {each.messages: round(each.seconds, 1) for each in found},
        "task_seconds": {task: [round(sum(runs), 1), round(max(runs), 1)] for task, runs in large.wall.items()},
        "task_cpu_seconds": {task: round(sum(runs), 1) for task, runs in large.cpu.items()},
        "task_cpu_seconds_10k": {task: round(sum(runs), 2) for task, runs in small.cpu.items()},
        "peak_rss_mb": round(max(large.peaks.values()), 1),
        "task_peak_rss_mb": {
            each.messages: {task: round(peak, 1) for task, peak in each.peaks.items()} for each in found
        },
        "sandbox_cpu_seconds": round(large.sandbox_cpu, 1),
    }


if __name__ == "__main__":
    print(json.dumps(measure(*map(json.loads, sys.argv[2:]))))  # the first word is a folder of this process's own
    os._exit(0)
