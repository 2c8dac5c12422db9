"""Runs whose data folder is a bucket that goes away: nothing is sent twice, tasks go on; numbers can be removed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.errors import ConfigurationError, FilesUnavailable, OvhSmsError
from ovh_sms.hooks.store import ResultsHook, default_url
from ovh_sms.hooks.store_identity import StoreMark, variable_name
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.sending.personal_files import erase_rows, folders_of, has_files
from ovh_sms.sending.retention import purge_old
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.campaign_runs import CampaignRun
from support.leaping_time import LeapingTime
from support.object_store import Bucket
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.supervisor import Supervisor

FILE = "kind: transactional\nnight: send\nsender: MYSHOP\nmessage: 'Bonjour #prenom#'\n"
FILE += (
    "contacts: {file: contacts/spring.csv}\nbatch_size: 2\nvalidity_hours: 1\nlimits: {rejected: 100 %}\nbudget: 100\n"
)
PEOPLE = {f"+336399800{at:02d}": f"P{at}" for at in range(3)}
ROWS = [*(f"0{number[3:]};{name}" for number, name in PEOPLE.items()), "0639980099x;Bad"]


@pytest.fixture
def run(
    leaping: object, sandbox: SandboxProcess, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CampaignRun:
    """A run that is not prepared. The results are on this machine, which has no folder of data."""
    from airflow.sdk.execution_time import task_runner

    results = {"conn_type": "sqlite", "host": str(tmp_path / "results" / "results.sqlite")}
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", json.dumps(results))
    store = new_store(tmp_path / "results" / "results.sqlite")
    supervisor = Supervisor()
    supervisor.variables[variable_name("ovh_sms_results")] = str(StoreMark.of(store))
    store.close()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    path = tmp_path / "include" / "campaigns" / "spring.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(FILE, encoding="utf-8")
    return CampaignRun(campaign=load_file(path, Campaign), run_id="manual__1", include=tmp_path / "include")


def texts(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    return sorted((each["receiver"], each["message"]) for each in sandbox.messages(account=sandbox.account_name))


EVERYBODY = sorted((number, f"Bonjour {name}") for number, name in PEOPLE.items())


def reported(run: CampaignRun) -> list[dict[str, Any]]:
    """Collect and report each batch."""
    found = []
    for submission in run.submissions:
        sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
        context = run.context("collect", dag_id="sms_campaign_report")
        collected = sensor.execute_complete(context, {"status": "final", "message": "all final"})
        report = BuildReportOperator(task_id="report", collected=collected)
        found.append(report.execute(run.context("report", dag_id="sms_campaign_report")))
    return found


def away(*methods: str) -> Callable[[str, str], bool]:
    return lambda method, path: not methods or method in methods


def again_after(bucket: Bucket, fails: Callable[[str, str], bool], task: Callable[[], Any]) -> Any:
    """Have a task fail as the storage fails, then make it again."""
    bucket.store.fails = fails
    with pytest.raises(FilesUnavailable) as caught:
        task()
    assert caught.value.is_retryable
    bucket.store.fails = away("none")
    return task()


def test_a_storage_that_goes_away_in_any_task_before_the_submission_sends_nothing_twice(
    run: CampaignRun, bucket: Bucket, sandbox: SandboxProcess
) -> None:
    writes: list[str] = []

    def at_the_third_write(method: str, path: str) -> bool:
        writes.extend([path] if method == "PUT" else [])
        return len(writes) >= 3

    again_after(bucket, at_the_third_write, lambda: run.prepare(ROWS))
    assert len(run.batches) == 2
    run.preflight()
    again_after(bucket, away("GET"), lambda: run.send(0))
    assert texts(sandbox) == EVERYBODY[:2]
    again_after(bucket, away(), lambda: run.send(1))
    assert texts(sandbox) == EVERYBODY
    again_after(bucket, away("PUT"), lambda: reported(run))
    assert texts(sandbox) == EVERYBODY


def test_a_storage_that_goes_away_between_the_post_and_its_answer_sends_nothing_again(
    run: CampaignRun, bucket: Bucket, sandbox: SandboxProcess
) -> None:
    run.prepare(ROWS)
    bucket.store.fails = lambda method, path: bool(sandbox.messages(account=sandbox.account_name))
    with pytest.raises(OvhSmsError) as caught:
        run.send(0)
    assert caught.value.is_retryable, caught.value
    assert texts(sandbox) == EVERYBODY[:2]
    bucket.store.fails = away("none")
    run.send(0)
    run.send(1)
    assert texts(sandbox) == EVERYBODY


def test_a_missing_bucket_fails_the_run_before_anything_is_sent(
    run: CampaignRun, bucket: Bucket, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", "s3://lists@another-bucket/ovh_sms")
    with pytest.raises(ConfigurationError, match="has no such bucket"):
        run.prepare(ROWS)
    assert texts(sandbox) == []


def test_numbers_of_one_person_and_then_of_everybody_go_from_the_bucket(
    run: CampaignRun, bucket: Bucket, leaping: LeapingTime
) -> None:
    run.prepare(ROWS)
    run.send_all()
    reported(run)
    over, not_over = ResultsHook().store.ended_runs.read()
    (data,) = [*over, *not_over]
    folders, digester = folders_of(data), PersonDigester(b"s" * 32)
    first, *others = PEOPLE
    assert holding(bucket, first) == {"prepared.csv", "messages.csv", "messages.parquet"}
    bucket.store.fails = away("PUT")
    with pytest.raises(FilesUnavailable):
        erase_rows(folders, digester.of_numbers([first]), digester)
    bucket.store.fails = away("none")
    assert erase_rows(folders, digester.of_numbers([first]), digester) == 3
    assert holding(bucket, first) == set()
    assert holding(bucket, others[0]) == {"prepared.csv", "messages.csv", "messages.parquet"}
    leaping.sleep(20 * 86_400)
    store = ResultsHook().store
    removed = again_after(bucket, away("POST", "DELETE"), lambda: purge_old(store, timedelta(days=1)))
    assert (removed.runs, removed.messages) == (1, len(PEOPLE)), "a run whose files could not be removed comes again"
    assert [each for each in folders if has_files(each)] == []
    assert {name.rpartition("/")[2] for name in bucket.names()} == {
        "report.html",
        "figures.json",
        "spring.last_run.json",
    }


def holding(bucket: Bucket, number: str) -> set[str]:
    """The files that hold a number."""
    digits = number.removeprefix("+").encode()
    found = {name: bucket.read(name) for name in bucket.names()}
    tables = {name: pq.read_table(io.BytesIO(content)) for name, content in found.items() if name.endswith("parquet")}
    found |= {name: str(table.to_pylist()).encode() for name, table in tables.items()}
    return {name.rpartition("/")[2] for name, content in found.items() if digits in content}


def test_results_in_a_bucket_are_refused(bucket: Bucket) -> None:
    with pytest.raises(ConfigurationError, match="cannot be kept as a SQLite file in an object storage"):
        default_url()
