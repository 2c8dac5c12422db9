"""Real runs: rows of a task and of plain SQL are sent once each, and Airflow keeps neither numbers nor texts."""

from __future__ import annotations

import json
from pathlib import Path

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

QUEUING = """
from datetime import datetime
from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False)
def orders_shipped():
    @task
    def queue():
        from ovh_sms.hooks.outbox import queue_sms
        for at in range(3):
            queue_sms(
                key=f"order-{at}", receiver=f"+3363998{at:04d}", message="Votre colis est parti.", sender="MYSHOP",
                stop_clause=False,
            )
    queue()

orders_shipped()
"""
RUNS = """
from support.credit_runs import run, xcom
from support.outbox import insert
from ovh_sms.hooks.store import ResultsHook

store = ResultsHook().store
found = {"queued": run(bag, "orders_shipped"), "first": run(bag, "sms_outbox")}
found["again"] = run(bag, "orders_shipped")
insert(store, "theirs", receiver="+33639980009")
insert(store, "nobody", receiver="12")
found["second"] = run(bag, "sms_outbox")
found["results"] = [xcom(found[each]["run_id"], "default", "sms_outbox") for each in ("first", "second")]
found["states"] = store.outbox.counts()
print(json.dumps(found, default=str))
"""


def test_rows_of_a_task_and_of_plain_sql_are_sent_once_by_real_runs(tmp_path: Path) -> None:
    (tmp_path / "include" / "accounts").mkdir(parents=True)
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_outbox.py").write_text((ROOT / "dags" / "sms_outbox.py").read_text(), encoding="utf-8")
    (tmp_path / "dags" / "orders_shipped.py").write_text(QUEUING, encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        found = json.loads(run_in_airflow(RUNS, tmp_path, sandbox, purposes=("outbox",)))
        sent = sorted(each["receiver"] for each in sandbox.messages())
    assert [found[each]["state"] for each in ("queued", "first", "again", "second")] == ["success"] * 4
    assert [each["rows"] for each in found["results"]] == [{"submitted": 3}, {"submitted": 1}]
    assert sent == ["+33639980000", "+33639980001", "+33639980002", "+33639980009"]
    assert found["states"] == {"submitted": 4, "refused": 1}
    for path in (tmp_path / "process.log", tmp_path / "airflow.db"):
        content = path.read_bytes()
        assert b"Votre colis est parti." not in content.replace(QUEUING.encode(), b""), path
        assert not any(number.removeprefix("+").encode() in content for number in sent), path


def test_a_clash_over_credits_keeps_no_text_waiting_and_two_files_of_an_account_make_one_task(tmp_path: Path) -> None:
    from ovh_sms.dag_factories.outbox import outbox_dag

    accounts = tmp_path / "accounts"
    accounts.mkdir()
    for name in ("first", "second"):
        (accounts / f"{name}.yaml").write_text(
            "account: sms-aa1-1\nthreshold: 100\nquantity: 1000\nmax_price: 500\n", encoding="utf-8"
        )
    (accounts / "third.yaml").write_text(
        "account: sms-aa1-2\nthreshold: 100\ntransfer: {from: nobody}\n", encoding="utf-8"
    )
    (accounts / "broken.yaml").write_text("acount: sms-aa1-3\n", encoding="utf-8")
    dag = outbox_dag(tmp_path, timezone="Europe/Paris")
    assert {each.task_id: type(each).__name__ for each in dag.tasks} == {
        "account_first": "SendOutboxOperator",
        "account_third": "SendOutboxOperator",
        "invalid-broken": "InvalidFileOperator",
        "default": "SendOutboxOperator",
    }


def test_a_watcher_starts_the_dag_and_each_account_has_a_task(tmp_path: Path) -> None:
    from ovh_sms.dag_factories.outbox import outbox_dag

    accounts = tmp_path / "accounts"
    accounts.mkdir()
    (accounts / "main.yaml").write_text("account: sms-aa1-1\nreplies: {}\n", encoding="utf-8")
    (accounts / "shop.yaml").write_text("account: sms-aa1-2\nreplies: {}\n", encoding="utf-8")
    dag = outbox_dag(tmp_path, timezone="Europe/Paris", poll_seconds=1.0)
    assert sorted(dag.task_ids) == ["account_main", "account_shop", "default"]
    assert [dag.get_task(each).takes_unnamed for each in ("default", "account_shop")] == [True, False]
    assert dag.max_active_runs == 1
    (asset,) = dag.timetable.asset_condition.objects
    (watcher,) = asset.watchers
    assert (asset.name, watcher.name) == ("ovh_sms_outbox", "outbox")
    path, given = watcher.trigger.serialize()
    assert (path, given["poll_interval"]) == ("ovh_sms.triggers.outbox.OutboxTrigger", 1.0)
