"""A real run of a campaign whose data folder is a bucket: no task finds anything on the disk of another one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.lineage import LineageEvents, named
from support.object_store import Bucket, new_bucket, object_store
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

SPRING = """\
kind: marketing
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
budget: 100
validity_hours: 1
collect_within_hours: 0.03
stop_window_minutes: 0.01
poll_interval_seconds: 1
"""
REPORT = "sms_campaign_report"
PEOPLE = {f"+336399800{at:02d}": f"P{at}" for at in range(3)}
LIST = "numero;prenom\n" + "".join(f"0{number[3:]};{name}\n" for number, name in PEOPLE.items()) + "0639980099x;Bad\n"

#: Each task has a disk of its own, which is empty when it begins and when it has ended, and opens the bucket anew.
PROBE = """
import os, tempfile
from pathlib import Path
from airflow.sdk.execution_time import supervisor
from airflow.utils.session import create_session
from ovh_sms.campaign import kept_files
from ovh_sms.hooks import object_storage
from support.own_airflow import set_clock

import faulthandler; faulthandler.dump_traceback_later(150, exit=True)
run_task, left, home = supervisor.run_task_in_process, {}, Path(sys.argv[1]).parent

def on_its_own_disk(*, ti, task):
    disk = tempfile.mkdtemp(dir=home)
    os.chdir(disk)
    tempfile.tempdir = disk
    object_storage._opened.cache_clear()
    kept_files._lists.clear()
    try:
        return run_task(ti=ti, task=task)
    finally:
        left[f"{ti.task_id} {ti.map_index}"] = [str(each) for each in Path(disk).rglob("*") if each.is_file()]

supervisor.run_task_in_process = on_its_own_disk
set_clock(sys.argv[2], "10:00:00")
runs, states = [], {}
for name in ("sms_campaign_spring", "sms_campaign_report"):
    done = bag.dags[name].test()
    set_clock(sys.argv[2], "10:00:00", day="2026-11-28")  # all receipts are there
    runs.append(str(done.state))
    with create_session() as session:
        for each in session.merge(done).get_task_instances(session=session):
            states[f"{each.task_id} {each.map_index}"] = str(each.state)
print(json.dumps({"runs": runs, "states": states, "left": left}))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Bucket, Any, SandboxProcess]]:
    folder = tmp_path_factory.mktemp("stored")
    for name, text in (
        *((f"dags/{each}.py", (ROOT / "dags" / f"{each}.py").read_text()) for each in ("sms_campaigns", REPORT)),
        ("include/campaigns/spring.yaml", SPRING),
        ("include/contacts/spring.csv", LIST),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with (
        object_store() as store,
        pytest.MonkeyPatch.context() as patched,
        SandboxProcess(folder / "world", start=None) as sandbox,
    ):
        bucket = new_bucket(store, patched)
        sandbox.features(export_seconds=0.2)
        found = run_in_airflow(
            PROBE,
            folder,
            sandbox,
            OVH_SMS_DATA=bucket.data,
            AIRFLOW_CONN_LISTS=store.connection(),
            **LineageEvents(folder / "events.jsonl").env(),
            AIRFLOW_CONN_OVH_SMS_RESULTS=json.dumps({"conn_type": "sqlite", "host": str(folder / "results.sqlite")}),
        )
        yield json.loads(found), bucket, folder, sandbox


def test_everybody_gets_the_message_once_from_a_list_in_the_bucket(run: Any) -> None:
    found, _, _, sandbox = run
    assert (found["runs"], {*found["states"].values()}) == (["success", "success"], {"success"}), found["states"]
    sent = [(each["receiver"], each["message"]) for each in sandbox.messages()]
    assert sorted(sent) == sorted((number, f"Bonjour {name}") for number, name in PEOPLE.items())


def test_the_bucket_holds_lists_rejects_and_reports(run: Any) -> None:
    _, bucket, _, _ = run
    names = {name.rpartition("/")[2] for name in bucket.names()}
    assert {"prepared.json", "prepared.csv", "rejects.csv", "report.html", "messages.csv", "messages.parquet"} <= names
    assert not [name for name in bucket.names() if name.endswith((".part", ".unpublished"))]
    page = next(name for name in bucket.names() if name.count("/") == 3 and name.endswith("report.html"))
    assert b"MYSHOP" in bucket.read(page)
    rows = []
    for name in bucket.names():
        if name.endswith("/messages.csv"):
            rows += [*csv.DictReader(io.StringIO(bucket.read(name).decode()), delimiter=";")]
    assert sorted(row["receiver"] for row in rows) == sorted(PEOPLE)


def test_no_task_leaves_anything_on_its_disk_or_in_the_home_of_airflow(run: Any) -> None:
    found, _, folder, _ = run
    kept = {name: [each for each in files if "ovh_sms_campaigns-" not in each] for name, files in found["left"].items()}
    assert {name: files for name, files in kept.items() if files} == {}
    assert len(kept) >= 7
    assert not (folder / "ovh_sms_data").exists()
    assert not (folder / "data").exists()


def test_openlineage_knows_what_lies_in_the_bucket_by_its_name_and_key(run: Any) -> None:
    _, bucket, folder, _ = run
    events = LineageEvents(folder / "events.jsonl")
    (prepare,) = events.of("sms_campaign_spring.prepare")
    (send,) = events.of("sms_campaign_spring.send")
    (report,) = events.of("sms_campaign_report.campaign.report")
    assert named(prepare, "inputs") == [("file", str(folder / "include" / "contacts" / "spring.csv"))]
    (prepared,), (page, messages) = named(prepare, "outputs"), named(report, "outputs")
    assert named(send, "inputs") == [prepared]
    where, _, data = bucket.data.partition("://")[2].rpartition("@")[2].partition("/")
    for (namespace, key), name in ((prepared, "prepared.json"), (page, "report.html"), (messages, "messages.parquet")):
        assert (namespace, key) == (f"s3://{where}", f"{data}/spring/**/{name}")
        assert [each for each in bucket.names() if each.endswith(f"/{name}")]
