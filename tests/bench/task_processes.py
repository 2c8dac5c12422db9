"""CPU and memory of every process of a task, written down by the process itself when it ends."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

#: Environment variable that names the file.
RECORD = "BENCH_PROCESSES"
#: Airflow titles a task's process so, with the id of the task instance behind it.
TITLE = "airflow worker -- "


@dataclass(frozen=True)
class TaskProcess:
    """One process of one task; a task that was deferred had several.

    :param id: of the task instance.
    :param cpu_seconds: of the process and its ended children, from the fork on.
    :param peak_rss_mb: with the memory that it shares with the process it was forked from.
    """

    id: str
    cpu_seconds: float
    peak_rss_mb: float


def record_at_exit() -> None:
    """Have this process, and those forked from it, write down what they used: Airflow ends tasks by ``os._exit``."""
    leave = os._exit

    def recorded(code: int) -> NoReturn:
        title = Path("/proc/self/cmdline").read_text(encoding="utf-8", errors="replace").strip("\0 ")
        if title.startswith(TITLE):
            used = os.times()
            line = {
                "id": title.removeprefix(TITLE),
                "cpu_seconds": sum(used[:4]),
                "peak_rss_mb": peak_rss_mb("self"),
                "at": time.time(),
            }
            with Path(os.environ[RECORD]).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        leave(code)

    os._exit = recorded


def peak_rss_mb(pid: int | str) -> float:
    """Return the most memory that a process has used so far."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def recorded_processes(file: Path) -> list[TaskProcess]:
    """Read what the processes have written."""
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [TaskProcess(line["id"], line["cpu_seconds"], line["peak_rss_mb"]) for line in lines]
