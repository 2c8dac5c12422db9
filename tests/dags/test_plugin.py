"""The plugin as Airflow's two loaders see it: that of API server and scheduler, and that of task processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.registrations import ONCE, REGISTRATIONS

ROOT = Path(__file__).resolve().parents[2]


def probe(code: str, plugins_folder: Path = ROOT / "plugins") -> Any:
    env = {
        **os.environ,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins_folder),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}",
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("process", REGISTRATIONS)
@pytest.mark.parametrize("folder", ["plugins", "no plugins"])
def test_the_installed_plugin_is_registered_once_with_and_without_the_folder(
    tmp_path: Path, process: str, folder: str
) -> None:
    plugins_folder = ROOT / "plugins" if folder == "plugins" else tmp_path
    assert probe(REGISTRATIONS[process], plugins_folder) == ONCE


LIBRARIES = """
import json, sys
before = set(sys.modules)
from airflow import plugins_manager
from airflow.sdk import plugins_manager as sdk
plugins_manager._get_plugins(), sdk._get_plugins()
heavy = {"pandas", "pyarrow", "plotly", "fastapi"} & (set(sys.modules) - before)
import ovh
print(json.dumps({
    "heavy": sorted(heavy), "ovh": ovh.__file__, "client": hasattr(ovh, "Client"),
    "bare": sorted(set(sys.modules) & {"client", "sms", "documents", "jobs", "credits", "errors", "campaign"}),
}))
"""


def test_the_plugins_folder_replaces_no_library() -> None:
    found = probe(LIBRARIES)
    assert "site-packages" in found["ovh"]
    assert found["client"]
    assert found["bare"] == found["heavy"] == []


LIGHT = """
import json, sys
import airflow.listeners, airflow.plugins_manager
before = set(sys.modules)
import ovh_sms_plugin
print(json.dumps(sorted(set(sys.modules) - before - {"ovh_sms"})))  # Airflow 3.4 has imported it already
"""


def test_the_plugin_is_light() -> None:
    ids = ["ovh_sms.campaign", "ovh_sms.campaign.dag_ids"]  # texts alone
    ours = [*ids, "ovh_sms.listeners", "ovh_sms.listeners.dag_run", "ovh_sms.plugin", "ovh_sms_plugin"]
    assert probe(LIGHT) == ours


@pytest.mark.parametrize("view", [0, 1, 2])
def test_links_stay_below_the_path_of_airflow(view: int) -> None:
    from ovh_sms.plugin import OvhSmsPlugin

    assert OvhSmsPlugin.external_views[view]["href"].startswith("ovh-sms/")


def test_the_report_of_a_run_is_offered_beside_our_runs_only() -> None:
    from ovh_sms.plugin import OvhSmsPlugin

    (of_a_run,) = [view for view in OvhSmsPlugin.external_views if view["destination"] == "dag_run"]
    assert of_a_run["applies_to"] == {"dag.tags.name": ["sms"]}
