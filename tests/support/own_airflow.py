"""A real Airflow of a test's own: its database is one for each process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ovh_sms.api.rights import needed_rules
from support.airflow_task import connection
from support.sandbox import SandboxProcess

ROOT = Path(__file__).resolve().parents[2]


#: Makes the databases and reads the DAGs into ``bag``. Airflow's provider for OpenLineage reports runs in a process of
#: its own: one that is forked while threads of the run hold a lock would stand still.
READY = """
import json, multiprocessing, sys
multiprocessing.set_start_method("spawn")
from airflow.utils.db import initdb
initdb()
from ovh_sms.cli import app
app(["db", "init"], standalone_mode=False)
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

DagBundlesManager().sync_bundles_to_db()
bag = DagBag(dag_folder=sys.argv[1])
assert not bag.import_errors, bag.import_errors
sync_bag_to_db(bag, "dags-folder", None)
"""


def run_in_airflow(
    code: str, folder: Path, sandbox: SandboxProcess, *, purposes: tuple[str, ...] = (), **env: str
) -> str:
    """Run code in a process with an Airflow of its own; it reads ``dags/`` and ``include/`` of a folder.

    :param code: finds the DAGs in ``bag``; gets the folder of the DAGs and the sandbox's control address as arguments.
    :param purposes: those whose rights the key has, and no others; all rights if there are none.
    :returns: the last line of JSON that it wrote; Airflow may log behind it. All that it logged is in ``process.log``.
    """
    dags = str(folder / "dags")
    given = {
        **os.environ,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",  # a command of this process may have set another one
        "AIRFLOW__CORE__DAGS_FOLDER": dags,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW_CONN_OVH_SMS_DEFAULT": connection(sandbox, **key_for(sandbox, purposes)),
        "OVH_SMS_DATA": str(folder / "data"),
        "OVH_SMS_INCLUDE": str(folder / "include"),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}:{ROOT / 'tests'}",
        **env,
    }
    command = [sys.executable, "-c", READY + code, dags, sandbox.control]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    (folder / "process.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return next(line for line in reversed(done.stdout.splitlines()) if line.startswith("{"))


def key_for(sandbox: SandboxProcess, purposes: tuple[str, ...]) -> dict[str, str]:
    """A consumer key with exactly the rights of some purposes; none if there are none."""
    rules = [rule.split(" ", 1) for rule in needed_rules(purposes, sandbox.account_name)]
    return {"consumer_key": sandbox.key([(method, path) for method, path in rules])} if rules else {}


def set_clock(control: str, time_of_day: str, *, day: str = "2026-11-25") -> None:
    """Set all of OVH's clocks to a time in Paris; by default of a Wednesday in winter."""
    moment = datetime.fromisoformat(f"{day} {time_of_day}").replace(tzinfo=ZoneInfo("Europe/Paris"))
    body = json.dumps({"offset": moment.timestamp() - datetime.now(UTC).timestamp()}).encode()
    request = urllib.request.Request(f"{control}/clock", body, {"Content-Type": "application/json"}, method="POST")
    urllib.request.urlopen(request, timeout=60).close()
