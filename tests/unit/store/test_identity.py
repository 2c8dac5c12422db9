"""Every results database has an id of its own, once and for all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from ovh_sms.store.engine import writing
from ovh_sms.store.store import ResultsStore
from unit.store.test_migrate import PLUGINS

TELL = """
import sys
sys.path.insert(0, sys.argv[1])
from ovh_sms.store.store import ResultsStore
import ovh_sms.store.migrate
store = ResultsStore(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
store.migrate()
print(store.identity(), flush=True)
"""


def told_at_once(url: str) -> list[str]:
    """What processes that ask at the same moment are told."""
    command = [sys.executable, "-c", TELL, str(PLUGINS), url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    tasks = [subprocess.Popen(command, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for task in tasks:
        assert task.stdout.readline() == "ready\n"
    for task in tasks:
        task.stdin.write("go\n")
        task.stdin.flush()
    return [task.communicate(timeout=60)[0].strip() for task in tasks]


def test_it_is_made_with_the_tables(store: ResultsStore) -> None:
    with store.engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT id FROM ovh_sms_identity")).scalars()
    assert len(kept) == 32
    store.migrate()
    assert store.identity() == store.identity() == kept


def test_another_database_has_another_one(store: ResultsStore, tmp_path: Path) -> None:
    other = ResultsStore(f"sqlite:///{tmp_path}/other.sqlite")
    other.migrate()
    assert other.identity() != store.identity()
    other.close()


def test_processes_that_make_the_tables_at_once_are_told_one_id(url: str) -> None:
    told = told_at_once(url)
    assert len(told) == 4
    assert len(set(told)) == 1


def test_processes_that_find_none_at_once_make_one(store: ResultsStore, url: str) -> None:
    with writing(store.engine) as connection:
        connection.execute(text("DELETE FROM ovh_sms_identity"))
    told = told_at_once(url)
    assert set(told) == {store.identity()}
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM ovh_sms_identity")).scalar_one() == 1
