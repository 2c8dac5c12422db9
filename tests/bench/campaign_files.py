"""A thousand campaign files, read by a process of the DAG processor and by that of a task, as Airflow forks them.

Each measurement is a fork of a process that holds Airflow and none of this package. ``parse``: the DAG file of the
campaigns and what the scheduler gets of it. ``files``: the DAG file that names the broken files. ``task``: the DAG file
in the process of a task. The other ways are what they are compared with: ``slow_parser`` has no libyaml, ``whole_task``
does not know its own DAG.
Prints JSON for each: seconds until the DAG file is loaded, seconds to serialise, DAGs, peak memory.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CAMPAIGNS = 1000
FILE = """\
description: Campaign {number}
kind: {kind}
sender: MYSHOP
message: >-
  Bonjour #prenom# #nom#, votre offre {number} vous attend jusqu'à samedi.
contacts:
  file: contacts/list.csv
  suppress: contacts/stop.txt
schedule: '30 {hour} * * 2'
budget: 500
"""
DAGS = Path(__file__).resolve().parents[2] / "dags"
CONTEXT = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"


def write_campaigns(include: Path, count: int = CAMPAIGNS) -> None:
    """Write so many campaign files, and an account file."""
    for name in ("campaigns", "contacts", "accounts"):
        (include / name).mkdir(parents=True)
    (include / "accounts" / "main.yaml").write_text("dead_after: 3\n", encoding="utf-8")
    for number in range(count):
        kind = ("marketing", "transactional")[number % 2]
        text = FILE.format(number=number, kind=kind, hour=9 + number % 8)
        (include / "campaigns" / f"campaign_{number:04d}.yaml").write_text(text, encoding="utf-8")


def parse() -> tuple[str, bool]:
    """As the DAG processor."""
    return "sms_campaigns.py", True


def slow_parser() -> tuple[str, bool]:
    """The same on a machine without libyaml."""
    import yaml

    del yaml.CSafeLoader
    return "sms_campaigns.py", True


def files() -> tuple[str, bool]:
    """The DAG file that shows broken files."""
    return "sms_campaign_files.py", True


def task() -> tuple[str, bool]:
    """As the process of a task."""
    os.environ[CONTEXT] = f"sms_campaign_campaign_{CAMPAIGNS // 2:04d}"
    return "sms_campaigns.py", False


def whole_task() -> tuple[str, bool]:
    """As a task whose process makes every DAG."""
    return "sms_campaigns.py", False


WAYS: dict[str, Callable[[], tuple[str, bool]]] = {
    each.__name__: each for each in (parse, slow_parser, files, task, whole_task)
}


def measure(how: str) -> dict[str, Any]:
    """Load a DAG file in a fork of this process, as Airflow does."""
    import airflow.sdk.execution_time.task_runner  # noqa: F401
    from airflow.dag_processing.dagbag import BundleDagBag  # noqa: F401 - held by the parent
    from airflow.dag_processing.processor import _serialize_dags  # noqa: F401

    gc.freeze()
    read, write = os.pipe()
    if not os.fork():
        os.write(write, json.dumps(_load(how)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as found:
        return json.loads(found.read())  # type: ignore[no-any-return]


def _load(how: str) -> dict[str, Any]:
    import structlog
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.dag_processing.processor import _serialize_dags

    file, is_kept = WAYS[how]()
    Path("/proc/self/clear_refs").write_text("5")  # from here on the peak is counted anew
    started, cpu = time.perf_counter(), time.process_time()
    bag = BundleDagBag(dag_folder=str(DAGS / file), bundle_path=DAGS, bundle_name="bench", load_op_links=False)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if bag.import_errors:
        sys.exit(str(bag.import_errors))
    started = time.perf_counter()
    if is_kept:
        _serialize_dags(bag, structlog.get_logger())
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "serialise_seconds": time.perf_counter() - started,
        "dags": len(bag.dags),
        "peak_rss_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
