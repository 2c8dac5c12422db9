"""A run of a campaign that somebody marks failed: Airflow itself starts the DAG that cancels its pending messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

# An Airflow of its own, as its plugins and its database are one for each process. What marks the run is what the
# API server calls when somebody clicks "Failed".
PROBE = """
import json, sys, threading
from airflow.utils.db import initdb
initdb()
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.utils.session import create_session
DagBundlesManager().sync_bundles_to_db()
bag = DagBag(dag_folder=sys.argv[1])
sync_bag_to_db(bag, "dags-folder", None)
from airflow.api.common.trigger_dag import trigger_dag
from airflow.api_fastapi.core_api.services.public.dag_run import DagRunMutableStates, patch_dag_run_state
from airflow.models.dagrun import DagRun
from airflow.models.dagbag import DBDagBag
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

def mark(dag_id, state):
    run = trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.REST_API, run_type=DagRunType.MANUAL)
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()))
        dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        patch_dag_run_state(dag=dag, dag_run=run, state=state, session=session)
        return run.run_id

def by_itself(dag_id):
    trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.REST_API, run_type=DagRunType.MANUAL)
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()))
        run.dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        run.set_state("failed")
        run.notify_dagrun_state_changed(msg="task_failure")

marked = mark("sms_campaign_guide", DagRunMutableStates.FAILED)
mark("sms_campaign_guide", DagRunMutableStates.SUCCESS)
mark("sms_campaign_report", DagRunMutableStates.FAILED)
by_itself("sms_campaign_guide")

def wait(name):
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(30)

def ended(dag_id, state, msg, /, **conf):
    trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.REST_API, run_type=DagRunType.MANUAL, conf=conf)
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()))
        run.dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        run.set_state(state)
        run.notify_dagrun_state_changed(msg=msg)
        return run.run_id

wait("ovh_sms_cancel")
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store import migrate
store = ResultsHook().store
migrate.init(store)
states = ("success", "running", "running", "success")
over, running, by_command, untouched = (ended("sms_campaign_guide", each, "success") for each in states)
store.cancelled_runs.add("sms_campaign_guide", by_command, by="anna")
for run_id in (over, running, "no_such_run"):
    store.cancelled_runs.add("sms_campaign_guide", run_id)  # as its task does
    ended("sms_campaign_cancel", "success", "success", dag_id="sms_campaign_guide", run_id=run_id)
    wait("ovh_sms_cancelled")
for run_id in (running, by_command):  # its last task ends once it is cancelled
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.run_id == run_id))
        run.dag = DBDagBag().get_latest_version_of_dag("sms_campaign_guide", session=session)
        run.set_state("success")
        run.notify_dagrun_state_changed(msg="success")
wait("ovh_sms_cancelled")
by_hand = "Dag Run's state was manually set to `success`."
ended("sms_campaign_cancel", "success", by_hand, dag_id="sms_campaign_guide", run_id=untouched)
wait("ovh_sms_cancelled")
from datetime import timedelta
from ovh_sms.store.reservation_records import WantedCredits

def reserved_after(*states):
    trigger_dag("sms_campaign_guide", triggered_by=DagRunTriggeredByType.REST_API, run_type=DagRunType.MANUAL)
    amounts = []
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == "sms_campaign_guide").order_by(DagRun.id.desc()))
        run.dag = DBDagBag().get_latest_version_of_dag("sms_campaign_guide", session=session)
        wanted = WantedCredits(list_tag=states[0], dag_id=run.dag_id, run_id=run.run_id, account=states[0],
                               batches={"b1": 5.0}, lasts=timedelta(days=1))
        store.reservations.reserve(wanted, store.reservations.read(states[0]), credits_left=5)
        for state in states:
            run.set_state(state)
            run.notify_dagrun_state_changed(msg="the state of its tasks")
            wait("ovh_sms_credits")
            amounts.append(store.reservations.reserved(states[0]))
    return amounts

ways = (("success", "running"), ("failed", "running"), ("running", "failed"))
reserved = [reserved_after(*each) for each in ways]
with create_session() as session:
    shown = (over, running, by_command, untouched)
    runs = {each: session.scalar(select(DagRun).where(DagRun.run_id == each)) for each in shown}
    states = [[str(run.state), run.note] for run in runs.values()]
    for run in session.scalars(select(DagRun).where(DagRun.dag_id == "sms_campaign_cancel")):
        if run.state != "queued":
            session.delete(run)
with create_session() as session:
    stops = session.scalars(select(DagRun).where(DagRun.dag_id == "sms_campaign_cancel")).all()
    from airflow.models.dag import DagModel
    paused = session.get(DagModel, "sms_campaign_cancel").is_paused
    stops = [[str(run.state), run.conf] for run in stops]
    print(json.dumps({"reserved": reserved, "marked": marked, "paused": paused, "states": states, "stops": stops}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    tmp_path = tmp_path_factory.mktemp("airflow")
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'airflow.db'}",
        "OVH_SMS_DATA": str(tmp_path / "data"),
        "OVH_SMS_INCLUDE": str(ROOT / "include"),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}",
    }
    command = [sys.executable, "-c", PROBE, str(ROOT / "dags")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    shown: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return shown


def test_only_a_campaigns_run_that_a_person_marks_failed_is_stopped(found: dict[str, Any]) -> None:
    assert not found["paused"]
    assert found["stops"] == [["queued", {"dag_id": "sms_campaign_guide", "run_id": found["marked"]}]]


def test_a_cancelled_run_that_ends_in_success_before_or_after_is_failed_and_no_other(found: dict[str, Any]) -> None:
    cancelled = ["failed", "Cancelled: see the runs of sms_campaign_cancel."]
    by_command = ["failed", "Cancelled by anna."]
    assert found["states"] == [cancelled, cancelled, by_command, ["success", None]]


def test_a_run_that_ends_reserves_no_credits_until_it_goes_on(found: dict[str, Any]) -> None:
    assert found["reserved"] == [[0.0, 5.0], [0.0, 5.0], [5.0, 0.0]]
