"""Real runs of sms_opt_outs, of the DAG that its asset starts, and of a campaign whose second batch is held."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
batch_size: 3
stop_threshold: 5
dead_after: 2
budget: 10
"""
NUMBERS = [f"+3363998000{at}" for at in range(6)]
BATCHES = [NUMBERS[:3], NUMBERS[3:]]
CONSUMER = """
from datetime import datetime
from airflow.sdk import dag, task
from ovh_sms.assets import OPT_OUTS

@dag(schedule=[OPT_OUTS], start_date=datetime(2026, 1, 1), catchup=False)
def to_crm():
    @task
    def read(triggering_asset_events=None):
        return [each.extra for each in triggering_asset_events[OPT_OUTS]]
    read()

to_crm()
"""
RUNS = """
from datetime import timedelta
from sqlalchemy import select
from airflow.models.asset import AssetDagRunQueue, AssetEvent, AssetModel
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sending import stop_hold
from support.credit_runs import run, xcom
from support.sandbox import SandboxProcess

sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], {account!r}
with create_session() as session:
    for model in session.scalars(select(DagModel)):
        model.is_paused = False
stop_hold.POLL_INTERVAL = timedelta(seconds=1)
execute, sent_first, tries, states = SendJobOperator.execute, [], [], []

def sent_then_stopped(self, context):
    at = context["ti"].map_index
    if sent_first and at not in sent_first:
        tries.append(at)
        if len(tries) == 3:
            store = ResultsHook().store
            held = store.held_runs.of("sms_campaign_spring", context["ti"].run_id)
            states.append([held.rate.opt_outs, held.rate.reached, held.decision])
            store.held_runs.decide("sms_campaign_spring", context["ti"].run_id, "send", by="ann")
    done = execute(self, context)
    if not sent_first:  # Airflow takes batches that are ready in any order
        sent_first.append(at)
        for each in {batches!r}[at]:
            sandbox.block(each)
    return done

SendJobOperator.execute = sent_then_stopped
found = {{"sent": run(bag, "sms_campaign_spring"), "first_batch": sent_first[0], "tries": len(tries), "held": states}}

def events():
    with create_session() as session:
        found = session.execute(
            select(AssetEvent.extra).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            .where(AssetModel.name == "ovh_sms_opt_outs").order_by(AssetEvent.id)
        ).scalars().all()
        queued = session.execute(select(AssetDagRunQueue.target_dag_id)).scalars().all()
    return {{"events": list(found), "queued": list(queued)}}

found["first"] = first = run(bag, "sms_opt_outs")
found["read"] = xcom(first["run_id"], "accounts.campaigns-ovh_sms_default", "sms_opt_outs")
found["after"] = events()
found["second"] = {{**run(bag, "sms_opt_outs"), **events()}}
print(json.dumps(found, default=str))
"""


def test_a_held_batch_goes_on_by_a_decision_and_the_opt_outs_are_published_once(tmp_path: Path) -> None:
    rows = "".join(f"{number};P{at}\n" for at, number in enumerate(NUMBERS))
    for name, text in (("campaigns/spring.yaml", CAMPAIGN), ("contacts/spring.csv", f"numero;prenom\n{rows}")):
        (tmp_path / "include" / name).parent.mkdir(parents=True)
        (tmp_path / "include" / name).write_text(text, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    for name in ("sms_campaigns", "sms_opt_outs"):
        (tmp_path / "dags" / f"{name}.py").write_text((ROOT / "dags" / f"{name}.py").read_text(), encoding="utf-8")
    (tmp_path / "dags" / "to_crm.py").write_text(CONSUMER, encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        code = RUNS.format(account=sandbox.account_name, batches=BATCHES)
        found = json.loads(run_in_airflow(code, tmp_path, sandbox, purposes=("campaign", "opt_outs")))
        sent = sorted(each["receiver"] for each in sandbox.messages())
    assert (found["sent"]["state"], sent) == ("success", NUMBERS)
    assert (found["tries"], found["held"]) == (3, [[3, 3, None]]), "it has waited until a person decided"
    assert found["first"]["tasks"] == {
        "accounts.campaigns-ovh_sms_default": "success",
        "publish": "success",
        "every_account": "success",
    }
    # The held batch has read and stored the STOP already.
    assert (found["read"]["listed"], found["read"]["new"]) == (3, 0)
    (event,) = found["after"]["events"]
    assert (event["opt_outs"], event["failed"], found["after"]["queued"]) == (3, 0, ["to_crm"])
    rows = pq.read_table(event["path"]).to_pylist()
    stopped = {(row["number"], row["campaign"], row["run_id"]) for row in rows}
    assert stopped == {(each, "spring", found["sent"]["run_id"]) for each in BATCHES[found["first_batch"]]}
    assert len(found["second"]["events"]) == 1, "nothing is new"
    for path in (tmp_path / "process.log", tmp_path / "airflow.db"):
        content = path.read_bytes()
        assert not any(number.removeprefix("+").encode() in content for number in NUMBERS), path


def test_a_broken_account_file_hinders_no_other_and_the_run_is_red(tmp_path: Path) -> None:
    accounts = tmp_path / "include" / "accounts"
    accounts.mkdir(parents=True)
    (accounts / "main.yaml").write_text("replies: {}\n", encoding="utf-8")
    (accounts / "broken.yaml").write_text("replys: {}\n", encoding="utf-8")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_opt_outs.py").write_text((ROOT / "dags" / "sms_opt_outs.py").read_text())
    code = """
from support.credit_runs import run
print(json.dumps(run(bag, "sms_opt_outs")))
"""
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        found = json.loads(run_in_airflow(code, tmp_path, sandbox))
    assert found["tasks"] == {
        "accounts.main": "success",
        "accounts.invalid-broken": "failed",
        "publish": "success",
        "every_account": "upstream_failed",
    }
    assert found["state"] == "failed"
