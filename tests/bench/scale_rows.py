"""Rows of the report about many campaigns, and campaigns of many receivers."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.beside_airflow import run_beside_airflow, timed_beside_airflow
from bench.list_rows import RUNS


def campaign_files_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure the processes that read a thousand campaign files; ``process_s`` is all that Airflow does in one."""
    from bench.campaign_files import CAMPAIGNS, WAYS, write_campaigns

    print(f"{name}: {CAMPAIGNS:,} campaign files", flush=True)
    write_campaigns(folder / "include")
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "OVH_SMS_INCLUDE": str(folder / "include"),
        "OVH_SMS_DATA": str(folder / "data"),
    }
    found: dict[str, dict[str, Any]] = {}
    for how in WAYS:
        runs = []
        for at in range(RUNS + 1):  # the first one compiles modules and makes Airflow's configuration
            command = [sys.executable, "-m", "bench.campaign_files", how]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=300, env=env)
            runs += [json.loads(done.stdout.splitlines()[-1])] if at else []
        found[how] = {key: statistics.median(each[key] for each in runs) for key in runs[0]}
        found[how]["peak_rss_mb"] = max(each["peak_rss_mb"] for each in runs)
        print(f"  {how:<12}{found[how]['seconds']:7.2f} s {found[how]['peak_rss_mb']:6.0f} MB", flush=True)
    parse, task, whole = found["parse"], found["task"], found["whole_task"]
    return {
        "name": name,
        "campaigns": CAMPAIGNS,
        "dags": int(parse["dags"]),
        "parse_s": round(parse["seconds"], 2),
        "parse_cpu_s": round(parse["cpu_seconds"], 2),
        "process_s": round(parse["seconds"] + parse["serialise_seconds"], 2),
        "files_s": round(found["files"]["seconds"], 2),
        "peak_rss_mb": round(parse["peak_rss_mb"], 1),
        "task_s": round(task["seconds"], 3),
        "task_cpu_s": round(task["cpu_seconds"], 3),
        "task_peak_rss_mb": round(task["peak_rss_mb"], 1),
        "seconds": round(parse["seconds"], 2),
        "baseline": "PyYAML's own parser; a task that makes every DAG",
        "baseline_parse_s": round(found["slow_parser"]["seconds"], 2),
        "baseline_parse_cpu_s": round(found["slow_parser"]["cpu_seconds"], 2),
        "baseline_task_s": round(whole["seconds"], 2),
        "baseline_task_cpu_s": round(whole["cpu_seconds"], 2),
        "baseline_task_peak_rss_mb": round(whole["peak_rss_mb"], 1),
        "load": round(os.getloadavg()[0], 2),
    }


def waiting_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure a real triggerer in which a thousand campaigns wait."""
    from bench.waiting import WAITING

    print(f"{name}: {WAITING:,} waiting campaigns in a real triggerer", flush=True)
    said = "{triggerer_mb:.0f} MB, {calls_per_minute} calls a minute"
    return {"name": name, **timed_beside_airflow("waiting", folder, said)}


def campaign_row(name: str, folder: Path) -> dict[str, Any]:
    """Measure campaigns of a million and of ten thousand contacts in a real Airflow."""
    from bench.campaign_1m import MILLION, WORKERS

    print(f"{name}: {MILLION:,} contacts, {WORKERS} workers", flush=True)
    found = run_beside_airflow("campaign_1m", folder) | run_beside_airflow("campaign_cost", folder)
    return {"name": name, "rows": MILLION, "workers": WORKERS, **found, "load": round(os.getloadavg()[0], 2)}
