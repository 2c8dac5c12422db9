"""The example of docs/when-it-leaves.md: a DAG makes a table and updates an asset, which starts the campaign."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.own_airflow import ROOT, run_in_airflow, set_clock
from support.pages import DOCS, blocks
from support.sandbox import SandboxProcess

# An Airflow of its own, as its database is one for each process. The scheduler's own function starts the campaign.
PROBE = """
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.sqlalchemy import prohibit_commit
from sqlalchemy import select
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
    found = {mark: body for lang, mark, body in blocks(DOCS / "when-it-leaves.md") if "appointments" in body}
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
        set_clock(sandbox.control, "10:00")  # at night the campaign would wait for the morning
        clinic_db = {"conn_type": "sqlite", "host": str(tmp_path / "clinic.db")}
        done = run_in_airflow(PROBE, tmp_path, sandbox, AIRFLOW_CONN_CLINIC=json.dumps(clinic_db))
        assert json.loads(done) == {
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
