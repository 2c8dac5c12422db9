"""``ovh-sms doctor``: every check is made, and the exit code says whether somebody must do something."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.api.rights import needed_rules
from ovh_sms.cli import airflow_connections, doctor
from ovh_sms.hooks.connection_check import USUAL_PURPOSES
from ovh_sms.hooks.store_identity import variable_name
from support.airflow_task import connection
from support.cli import Command, process
from support.sandbox import SandboxProcess


@pytest.fixture(scope="module")
def airflow_database() -> None:
    """Airflow's own database, which holds its Variables."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


@pytest.fixture
def results(
    airflow_database: None, sandbox: SandboxProcess, tmp_path: Path, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch
) -> Path:
    from airflow.models.variable import Variable

    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)  # as a command, not as a task
    Variable.delete(variable_name("ovh_sms_results"))
    assert ovh_sms("db", "init").code == 0
    return tmp_path / "data" / "results.sqlite"


def use_rules(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, rules: list[str]) -> None:
    pairs = [(method, path) for method, path in (rule.split(" ", 1) for rule in rules)]
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=sandbox.key(pairs)))


def bad(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith("BAD ")]


def test_all_is_well_with_the_fewest_rights(
    results: Path, ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_rules(sandbox, monkeypatch, needed_rules(USUAL_PURPOSES, sandbox.account_name))
    done = ovh_sms("doctor")
    assert (done.code, bad(done.out), done.err) == (0, [], "")
    for about in ("connection", "clock", "account", "senders", "results", "files"):
        assert f"ok  {about}: " in done.out
    assert "more than needed" not in done.out
    shown = json.loads(ovh_sms("doctor", "--json", "--for", ",".join(USUAL_PURPOSES)).out)
    assert shown["exit_code"] == 0
    known = {"connection", "clock", "account", "senders", "results", "files"}
    assert {each["about"] for each in shown["findings"]} == known
    assert [*results.parent.glob(".doctor*")] == []


def test_missing_and_needless_rights_are_named_with_who_would_fail(
    results: Path, ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = sandbox.account_name
    rules = [each for each in needed_rules(["report"], name) if "outgoing/*" not in each]
    use_rules(sandbox, monkeypatch, [*rules, "GET /sms/*/senders", "DELETE /me/document/*", f"GET /sms/{name}"])
    done = ovh_sms("doctor", "--for", "report")
    assert done.code == 2
    assert f"Missing rights: GET /sms/{name}/senders/*, GET /sms/{name}/outgoing/*." in done.out
    assert "These would fail: sms_campaign_report." in done.out
    needless = f"GET /sms/*/senders, DELETE /me/document/*, GET /sms/{name}."
    assert f"ok  rights: Rights that are more than needed for what was asked: {needless}" in done.out


@pytest.mark.parametrize(("offset", "side"), [(-120.0, "ahead of"), (120.0, "behind")])
def test_a_wrong_clock_is_named(
    results: Path, ovh_sms: Command, sandbox: SandboxProcess, offset: float, side: str
) -> None:
    sandbox.clock(offset=offset)
    done = ovh_sms("doctor")
    assert done.code == 2
    (line,) = bad(done.out)
    assert f"s {side} OVH's" in line
    assert "clock" in line


def test_ovh_that_cannot_be_reached_does_not_hide_the_results(
    results: Path, ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = connection(sandbox, endpoint="http://127.0.0.1:9/1.0", read_retry_seconds=0)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", there)
    done = ovh_sms("doctor")
    assert done.code == 3
    assert "127.0.0.1:9" in bad(done.out)[0]
    assert "ok  results: " in done.out


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"consumer_key": ""}, "Consumer key is missing"),
        ({"client_id": "EU.x", "client_secret": "y"}, "exclude each other"),
        ({"consumer_key": "unknown"}, "Check the Consumer key"),
        ({"account": "sms-other-1"}, "There is no SMS account sms-other-1"),
    ],
)
def test_a_wrong_connection_is_named(
    results: Path,
    ovh_sms: Command,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    says: str,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, **changes))
    done = ovh_sms("doctor")
    assert done.code == 2
    assert says in "\n".join(bad(done.out))


def test_results_that_are_not_those_of_all_workers_are_named(
    results: Path, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow_connections.set_variable(variable_name("ovh_sms_results"), f"{'b' * 32} 7")
    done = ovh_sms("doctor")
    assert done.code == 2
    assert "another results database" in bad(done.out)[0]
    with sqlite3.connect(results) as database:
        database.execute("UPDATE ovh_sms_version SET version_num = '0001'")
    database.close()
    done = ovh_sms("doctor")
    assert done.code == 2
    assert "ovh-sms db upgrade" in bad(done.out)[0]


def test_a_purpose_that_does_not_exist_is_an_error_of_the_arguments(results: Path, ovh_sms: Command) -> None:
    done = ovh_sms("doctor", "--for", "flying")
    assert (done.code, done.out) == (2, "")
    assert "There is no purpose flying" in done.err


def test_nothing_is_changed(results: Path, ovh_sms: Command, sandbox: SandboxProcess) -> None:
    sandbox.reset_calls()
    assert ovh_sms("doctor").code == 0
    assert {call for call in sandbox.calls()["by_call"] if not call.startswith("GET ")} == set()
    assert doctor.MOST_SECONDS < 60


def test_rights_of_an_oauth2_client_cannot_be_read_and_it_says_so(
    results: Path, ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {
        "endpoint": sandbox.endpoint,
        "client_id": sandbox.keys.client_id,
        "client_secret": sandbox.keys.client_secret,
        "account": sandbox.account_name,
        "calls_per_minute": 60_000,
    }
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", json.dumps({"conn_type": "ovh_sms", "extra": extra}))
    done = ovh_sms("doctor", "--for", "topup")
    assert (done.code, bad(done.out)) == (0, [])
    assert "OVH does not list the rights of an OAuth2 client" in done.out
    assert sandbox.keys.client_secret not in done.out


def test_a_data_folder_that_cannot_be_written_is_bad_and_a_bucket_that_is_away_is_no_mistake(
    results: Path, ovh_sms: Command, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_rules(sandbox, monkeypatch, needed_rules(USUAL_PURPOSES, sandbox.account_name))
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", json.dumps({"conn_type": "sqlite", "host": str(results)}))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "file" / "data"))
    done = ovh_sms("doctor")
    assert (done.code, bad(done.out)) == (2, [f"BAD files: {tmp_path}/file/data cannot be written: Not a directory."])
    about = {"conn_type": "aws", "login": "key", "password": "secret", "extra": {"endpoint_url": "http://127.0.0.1:9"}}
    monkeypatch.setenv("AIRFLOW_CONN_LISTS", json.dumps(about))
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    monkeypatch.setenv("OVH_SMS_DATA", "s3://lists@bucket/ovh_sms")
    done = ovh_sms("doctor")
    assert done.code == 3
    assert "BAD files: The object storage s3://lists@bucket of OVH_SMS_DATA gave no complete answer" in done.out
