"""A campaign that a budget stops, in a real Airflow: its notifiers report the run once, from the DAG processor."""

from __future__ import annotations

import json
from pathlib import Path

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
budget: 1
notify:
  - notifier: support.notifiers.FileNotifier
    arguments: {path: "%s"}
"""
LIST = "numero;prenom\n0639980001;Ana\n0639980002;Cy\n"
PROBE = """
import structlog
from airflow.callbacks.callback_requests import DagCallbackRequest
from airflow.dag_processing.processor import _execute_dag_callbacks

dag = bag.dags["sms_campaign_spring"]
run = dag.test()
for _ in range(2):  # the processor may be asked twice
    _execute_dag_callbacks(
        bag,
        DagCallbackRequest(
            filepath="sms_campaigns.py",
            bundle_name="dags-folder",
            bundle_version=None,
            dag_id=dag.dag_id,
            run_id=run.run_id,
            is_failure_callback=True,
            msg="task_failure",
        ),
        structlog.get_logger(),
    )
print(json.dumps({"state": str(run.state), "run_id": run.run_id}))
"""


def test_a_run_that_the_budget_stops_is_reported_once_when_it_has_failed(tmp_path: Path) -> None:
    notified = tmp_path / "notified.jsonl"
    for name, text in (("campaigns/spring.yaml", CAMPAIGN % notified), ("contacts/spring.csv", LIST)):
        (tmp_path / "include" / name).parent.mkdir(parents=True)
        (tmp_path / "include" / name).write_text(text, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text())
    with SandboxProcess(tmp_path / "sandbox") as sandbox:
        found = json.loads(run_in_airflow(PROBE, tmp_path, sandbox))
        assert found["state"] == "failed"
        assert sandbox.messages() == []
    (said,) = [json.loads(line) for line in notified.read_text(encoding="utf-8").splitlines()]
    assert said["subject"] == "SMS campaign spring: not sent"
    lines = said["text"].splitlines()
    assert lines[0].startswith("Not sent: ")
    assert "2 credits" in lines[0]
    assert lines[-1] == f"Run {found['run_id']}"
    assert "3998" not in json.dumps(said)
