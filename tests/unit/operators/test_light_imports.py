"""Importing what a DAG file imports loads nothing heavy: each task process does it, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.sandbox import ROOT

IMPORTED = """
import importlib, json, pkgutil, sys
import airflow.sdk
before = set(sys.modules)
names = []
for room in sys.argv[1:]:
    package = importlib.import_module(room)
    for each in pkgutil.walk_packages(getattr(package, "__path__", []), room + "."):
        importlib.import_module(each.name)
        names.append(each.name)
heavy = {"pandas", "pyarrow", "ovh", "plotly", "phonenumbers", "sqlalchemy", "alembic", "holidays"}
print(json.dumps({"modules": len(names), "heavy": sorted(heavy & (set(sys.modules) - before))}))
"""


@pytest.mark.parametrize(
    "room", ["operators", "sensors", "triggers", "hooks", "notifications", "dag_factories", "retry_policy", "assets"]
)
def test_importing_every_module_of_a_room_loads_nothing_heavy(room: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    command = [sys.executable, "-c", IMPORTED, f"ovh_sms.{room}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["heavy"] == []
    assert found["modules"] or room in {"retry_policy", "assets"}
