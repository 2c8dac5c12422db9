"""The results hold phone numbers: only the account that runs the tasks may read their file."""

from __future__ import annotations

import os
from pathlib import Path

from ovh_sms.store.store import ResultsStore
from unit.store.test_store import a_message, a_run


def test_the_file_and_what_sqlite_puts_beside_it_are_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = ResultsStore(f"sqlite:///{tmp_path}/data/results.sqlite")
        store.migrate()
        store.start_submission(a_run())
        with store.engine.connect() as reader:
            reader.exec_driver_sql("SELECT 1 FROM ovh_sms_campaigns").all()  # keeps -wal and -shm there
            store.store_messages("t1", [a_message(1)])
            found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    finally:
        os.umask(before)
    assert found == dict.fromkeys(("results.sqlite", "results.sqlite-wal", "results.sqlite-shm"), 0o600)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    store.close()


def test_a_folder_of_others_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = ResultsStore(f"sqlite:///{tmp_path}/results.sqlite")
    store.migrate()
    store.close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
