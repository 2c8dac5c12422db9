"""The tables are made once, on request, and agree with the code."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import migrate
from ovh_sms.store.database import database_url, transaction
from ovh_sms.store.store import Store
from ovh_sms.store.tables import VERSION, VERSION_TABLE, metadata
from support.stores import new_store
from unit.store.test_attempts import an_attempt, claim


def set_version(store: Store, version: str) -> None:
    with transaction(store.database.engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'"))
    store.close()


def test_threads_that_make_the_tables_at_once_all_succeed(url: str) -> None:
    store = Store(url)
    assert store.database.engine is not None
    made: list[bool | Exception] = []

    def init() -> None:
        try:
            made.append(migrate.init(store))
        except Exception as error:
            made.append(error)

    threads = [threading.Thread(target=init) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(each) for each in made] == [bool] * 4
    assert store.submissions.latest() == []
    store.close()


def test_the_migrations_make_the_tables_the_code_uses(store: Store) -> None:
    def ours(thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return kind != "table" or str(name).startswith("ovh_sms_")

    options = {"version_table": VERSION_TABLE, "include_object": ours, "compare_type": False}
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    head = ScriptDirectory.from_config(migrate.alembic_config()).get_current_head()
    assert head == VERSION == migrate.check(store)


def test_other_tables_of_the_same_database_are_left_alone(url: str) -> None:
    store = Store(url)
    if url.startswith("sqlite"):
        Path(str(database_url(url).database)).parent.mkdir()
    with transaction(store.database.engine) as connection:  # Airflow's own database has such a table
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('airflow')"))
    assert migrate.init(store)
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [("airflow",)]
    tables = set(inspect(store.database.engine).get_table_names())
    assert tables == {"alembic_version", VERSION_TABLE, *metadata.tables}
    store.close()


def test_a_task_on_a_database_without_tables_says_so_and_makes_none(url: str, tmp_path: Path) -> None:
    store = Store(url)
    uses = (
        lambda: claim(store, an_attempt()),
        lambda: store.cancelled_runs.refuse("dag", "run"),
        lambda: store.submissions.latest(),
        lambda: migrate.upgrade(store),
        lambda: migrate.check(store),
    )
    for use in uses:
        with pytest.raises(ConfigurationError, match=r"no tables.*Nothing was .*sent.*ovh-sms db init"):
            use()
    assert list(tmp_path.iterdir()) == []
    store.close()


@pytest.mark.parametrize(("version", "action"), [("0000", "ovh-sms db upgrade"), ("9999", "Update the package")])
def test_a_task_on_tables_of_another_version_says_so(store: Store, version: str, action: str) -> None:
    set_version(store, version)
    for use in (lambda: claim(store, an_attempt()), lambda: migrate.check(store), lambda: migrate.init(store)):
        with pytest.raises(ConfigurationError, match=f"version {version}.*Nothing was .*sent.*{action}"):
            use()


def test_newer_tables_are_not_changed(store: Store) -> None:
    set_version(store, "9999")
    with pytest.raises(ConfigurationError, match="Update the package"):
        migrate.upgrade(store)


def test_sqlite_readers_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite")
    with store.database.writing():
        assert store.submissions.latest() == []
    with store.database.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_sqlite_claim_outlives_a_power_cut_and_other_writes_stay_fast(tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite")
    for durable, level in ((True, 2), (False, 1)):
        with store.database.writing(durable=durable) as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == level


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql://u:secret@h/d", "mysql"),
        ("sqlite+aiosqlite:////tmp/x", "sqlite"),
        ("u:secret@h", "cannot be read"),
        ("postgresql+nodriver://u:secret@h/d", "nodriver"),
    ],
)
def test_a_database_that_cannot_hold_results_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        database_url(url)
    assert "secret" not in str(caught.value)
