"""A real scheduler with campaigns that have a deadline: a late run is reported once, one that left in time is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.dag_factories.campaign import campaign_dag
from ovh_sms.dag_factories.departure_deadline import deadline_alerts
from ovh_sms.errors import CampaignFileError
from support.campaign_text import load
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
budget: 100
leave_within_hours: 2
notify:
  - notifier: support.notifiers.FileNotifier
    arguments: {path: "%s"}
"""
LIST = "numero;prenom\n0639980001;Ana\n0639980002;Cy\n"

#: The scheduler makes the run of ``late`` itself, for New Year, and no worker is ever free for its tasks. The executor
#: runs all others at once, and a callback twice, as it may.
PROBE = """
from contextlib import contextmanager
from datetime import UTC, datetime
from airflow.executors.base_executor import BaseExecutor
from airflow.executors.workloads import ExecuteCallback
from airflow.jobs.job import Job, run_job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models import DagRun
from airflow.models.callback import Callback
from airflow.models.dag import DagModel
from airflow.models.deadline import Deadline
from airflow.models.serialized_dag import SerializedDagModel
from airflow.sdk.api import client
from airflow.sdk.execution_time import callback_supervisor, supervisor
from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select, update

class Executor(BaseExecutor):
    supports_callbacks = True

    def end(self):
        pass

    def _process_workloads(self, workloads):
        for each in workloads:
            if isinstance(each, ExecuteCallback):
                del self.queued_callbacks[each.key]
                self.run_workload(each, server="http://in-process")
            elif each.ti.dag_id != "sms_campaign_late":
                del self.queued_tasks[each.ti.key]
            else:
                continue
            self.run_workload(each, server="http://in-process")
            self.change_state(each.key, each.success_state)

@contextmanager
def in_process(*_, **__):
    yield InProcessTestSupervisor._api_client()

# No API server runs. Airflow 3.4 gives a callback a token for one call of it.
supervisor._ensure_client = callback_supervisor._ensure_client = in_process
if hasattr(client, "CallbackOperations"):
    client.CallbackOperations.run = lambda self, callback_id: None
with create_session() as session:
    session.execute(update(DagModel).where(DagModel.dag_id.like("sms_campaign_%")).values(is_paused=False))
    dag = SerializedDagModel.get_dag("sms_campaign_in_time", session=session)
    dag.create_dagrun(
        run_id="manual__1",
        run_type=DagRunType.MANUAL,
        run_after=datetime.now(UTC),
        triggered_by=DagRunTriggeredByType.TEST,
        state=DagRunState.QUEUED,
        session=session,
    )
with create_session() as session:
    before = {}
    for each in session.scalars(select(Deadline)):
        before.setdefault(each.dagrun.dag_id, []).append((each.deadline_time - each.dagrun.queued_at).total_seconds())
job = Job()
scheduler = SchedulerJobRunner(
    job=job, num_runs=3, only_idle=True, scheduler_idle_sleep_time=0.01, executors=[Executor()]
)
run_job(job=job, execute_callable=scheduler._execute)
with create_session() as session:
    deadlines = {}
    for each in session.scalars(select(Deadline).order_by(Deadline.deadline_time)):
        deadlines.setdefault(each.dagrun.dag_id, []).append([each.missed, str(each.callback.state)])
    runs = {each.dag_id: [str(each.state), each.run_id] for each in session.scalars(select(DagRun))}
    kept = json.dumps([each.data for each in session.scalars(select(Callback))], default=str)
print(json.dumps({"before": before, "deadlines": deadlines, "runs": runs, "kept": kept}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("late")
    late = CAMPAIGN % (folder / "late.jsonl") + 'schedule: "0 10 1 1 *"\n'
    for name, text in (
        ("dags/sms_campaigns.py", (ROOT / "dags" / "sms_campaigns.py").read_text(encoding="utf-8")),
        ("include/campaigns/late.yaml", late),
        ("include/campaigns/in_time.yaml", CAMPAIGN % (folder / "in_time.jsonl")),
        ("include/contacts/spring.csv", LIST),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with SandboxProcess(folder / "sandbox") as sandbox:
        # Airflow notices the end of a process that soon.
        often = {"AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1"}
        ran: dict[str, Any] = json.loads(run_in_airflow(PROBE, folder, sandbox, **often))
        ran["messages"] = len(sandbox.messages())
    ran["notified"] = {each: said(folder / f"{each}.jsonl") for each in ("late", "in_time")}
    return ran


def said(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_a_run_past_its_deadline_is_reported_once_by_the_executor(found: dict[str, Any]) -> None:
    (late,) = found["notified"]["late"]
    state, run_id = found["runs"]["sms_campaign_late"]
    assert state == "running"
    assert late["subject"] == "SMS campaign late: not left in time"
    lines = late["text"].splitlines()
    assert lines[0] == "Not sent: no task of the run has started."
    assert lines[-2].startswith("All of it should have left by ")
    assert lines[-2].endswith(" 1 Jan 12:00.")
    assert lines[-1] == f"Run {run_id}"
    # The other one counts from the start of the run, and has not come yet.
    assert found["deadlines"]["sms_campaign_late"] == [[True, "success"], [False, "scheduled"]]


def test_a_run_that_left_in_time_notifies_nobody(found: dict[str, Any]) -> None:
    assert found["runs"]["sms_campaign_in_time"] == ["success", "manual__1"]
    assert found["messages"] == 2
    assert found["before"] == {"sms_campaign_in_time": [7_200.0]}, "a run by hand counts from its start alone"
    assert "sms_campaign_in_time" not in found["deadlines"]
    assert found["notified"]["in_time"] == []


def test_airflow_keeps_no_argument_of_a_notifier(found: dict[str, Any]) -> None:
    assert "report_late_run" in found["kept"]
    assert "jsonl" not in found["kept"]


def alerts(folder: Path, *more: str) -> list[tuple[str, float, bool]]:
    """The reference of each alert of a campaign's DAG, its hours, and whether it is for planned runs alone."""
    text = CAMPAIGN % (folder / "kept.jsonl") + "".join(more)
    dag = campaign_dag(load(folder, text), folder)
    return [
        (type(each.reference).__name__, each.interval.total_seconds() / 3_600, each.callback.kwargs["of_planned_time"])
        for each in dag.deadline
    ]


