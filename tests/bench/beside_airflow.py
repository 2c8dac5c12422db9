"""Measurements in a process with a home and an Airflow of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def run_beside_airflow(module: str, folder: Path, *given: str) -> dict[str, Any]:
    """Run one measurement in a process with a home and an Airflow of its own; its last line is JSON."""
    home = Path(tempfile.mkdtemp(dir=folder))
    command = [sys.executable, "-m", f"bench.{module}", str(home), *given]
    environment = {**os.environ, "AIRFLOW_HOME": str(home / "airflow")}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=900, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def timed_beside_airflow(module: str, folder: Path, said: str) -> dict[str, Any]:
    """Run one measurement and print what it found; returns that with its seconds and the load of the machine.

    :param said: what is printed, with the names of figures, as ``{posts} POSTs``.
    """
    started = time.perf_counter()
    found = {key: round(value, 1) for key, value in run_beside_airflow(module, folder).items()}
    print("  " + said.format_map(found), flush=True)
    return {**found, "seconds": round(time.perf_counter() - started, 1), "load": round(os.getloadavg()[0], 2)}
