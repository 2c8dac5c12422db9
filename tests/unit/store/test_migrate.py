"""The tables are made once, whoever comes first, and agree with what the code says."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import migrate
from ovh_sms.store.engine import results_url, writing
from ovh_sms.store.store import ResultsStore
from ovh_sms.store.tables import VERSION_TABLE, metadata
from unit.store.test_store import a_message, a_run

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
MIGRATE_AT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from ovh_sms.store.store import ResultsStore
import ovh_sms.store.migrate
print("ready", flush=True)
sys.stdin.readline()
ResultsStore(sys.argv[2]).migrate()
"""


def test_processes_that_migrate_at_once_all_succeed(url: str) -> None:
    command = [sys.executable, "-c", MIGRATE_AT, str(PLUGINS), url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    tasks = [subprocess.Popen(command, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for task in tasks:
        assert task.stdout.readline() == "ready\n"
    for task in tasks:
        task.stdin.write("go\n")
        task.stdin.flush()
    results = [(task.communicate(timeout=60)[1], task.returncode) for task in tasks]
    assert results == [("", 0)] * 4
    store = ResultsStore(url)
    assert store.campaigns() == []
    store.close()


def test_threads_that_migrate_at_once_all_succeed(url: str) -> None:
    store = ResultsStore(url)
    assert store.engine is not None
    errors: list[Exception] = []

    def migrate() -> None:
        try:
            store.migrate()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.campaigns() == []
    store.close()


def test_migrations_make_the_tables_the_code_uses(store: ResultsStore) -> None:
    def ours(thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return kind != "table" or str(name).startswith("ovh_sms_")

    options = {"version_table": VERSION_TABLE, "include_object": ours, "compare_type": False}
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_an_old_database_keeps_its_results_and_gets_the_new_tables(url: str) -> None:
    store = ResultsStore(url)
    with writing(store.engine) as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    assert "ovh_sms_posts" not in inspect(store.engine).get_table_names()
    store.start_submission(a_run())
    store.store_messages("t1", [a_message(1), a_message(2)])
    assert store.claim("t1", "the run")
    before = (store.campaigns(), list(store.messages("t1")))
    store.migrate()
    assert (store.campaigns(), list(store.messages("t1"))) == before
    assert not store.claim("t1", "another run")
    assert store.posts("t1") == []
    store.close()


def test_other_tables_of_the_same_database_are_left_alone(url: str) -> None:
    # Airflow's own database has an Alembic version table too.
    store = ResultsStore(url)
    with writing(store.engine) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('airflow')"))
    store.migrate()
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [("airflow",)]
    tables = set(inspect(store.engine).get_table_names())
    assert tables == {"alembic_version", VERSION_TABLE, *metadata.tables}
    store.close()


def test_a_newer_database_is_not_touched(store: ResultsStore) -> None:
    with writing(store.engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="Update the package"):
        store.migrate()


def test_sqlite_readers_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    store = ResultsStore(f"sqlite:///{tmp_path}/results.sqlite")
    store.migrate()
    with writing(store.engine):
        assert store.campaigns() == []
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql://u:secret@h/d", "mysql"),
        ("sqlite+aiosqlite:////tmp/x", "sqlite"),
        ("u:secret@h", "cannot be read"),
        ("postgresql+nodriver://u:secret@h/d", "nodriver"),
    ],
)
def test_a_database_that_cannot_hold_results_is_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        results_url(url)
    assert "secret" not in str(caught.value)


def test_an_engine_is_made_at_first_use_only(tmp_path: Path) -> None:
    store = ResultsStore(f"sqlite:///{tmp_path}/folder/results.sqlite")
    store.close()
    assert not (tmp_path / "folder").exists()
    assert create_engine(results_url(f"sqlite:///{tmp_path}/x")).name == "sqlite"
