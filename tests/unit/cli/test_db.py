"""``ovh-sms db``: the tables of the results database."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from ovh_sms.hooks.store_identity import variable_name
from support.cli import Command, process


@pytest.fixture(scope="module")
def airflow_database() -> None:
    """Airflow's own database, which holds its Variables."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


@pytest.fixture
def database(airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from airflow.models.variable import Variable

    for connection in ("ovh_sms_results", "other"):
        Variable.delete(variable_name(connection))
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "results.sqlite"


def test_tables_are_made_once_and_kept(ovh_sms: Command, database: Path) -> None:
    for changed in (True, False):
        done = ovh_sms("db", "init", "--json")
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out) == {"database": f"sqlite:///{database}", "changed": changed}
    assert ovh_sms("db", "init").out == f"sqlite:///{database}: the tables were there already.\n"
    assert ovh_sms("db", "upgrade").out == f"sqlite:///{database}: the tables were current already.\n"
    assert ovh_sms("db", "check").out == f"sqlite:///{database}: the tables are current.\n"


@pytest.mark.parametrize("command", ["check", "upgrade"])
def test_a_database_without_tables_is_refused(ovh_sms: Command, database: Path, command: str) -> None:
    done = ovh_sms("db", command)
    assert (done.code, done.out) == (2, "")
    assert "ovh-sms db init" in done.err


@pytest.mark.parametrize("command", ["init", "upgrade", "check"])
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
    assert ovh_sms("db", "init", "--connection", "other").out.startswith(f"sqlite:///{tmp_path}/b.db: ")
    assert not database.exists()


def test_a_connection_of_another_kind_is_refused(
    ovh_sms: Command, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", "http://example.com")
    done = ovh_sms("db", "init")
    assert (done.code, done.out) == (2, "")
    assert "ovh_sms_results" in done.err
