"""The plugins folder as Airflow's two loaders see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROBE = """
import json, sys
before = set(sys.modules)
from airflow import plugins_manager
from airflow.sdk import plugins_manager as sdk
core = plugins_manager._get_plugins()
worker = sdk._get_plugins()
heavy = {"pandas", "pyarrow", "plotly", "fastapi"} & (set(sys.modules) - before)
import ovh
print(json.dumps({
    "core": [p.name for p in core[0] if "ovh" in p.name], "core_errors": core[1],
    "worker": [p.name for p in worker[0] if "ovh" in p.name], "worker_errors": worker[1],
    "ovh": ovh.__file__, "client": hasattr(ovh, "Client"),
    "bare": sorted(set(sys.modules) & {"client", "sms", "documents", "jobs", "credits", "errors", "campaign"}),
}))
"""


def probe(code: str) -> dict[str, object]:
    env = {
        **os.environ,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}",
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_one_plugin_and_the_ovh_library_stays_itself() -> None:
    found = probe(PROBE)
    assert found["core"] == found["worker"] == ["ovh_sms"]
    assert found["core_errors"] == found["worker_errors"] == {}
    assert "site-packages" in str(found["ovh"])
    assert found["client"]
    assert found["bare"] == []


def test_the_plugin_file_is_light() -> None:
    code = """
import json, sys
import airflow.listeners, airflow.plugins_manager
before = set(sys.modules)
import ovh_sms_plugin
print(json.dumps({"loaded": sorted(set(sys.modules) - before)}))
"""
    assert probe(code)["loaded"] == ["ovh_sms_plugin"]
