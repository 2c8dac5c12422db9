"""A connection names the results database; without one a file in the data folder is used."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import migrate

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "da ta"))
    return tmp_path / "da ta"


def url_of(monkeypatch: pytest.MonkeyPatch, connection: str) -> str:
    from airflow.sdk import BaseHook

    from ovh_sms.hooks.store import connection_url

    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", connection)
    return connection_url(BaseHook.get_connection("ovh_sms_results"))


def test_a_sqlite_connection_opens_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ovh_sms.hooks.store import ResultsHook

    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", f"sqlite:///{tmp_path}/folder/mine.sqlite")
    store = ResultsHook("elsewhere").store
    migrate.init(store)
    assert (tmp_path / "folder" / "mine.sqlite").is_file()
    assert store.submissions.latest() == []


@pytest.mark.parametrize("connection", ["sqlite:///mine.sqlite", "sqlite://mine.sqlite"])
def test_a_relative_file_lies_in_the_data_folder(monkeypatch: pytest.MonkeyPatch, data: Path, connection: str) -> None:
    assert make_url(url_of(monkeypatch, connection)).database == str(data / "mine.sqlite")


def test_a_postgresql_connection_keeps_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = "postgres://us%40er:p%2Fw@db.example:5433/sms?sslmode=require&driver=psycopg2&other=1"
    url = make_url(url_of(monkeypatch, connection))
    assert url.drivername == "postgresql+psycopg2"
    assert (url.username, url.password, url.host, url.port) == ("us@er", "p/w", "db.example", 5433)
    assert (url.database, dict(url.query)) == ("sms", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        ("mysql://u:secret@h/d", "type 'mysql'"),
        ("postgres://u:secret@h", "names no database"),
        ("sqlite://", "names no database"),
    ],
)
def test_a_connection_that_cannot_hold_results_is_named(
    monkeypatch: pytest.MonkeyPatch, connection: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        url_of(monkeypatch, connection)
    assert "ovh_sms_results" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_without_a_connection_a_file_in_the_data_folder_is_used(data: Path) -> None:
    from ovh_sms.hooks.store import ResultsHook

    store = ResultsHook("no_such_connection").store
    migrate.init(store)
    assert (data / "results.sqlite").is_file()


def test_importing_the_hook_loads_no_database_library() -> None:
    # Airflow may load SQLAlchemy itself; what counts is that our module adds nothing.
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import airflow.sdk; airflow.sdk.BaseHook\n"
        "before = set(sys.modules); import ovh_sms.hooks.store\n"
        "heavy = {'sqlalchemy', 'alembic', 'pandas', 'plotly', 'pyarrow', 'jinja2'}\n"
        "print('ovh_sms.hooks.store' in sys.modules, sorted(heavy & (set(sys.modules) - before)))"
    )
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(PLUGINS)], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "True []"


def test_a_process_opens_each_results_database_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ovh_sms.hooks.store import shared_store

    first = shared_store()
    assert shared_store() is first
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "other"))
    assert shared_store() is not first


def test_a_forked_process_opens_the_database_for_itself() -> None:
    from ovh_sms.hooks.store import shared_store

    first = shared_store()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads
        pid = os.fork()
    if not pid:
        os._exit(0 if shared_store() is not first else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert shared_store() is first
