"""The example of docs/campaigns.md: a DAG makes a table and updates an asset, which starts the campaign."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.airflow_task import connection
from support.pages import DOCS, blocks
from support.sandbox import SandboxProcess

ROOT = Path(__file__).resolve().parents[2]

# An Airflow of its own, as its database is one for each process. The scheduler's own function starts the campaign.
PROBE = """
import json, sys
from airflow.utils.db import initdb
initdb()
from ovh_sms.cli import app
app(["db", "init"], standalone_mode=False)
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.sqlalchemy import prohibit_commit
from sqlalchemy import select

DagBundlesManager().sync_bundles_to_db()
bag = DagBag(dag_folder=sys.argv[1])
assert not bag.import_errors, bag.import_errors
sync_bag_to_db(bag, "dags-folder", None)
names = ["appointments_of_tomorrow", "sms_campaign_reminder"]

def started():
    with create_session() as session:
        for name in names:
            session.get(DagModel, name).is_paused = False
    with create_session() as session:
        with prohibit_commit(session) as guard:
            SchedulerJobRunner(Job())._create_dagruns_for_dags(guard, session)
    with create_session() as session:
        runs = session.scalars(select(DagRun).where(DagRun.dag_id == names[1])).all()
        return [[str(run.run_type), [event.asset.name for event in run.consumed_asset_events]] for run in runs]

before = started()
table = bag.dags[names[0]].test()
after = started()
campaign = bag.dags[names[1]].test()
print(json.dumps({"before": before, "table": str(table.state), "after": after, "campaign": str(campaign.state)}))
"""


def example(include: Path, dags: Path) -> None:
    """Write the page's DAG and its campaign where Airflow reads them."""
    found = {mark: body for lang, mark, body in blocks(DOCS / "campaigns.md") if "appointments" in body}
    assert set(found) == {"campaign", "dag"}
    for folder in (include / "campaigns", dags):
        folder.mkdir(parents=True)
    (include / "campaigns" / "reminder.yaml").write_text(found["campaign"], encoding="utf-8")
    (dags / "appointments.py").write_text(found["dag"], encoding="utf-8")
    (dags / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text(), encoding="utf-8")


def clinic(path: Path) -> None:
    """Write the appointments of two days; only tomorrow's people are written to."""
    tomorrow, later = ((datetime.now(UTC) + timedelta(days=days)).date().isoformat() for days in (1, 9))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE appointments (mobile TEXT, prenom TEXT, heure TEXT, day TEXT)")
        people = [("Ana", "9 h", tomorrow), ("Bob", "10 h 30", tomorrow), ("Cid", "9 h", later)]
        rows = [(f"06399800{at}", *each) for at, each in enumerate(people, 10)]
        database.executemany("INSERT INTO appointments VALUES (?, ?, ?, ?)", rows)


def test_an_updated_table_starts_the_campaign_that_reads_it(tmp_path: Path) -> None:
    example(tmp_path / "include", tmp_path / "dags")
    clinic(tmp_path / "clinic.db")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        env = {
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'airflow.db'}",
            "AIRFLOW_CONN_CLINIC": json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "clinic.db")}),
            "AIRFLOW_CONN_OVH_SMS_DEFAULT": connection(sandbox),
            "OVH_SMS_DATA": str(tmp_path / "data"),
            "OVH_SMS_INCLUDE": str(tmp_path / "include"),
            "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}",
        }
        command = [sys.executable, "-c", PROBE, str(tmp_path / "dags")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        found = json.loads(done.stdout.splitlines()[-1])
        assert found == {
            "before": [],
            "table": "success",
            "after": [["asset_triggered", ["appointments"]]],
            "campaign": "success",
        }
        messages = sandbox.messages()
        assert {each["receiver"]: each["message"] for each in messages} == {
            "+33639980010": "Bonjour Ana, rendez-vous demain a 9 h.",
            "+33639980011": "Bonjour Bob, rendez-vous demain a 10 h 30.",
        }
