"""Every results database has an id of its own, once and for all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from ovh_sms.store import migrate
from ovh_sms.store.store import Store
from support.stores import new_store
from unit.store.at_once import run_at_once


def test_it_is_made_with_the_tables_and_stays(store: Store) -> None:
    with store.database.reading() as connection:
        (made,) = connection.execute(text("SELECT id FROM ovh_sms_identity")).scalars()
    assert len(made) == 32
    assert not migrate.init(store)
    assert not migrate.upgrade(store)
    assert store.identity.read() == store.identity.read() == made


def test_another_database_has_another_one(store: Store, tmp_path: Path) -> None:
    other = new_store(tmp_path / "other.sqlite")
    assert other.identity.read() != store.identity.read()
    other.close()


def test_processes_that_make_the_tables_at_once_read_one_id(url: str) -> None:
    read = run_at_once(url, "migrate.init(store); print(store.identity.read())")
    assert len(set(read)) == 1
    store = Store(url)
    assert store.submissions.latest() == []
    assert store.identity.read() == read[0]
    store.close()


def test_processes_that_find_none_at_once_make_one(store: Store, url: str) -> None:
    with store.database.writing() as connection:
        connection.execute(text("DELETE FROM ovh_sms_identity"))
    assert set(run_at_once(url, "print(store.identity.read())")) == {store.identity.read()}
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM ovh_sms_identity")).scalar_one() == 1
