"""Modules that the workers of the demo's Airflow have imported before their first task."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from ovh_demo.local_airflow import ROOT, WARM

IMPORT = """
import importlib, json, sys
from airflow.executors.executor_loader import ExecutorLoader
from ovh_demo.warm_executor import names_of_modules
executor, _ = ExecutorLoader.import_default_executor_cls()
for each in names_of_modules():
    importlib.import_module(each)
print(json.dumps([executor.is_local, sorted(sys.modules)]))
"""


def test_workers_have_imported_tasks_and_libraries_and_neither_pages_nor_commands() -> None:
    paths = os.pathsep.join(str(ROOT / name) for name in ("plugins", "include"))
    command, environment = [sys.executable, "-c", IMPORT], {**os.environ, **WARM, "PYTHONPATH": paths}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    is_local, modules = json.loads(done.stdout.splitlines()[-1])
    assert is_local, "else Airflow's standalone command would replace it"
    assert {"ovh_sms.operators.send_job", "ovh_sms.store.attempts", "ovh", "pandas", "sqlalchemy"} <= {*modules}
    rooms = {name.split(".")[1] for name in modules if name.startswith("ovh_sms.")}
    assert rooms.isdisjoint({"cli", "dashboard", "plugin", "__main__"})
