"""``ovh-sms db``: the tables of the results database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.cli.airflow_connections import read_variable, set_variable
from ovh_sms.errors import ScheduleTooOld
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store_identity import variable_name
from ovh_sms.sending.repeats import RunMessage
from ovh_sms.store.store import Store
from support.airflow_task import connection
from support.cli import CAMPAIGN, Command, process
from support.sandbox import SandboxProcess
from unit.store.attempt_samples import IN_FLIGHT, SECOND, an_attempt

#: The account of the sandbox, and the one that the journal knows.
BOTH = ("--connection", "ovh_sms_default", "--connection", "first")


@pytest.fixture(scope="module")
def airflow_database() -> None:
    """Airflow's own database, which holds its Variables."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


@pytest.fixture
def database(airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from airflow.models.variable import Variable

    for name in ("ovh_sms_results", "other"):
        Variable.delete(variable_name(name))
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "results.sqlite"


@pytest.fixture
def ovh(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> SandboxProcess:
    """A sandbox; Variables are read as by a command, from Airflow's own database."""
    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)
    monkeypatch.setenv("AIRFLOW_CONN_FIRST", connection(sandbox, account=an_attempt().account))
    return sandbox


def test_tables_are_made_once_and_kept(ovh_sms: Command, database: Path) -> None:
    for changed in (True, False):
        done = ovh_sms("db", "init", "--json")
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out) == {"database": f"sqlite:///{database}", "changed": changed}
    assert ovh_sms("db", "init").out == f"sqlite:///{database}: the tables were there already.\n"
    assert ovh_sms("db", "upgrade").out == f"sqlite:///{database}: the tables were current already.\n"
    assert ovh_sms("db", "check").out == f"sqlite:///{database}: the tables are current.\n"


@pytest.mark.parametrize("command", ["check", "upgrade", "restored"])
def test_a_database_without_tables_is_refused(ovh_sms: Command, database: Path, command: str) -> None:
    done = ovh_sms("db", command)
    assert (done.code, done.out) == (2, "")
    assert "ovh-sms db init" in done.err


@pytest.mark.parametrize("command", ["init", "upgrade", "check", "restored"])
def test_tables_of_a_newer_version_are_refused(ovh_sms: Command, database: Path, command: str) -> None:
    assert ovh_sms("db", "init").code == 0
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE ovh_sms_version SET version_num = '9999'")
    connection.close()
    done = ovh_sms("db", command)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_the_connection_names_the_database_and_its_password_is_not_shown(
    ovh_sms: Command, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "b.db")}))
    assert ovh_sms("db", "init", "--results", "other").out.startswith(f"sqlite:///{tmp_path}/b.db: ")
    assert not database.exists()


