"""State that `make up` keeps from one start to the next, and its connection, which passes the test of the form."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

from ovh_demo import playground
from ovh_demo.local_airflow import ROOT, LocalAirflow
from support.airflow_task import connection
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]


def test_the_sandbox_keeps_its_port(tmp_path: Path) -> None:
    file = tmp_path / "sandbox" / "port"
    first = playground._kept_port(file)
    assert playground._kept_port(file) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        other = playground._kept_port(file)
        assert other != first
    assert playground._kept_port(file) == other


def test_a_shell_reads_the_environment_that_up_writes_and_nobody_else_may(tmp_path: Path) -> None:
    airflow = LocalAirflow(tmp_path / "my airflow", include=ROOT / "include", port=8080)
    file = tmp_path / "airflow.env"
    playground._write_environment(file, airflow)
    assert file.stat().st_mode & 0o777 == 0o600
    shown = ["bash", "-c", f"set -a; . {shlex.quote(str(file))}; env -0"]
    done = subprocess.run(shown, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
    found = dict(line.partition("=")[::2] for line in done.stdout.split("\0") if line)
    assert {name: found.get(name) for name in airflow.settings} == airflow.settings
    assert "AIRFLOW__CORE__FERNET_KEY" in found


#: Airflow's API as the browser calls it; the body is that of the form, which sends 0 for an empty port.
API = """
import json, sys
from types import SimpleNamespace
from airflow.utils.db import initdb
initdb()
from airflow.api_fastapi.app import create_app
from fastapi.testclient import TestClient
from ovh_demo import playground

with TestClient(create_app(apps="core"), base_url="http://127.0.0.1:8080") as client:
    token = client.get("/auth/token").json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"

    def call(method, path, **body):
        answer = client.request(method, f"/api/v2{path}", json=body or None)
        answer.raise_for_status()
        return answer.json()

    given = json.loads(sys.argv[1])
    for _ in range(2):  # made, then pointed at the sandbox again
        playground._connect(SimpleNamespace(call=call, log_file=""), SimpleNamespace(connection=given))
    kept = call("GET", "/connections/ovh_sms_default")
    text = {name: kept[name] or "" for name in ("host", "login", "schema")}
    extra = {**json.loads(kept["extra"]), "consumer_key": "***"}
    form = {**text, "conn_type": kept["conn_type"], "connection_id": "ovh_sms_default", "description": "",
            "password": "***", "port": int(kept["port"] or 0), "extra": json.dumps(extra)}
    answer = client.post("/api/v2/connections/test", json=form)
    print(json.dumps([answer.status_code, answer.json()]))
"""


def test_the_connection_of_make_up_passes_the_test_of_the_form(tmp_path: Path, sandbox) -> None:
    env = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW_CONN_", "AIRFLOW__CORE__AUTH", "AIRFLOW__CORE__SIMPLE"))
        },
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'airflow.db'}",
        "OVH_SMS_DATA": str(tmp_path / "data"),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}",
    }
    given = json.loads(connection(sandbox))
    command = [sys.executable, "-c", API, json.dumps(given)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    code, answer = json.loads(done.stdout.splitlines()[-1])
    assert (code, answer["status"]) == (200, True), answer
    assert f"SMS account {sandbox.account_name} is enabled" in answer["message"]
