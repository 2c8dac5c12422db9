"""Real runs of sms_replies: replies are collected and update an asset, by which Airflow queues a DAG that answers."""

from __future__ import annotations

import json
from pathlib import Path

from support.answered_runs import RULES, campaign_file
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

CONSUMER = """
from datetime import datetime
from airflow.sdk import dag, task
from ovh_sms.assets import REPLIES

@dag(schedule=[REPLIES], start_date=datetime(2026, 1, 1), catchup=False)
def on_replies():
    @task
    def read(triggering_asset_events=None):
        return [each.extra for each in triggering_asset_events[REPLIES]]
    read()

on_replies()
"""
ANSWERING = """
from datetime import datetime, timedelta
from airflow.sdk import DAG
from ovh_sms.assets import REPLIES
from ovh_sms.operators.send_reply import SendReplyOperator

with DAG("visits_answered", schedule=[REPLIES], start_date=datetime(2026, 1, 1), catchup=False):
    SendReplyOperator(
        task_id="thank", campaign="visit", event="confirmed", message="Merci, a mardi !",
        quiet_period=timedelta(seconds=3), reconcile_timeout=timedelta(seconds=20),
    )
"""
RUNS = """
from pathlib import Path
from sqlalchemy import select
from airflow.models.asset import AssetDagRunQueue, AssetEvent, AssetModel
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from support.answered_runs import delivered, people
from support.credit_runs import run, xcom
from support.sandbox import SandboxProcess

sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], {account!r}
with create_session() as session:
    for model in session.scalars(select(DagModel)):
        model.is_paused = False

def events():
    with create_session() as session:
        found = session.execute(
            select(AssetEvent.extra).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            .where(AssetModel.name == "ovh_sms_replies").order_by(AssetEvent.id)
        ).scalars().all()
        queued = session.execute(select(AssetDagRunQueue.target_dag_id)).scalars().all()
    return {{"events": list(found), "queued": list(queued)}}

source = Path({include!r}) / "contacts" / "visit.csv"
source.parent.mkdir(parents=True, exist_ok=True)
lines = [f"{{number}};C-{{at}}" for at, number in enumerate(people(0, 12))]
source.write_text("\\n".join(["numero;client", *lines]) + "\\n", encoding="utf-8")
sent = run(bag, "sms_campaign_visit")
found = {{"sent": sent, "before": {{**run(bag, "sms_replies"), **events()}}}}
sandbox.clock(advance=3600)
there = [each["receiver"] for each in sandbox.messages() if each["delivery_receipt"] == 1]
for person, text in zip(there, ("OUI", "Oui merci", "je ne sais pas", "STOP")):
    sandbox.reply(person, text)
found["collected"] = collected = run(bag, "sms_replies")
found["result"] = xcom(collected["run_id"], "announce", "sms_replies")
found["after"] = events()
found["answered"] = run(bag, "visits_answered")
found["answers"] = xcom(found["answered"]["run_id"], "thank", "visits_answered")
found["answered_again"] = run(bag, "visits_answered")
found["again"] = {{**run(bag, "sms_replies"), **events()}}
print(json.dumps(found, default=str))
"""


def test_replies_of_a_real_run_start_a_dag_of_its_users(tmp_path: Path) -> None:
    include = tmp_path / "include"
    campaign_file(include, "visit", RULES)
    (include / "accounts").mkdir()
    (include / "accounts" / "main.yaml").write_text("replies: {}\n", encoding="utf-8")
    (tmp_path / "dags").mkdir()
    for name in ("sms_campaigns", "sms_replies", "sms_credits_topup"):
        (tmp_path / "dags" / f"{name}.py").write_text((ROOT / "dags" / f"{name}.py").read_text(), encoding="utf-8")
    (tmp_path / "dags" / "on_replies.py").write_text(CONSUMER, encoding="utf-8")
    (tmp_path / "dags" / "visits_answered.py").write_text(ANSWERING, encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=1_000)
        code = RUNS.format(account=sandbox.account_name, include=str(include))
        found = json.loads(run_in_airflow(code, tmp_path, sandbox, purposes=("campaign", "replies", "answers")))
        thanks = [each["receiver"] for each in sandbox.messages() if each["message"] == "Merci, a mardi !"]
        people = {each["receiver"].removeprefix("+") for each in sandbox.messages()}
    assert found["sent"]["state"] == "success"
    assert (found["before"]["tasks"], found["before"]["events"]) == (
        {"main": "success", "announce": "success", "every_account": "success"},
        [],
    ), "no reply, no event"
    (extra,) = found["after"]["events"]
    (event,) = extra["runs"]
    assert event["by_action"] == {"confirmed": 2, "inbox": 1, "opt_out": 1}
    assert (event["campaign"], event["run_id"]) == ("visit", found["sent"]["run_id"])
    assert found["result"] == extra
    assert sorted(found["after"]["queued"]) == ["on_replies", "visits_answered"]
    assert [found[each]["state"] for each in ("answered", "answered_again")] == ["success", "success"]
    assert found["answers"]["by_state"] == {"answered": 2}
    assert len(thanks) == len(set(thanks)) == 2, "one answer each, by two runs"
    assert len(found["again"]["events"]) == 1, "each reply is announced once"
    rows = Path(event["events"]).read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split(";")[1] for row in rows] == ["confirmed"] * 2
    for path in (tmp_path / "process.log", tmp_path / "airflow.db"):
        content = path.read_bytes()
        assert not any(person.encode() in content for person in people), path