def test_a_connection_of_another_kind_is_refused(
    ovh_sms: Command, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", "http://example.com")
    done = ovh_sms("db", "init")
    assert (done.code, done.out) == (2, "")
    assert "ovh_sms_results" in done.err


def noted() -> str:
    return str(read_variable(variable_name("ovh_sms_results")))


@pytest.fixture
def store(ovh_sms: Command, database: Path) -> Iterator[Store]:
    """A results database that holds one attempt."""
    assert ovh_sms("db", "init").code == 0
    store = Store(f"sqlite:///{database}")
    assert store.attempts.claim(an_attempt(), in_flight_window=IN_FLIGHT)
    yield store
    store.close()


def test_restored_says_which_attempts_are_missing_and_changes_nothing_by_itself(
    ovh_sms: Command, database: Path, store: Store
) -> None:
    mark = f"{store.identity.read()} 5"
    set_variable(variable_name("ovh_sms_results"), mark)
    done = ovh_sms("db", "restored")
    assert (done.code, done.out) == (2, "")
    (attempt,) = store.attempts.all("t1")
    for part in (
        f"sqlite:///{database} holds 1 attempts, the last of {attempt.claimed_at:%Y-%m-%d %H:%M:%S} UTC",
        "ovh_sms_results_id counts at least 5: 4 or more are missing",
        "Nothing was changed",
        "it reads from OVH what was sent to whom in the last 14 days",
        "--although-attempts-are-missing",
    ):
        assert part in done.err
    assert (noted(), store.identity.read()) == (mark, mark.split()[0])


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ("{ours} 5", "4 or more are missing"),
        ("{ours} 1", "counts no more, so none is known to be missing"),
        (f"{'b' * 32} 7", "names another database, which held at least 7"),
        (None, "is missing, so that nobody knows how many there were"),
    ],
)
def test_restored_gives_the_database_another_id_and_dates_it(
    ovh_sms: Command, database: Path, store: Store, ovh: SandboxProcess, mark: str | None, says: str
) -> None:
    from airflow.models.variable import Variable

    before = store.identity.read()
    if mark is None:
        Variable.delete(variable_name("ovh_sms_results"))
    else:
        set_variable(variable_name("ovh_sms_results"), mark.format(ours=before))
    done = ovh_sms("db", "restored", "--although-attempts-are-missing")
    assert (done.code, store.identity.read()) == (2, before)
    assert "Name the connection of each with --connection" in done.err
    done = ovh_sms("db", "restored", "--although-attempts-are-missing", *BOTH)
    assert (done.code, done.err) == (0, "")
    assert says in done.out
    assert store.identity.read() != before
    assert noted() == f"{store.identity.read()} 1"
    assert ovh_sms("db", "init").code == 0  # it is the database of all workers now
    with pytest.raises(ScheduleTooOld):
        store.attempts.claim(an_attempt("t2"), in_flight_window=IN_FLIGHT, run_after=datetime.now(UTC) - SECOND)


def test_restored_changes_nothing_if_ovh_cannot_be_read(
    ovh_sms: Command, database: Path, store: Store, ovh: SandboxProcess
) -> None:
    before = store.identity.read()
    ovh.fault("status", method="GET", path="/sms/*/document", status=403, times=None)
    assert ovh_sms("db", "restored", "--although-attempts-are-missing", *BOTH).code != 0
    assert (store.identity.read(), noted().split()[0]) == (before, before)


def test_restored_reads_the_messages_of_every_campaigns_account_once(
    ovh_sms: Command, database: Path, store: Store, ovh: SandboxProcess, tmp_path: Path
) -> None:
    campaigns = tmp_path / "include" / "campaigns"
    campaigns.mkdir(parents=True)
    text = CAMPAIGN.format(message="Bonjour #nom#", contacts="{file: a.csv}")
    text = text.replace("transactional\nnight: send", "marketing")
    (campaigns / "spring.yaml").write_text(text, encoding="utf-8")
    client = OvhSmsHook().client
    given = {"receivers": ["+33639980001", "+33639980002"], "sender": "MYSHOP", "stop_clause": True}
    client.jobs.submit(SubmissionRequest(message="Bonjour Anna", tag="lost", **given))
    ovh.clock(advance=120)
    for _ in range(2):
        done = ovh_sms(
            "db", "restored", "--although-attempts-are-missing", "--json", *BOTH, "--include", tmp_path / "include"
        )
        assert (done.code, done.err) == (0, "")
        assert store.attempts.count() == 3, "its own, and the lost one by its text and by the campaign's message"
        assert noted().endswith(" 3")
    rule = {"account": client.account_name, "dag_id": "spring", "run_id": "new", "planned_at": None}
    message = RunMessage(message="Bonjour #nom#", marketing=True, window=timedelta(hours=24), **rule)
    again = message.digests(store, numbers=given["receivers"])
    assert store.attempt_receivers.earlier(message.rule()).already_sent(again).all()


def test_restored_prints_json_for_a_database_without_attempts(
    ovh_sms: Command, database: Path, ovh: SandboxProcess
) -> None:
    assert ovh_sms("db", "init").code == 0
    done = ovh_sms("db", "restored", "--although-attempts-are-missing", "--json")
    assert json.loads(done.out) == {
        "database": f"sqlite:///{database}",
        "attempts": 0,
        "last_attempt": None,
        "counted": 0,
        "read": 0,
        "accounts": {ovh.account_name: 0},
        "id": noted().split()[0],
    }
