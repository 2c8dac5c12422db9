"""docs/alerts.md against the notifier; its DAG fails in a real Airflow, and two people are alerted once."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ovh_sms.notifications.late_run import summarise_late
from ovh_sms.notifications.sms_alert import MOST_PER_HOUR, OvhSmsNotifier
from ovh_sms.outbox.alert_receivers import MOST_RECEIVERS
from ovh_sms.store.campaign_approvals import CampaignApproval
from ovh_sms.store.run_records import BatchRecord, RunRecord
from ovh_sms.store.run_results import BatchResults, RunResults
from support.campaign_text import load
from support.own_airflow import ROOT, run_in_airflow
from support.pages import DOCS, blocks, chapter, marked, rows, text
from support.sandbox import SandboxProcess
from support.stores import new_store

PAGE = text("alerts.md")
RUNS = """
from support.credit_runs import run
found = {"stock": run(bag, "stock_import"), "outbox": run(bag, "sms_outbox")}
print(json.dumps(found, default=str))
"""


def test_every_parameter_is_described_with_its_default_and_limits() -> None:
    described = {row[0].strip("`"): row[1] for row in rows(chapter(PAGE, "Parameters"))[1:]}
    given = {
        name: each.default for name, each in inspect.signature(OvhSmsNotifier).parameters.items() if name != "context"
    }
    assert set(described) == set(given)
    assert described["per_hour"] == f"`{given['per_hour']}`"
    assert described["ovh_sms_conn_id"] == f'`"{given["ovh_sms_conn_id"]}"`'
    assert f"1 to {MOST_PER_HOUR}" in PAGE
    assert f"1 to {MOST_RECEIVERS} numbers" in PAGE


def test_the_dag_of_the_page_fails_for_good_and_alerts_each_person_once(tmp_path: Path) -> None:
    (code,) = marked("alerts.md", "dag")
    people, alert, *_ = [body for language, _, body in blocks(DOCS / "alerts.md") if language == "text"]
    (tmp_path / "include" / "accounts").mkdir(parents=True)
    (tmp_path / "data" / "alerts").mkdir(parents=True)
    (tmp_path / "data" / "alerts" / "on_call.txt").write_text(people, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_outbox.py").write_text((ROOT / "dags" / "sms_outbox.py").read_text(), encoding="utf-8")
    soon = code.replace("timedelta(minutes=5)", "timedelta(0)")
    assert soon != code
    (tmp_path / "dags" / "stock_import.py").write_text(soon, encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        found = json.loads(run_in_airflow(RUNS, tmp_path, sandbox))
        sent = sandbox.messages()
    assert [found[each]["state"] for each in ("stock", "outbox")] == ["failed", "success"]
    assert sorted(each["receiver"] for each in sent) == ["+33639980001", "+33639980002"]
    (message,) = {each["message"] for each in sent}
    assert message.partition(", run of ")[0] == alert.partition(", run of ")[0]
    for path in (tmp_path / "process.log", tmp_path / "airflow.db"):
        content = path.read_bytes()
        assert b"639980001" not in content.replace(b" ", b""), path
        assert message.encode() not in content, path


def test_the_notification_of_a_late_campaign_is_that_of_the_page(tmp_path: Path) -> None:
    shown = [body for language, _, body in blocks(DOCS / "alerts.md") if language == "text"][-1]
    (file,) = marked("alerts.md", "campaign")
    campaign = load(tmp_path, file, "appointments.yaml")
    started = datetime(2026, 11, 30, 16, tzinfo=UTC)
    run_id = f"scheduled__{started.isoformat()}"
    run = {"dag_id": "sms_campaign_appointments", "run_id": run_id, "list_tag": "clist"}
    asked = CampaignApproval(
        digest="d",
        content_digest="c",
        required_at=started,
        asked_at=started + timedelta(minutes=1),
        asked_until=started + timedelta(hours=6),
        people=240,
        credits=240.0,
        **run,
    )
    record = RunRecord(campaign="appointments", account="a", rows=240, accepted=240, batches=1, folder="f", **run)
    batch = BatchResults(record=BatchRecord(list_tag="clist", batch=1, receivers=240, credits=240.0, tag="c1"))
    results = RunResults(record=record, batches=(batch,), approval=asked)
    due = started + timedelta(hours=campaign.leave_within_hours or 0)
    context = {"run_id": run_id, "deadline": {"deadline_time": due.isoformat()}}
    store = new_store(tmp_path / "results.sqlite")
    said = summarise_late(campaign, store, [results], context, "en", has_ended=False)
    store.close()
    assert said.text == shown.strip()
