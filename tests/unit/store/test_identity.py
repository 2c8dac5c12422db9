"""Every results database has an id of its own, once and for all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from ovh_sms.errors import ScheduleTooOld
from ovh_sms.store import migrate
from ovh_sms.store.models import ORDER
from ovh_sms.store.store import Store
from support.stores import new_store
from unit.store.at_once import run_at_once
from unit.store.attempt_samples import IN_FLIGHT, SECOND, an_attempt


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


def test_a_restored_database_has_another_id_and_the_same_secret(store: Store) -> None:
    before, secret = store.identity.read(), store.identity.secret()
    assert store.identity.mark_restored() == store.identity.read() != before
    assert store.identity.secret() == secret


def test_a_run_that_began_before_the_database_was_restored_claims_nothing(store: Store) -> None:
    def claim(tag: str, run_after: datetime | None, **changes: str) -> bool:
        return store.attempts.claim(an_attempt(tag, **changes), in_flight_window=IN_FLIGHT, run_after=run_after)

    assert claim("t0", None, run_id="manual__0")
    store.attempts.succeed("t0", 1)
    before = datetime.now(UTC)
    store.identity.mark_restored()
    for run_after in (None, before):
        with pytest.raises(ScheduleTooOld, match="began before the results database was restored"):
            claim("t1", run_after)
    assert store.attempts.all("t1") == []
    assert claim("t1", datetime.now(UTC) + SECOND)
    assert claim("t2", None, kind=ORDER)
