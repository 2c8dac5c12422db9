"""Each search for a person leaves a line, and no line holds a phone number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from ovh_sms.store.store import Store
from support.stores import new_store

NUMBER = "+33639980001"


def test_lines_come_back_newest_first_with_their_person_and_moment(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    store.audit.record("search", "alice", "receiver searched on the page Receiver")
    store.audit.record("erase", "bob", "3 messages erased")
    newest, oldest = store.audit.list()
    assert (newest.action, newest.by, newest.detail) == ("erase", "bob", "3 messages erased")
    assert (oldest.action, oldest.by, oldest.digest) == ("search", "alice", None)
    assert before <= oldest.at <= newest.at <= datetime.now(UTC) + timedelta(seconds=5)
    assert [line.by for line in store.audit.list(1, 1)] == ["alice"]


@pytest.mark.parametrize("written", [NUMBER, "33639980001", "0033639980001", "+33 6 39 98 00 01"])
def test_lines_about_one_number_are_found_by_its_digest_which_holds_none(store: Store, written: str) -> None:
    store.audit.record("search", "alice", "one", store.audit.digest_of(NUMBER))
    store.audit.record("search", "alice", "another", store.audit.digest_of("+33639980002"))
    store.audit.record("erase", "alice", "the first", store.audit.digest_of(written))
    digest = store.audit.digest_of(NUMBER)
    assert [line.detail for line in store.audit.list(digest=digest)] == ["the first", "one"]
    assert [line.detail for line in store.audit.list(digest=digest, action="search")] == ["one"]
    assert "639980001" not in digest


def test_another_database_has_other_digests(store: Store, tmp_path: object) -> None:
    other = new_store(f"sqlite:///{tmp_path}/other/results.sqlite")
    assert other.audit.digest_of(NUMBER) != store.audit.digest_of(NUMBER)
    other.close()


@pytest.mark.parametrize("written", [NUMBER, "0639980001", "0033639980001", "33639980001", "06 39 98 00 01"])
def test_a_number_in_the_words_is_masked(store: Store, written: str) -> None:
    store.audit.record("search", "alice", f"searched for {written} of 2026-11-29")
    with store.database.reading() as connection:
        rows = str(connection.execute(text("SELECT * FROM ovh_sms_audit")).all())
    assert "3998000" not in rows.replace(" ", "")
    assert "of 2026-11-29" in rows