BY_START = ("DagRunQueuedAtDeadline", 2, False)


@pytest.mark.parametrize("more", ["schedule: '0 10 * * 2'\n", "send_at: 2098-12-03 10:00\n"])
def test_a_planned_campaign_counts_from_its_planned_time_and_one_by_hand_from_its_start(
    tmp_path: Path, more: str
) -> None:
    assert alerts(tmp_path, more) == [("DagRunLogicalDateDeadline", 2, True), BY_START]
    assert alerts(tmp_path) == alerts(tmp_path, "schedule: {asset: appointments}\n") == [BY_START]


@pytest.mark.parametrize(
    ("executor", "way"),
    [
        ("LocalExecutor", "SyncCallback"),
        ("CeleryExecutor,KubernetesExecutor", "SyncCallback"),
        ("airflow.providers.celery.executors.celery_executor.CeleryExecutor", "SyncCallback"),
        ("KubernetesExecutor", "AsyncCallback"),
        ("mine:my_company.executors.OurExecutor", "AsyncCallback"),
    ],
)
def test_an_executor_that_may_not_take_callbacks_is_given_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str, way: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    (found,) = deadline_alerts(load(tmp_path, CAMPAIGN % (tmp_path / "kept.jsonl")), tmp_path)
    assert type(found.callback).__name__ == way


def test_a_campaign_without_a_deadline_has_no_alert(tmp_path: Path) -> None:
    text = (CAMPAIGN % (tmp_path / "kept.jsonl")).replace("leave_within_hours: 2\n", "")
    assert campaign_dag(load(tmp_path, text), tmp_path).deadline is None


def test_a_schedule_whose_every_run_would_be_late_is_an_invalid_file(tmp_path: Path) -> None:
    text = CAMPAIGN.replace("night: send\n", "") % (tmp_path / "kept.jsonl") + "schedule: '0 3 * * *'\n"
    with pytest.raises(CampaignFileError, match="every run would be late"):
        campaign_dag(load(tmp_path, text), tmp_path)
