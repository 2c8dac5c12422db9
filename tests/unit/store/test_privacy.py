"""The results hold phone numbers: neither other accounts nor error texts get them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ovh_sms.errors import OvhSmsError
from ovh_sms.store.models import OptOut
from ovh_sms.store.store import Store
from support.stores import new_store
from unit.store.test_store import a_message, a_submission

NUMBER = "+33639980001"


def test_the_file_and_those_that_sqlite_puts_beside_it_are_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = new_store(tmp_path / "data" / "results.sqlite")
        store.submissions.start(a_submission())
        with store.database.reading() as reader:
            reader.exec_driver_sql("SELECT 1 FROM ovh_sms_submissions").all()  # keeps -wal and -shm there
            store.messages.save("t1", [a_message(1)])
            found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    finally:
        os.umask(before)
    assert found == dict.fromkeys(("results.sqlite", "results.sqlite-wal", "results.sqlite-shm"), 0o600)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    store.close()


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    new_store(tmp_path / "results.sqlite").close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_statement_that_fails_shows_no_number(store: Store) -> None:
    store.submissions.start(a_submission())
    with store.database.writing() as connection:
        connection.execute(text("ALTER TABLE ovh_sms_messages RENAME COLUMN outgoing_id TO renamed"))
    with pytest.raises(DBAPIError, match="outgoing_id") as caught:
        store.opt_outs.save("t1", [OptOut(receiver=NUMBER)])
    assert NUMBER[1:] not in f"{caught.value} {caught.value!r}"


def test_a_row_that_is_refused_shows_no_number(store: Store) -> None:
    store.submissions.start(a_submission())
    with pytest.raises(OvhSmsError, match="refused 1 rows") as caught:
        store.messages.save("t1", [a_message(1, receiver=NUMBER, segments=None)])
    assert caught.value.__suppress_context__
    assert NUMBER[1:] not in str(caught.value)
