"""Stores for tests, their tables made."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete, event

from ovh_sms.clock import Clock
from ovh_sms.private_files import private_file, private_folder
from ovh_sms.report.figures import of_run, of_submission
from ovh_sms.report.models import Figures
from ovh_sms.store import identity, migrate, tables
from ovh_sms.store.store import Store


def new_store(where: Path | str, *, clock: Clock | None = None) -> Store:
    """A store with its tables. A SQLite file is a copy of one that was migrated, with an identity of its own."""
    if isinstance(where, str) and not where.startswith("sqlite:///"):
        store = Store(where, clock=clock)
        migrate.init(store)
        return store
    path = Path(str(where).removeprefix("sqlite:///"))
    store = Store(f"sqlite:///{path}", clock=clock)
    if path.exists():
        migrate.init(store)
        return store
    if not path.parent.exists():
        private_folder(path.parent)
    private_file(path).write_bytes(_migrated())
    with store.database.writing(durable=True) as connection:
        identity.make(connection)
    return store


@cache
def _migrated() -> bytes:
    """The bytes of a SQLite file right after its migration; it has no identity yet."""
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/results.sqlite")
        migrate.init(store)
        with store.database.writing(durable=True) as connection:
            connection.execute(delete(tables.identity))
        store.close()
        return Path(folder, "results.sqlite").read_bytes()


def figures_of(store: Store, *tags: str) -> Figures:
    """The figures of one submission, or of several of one run together."""
    records = [store.submissions.get(tag) for tag in tags]
    return of_run(store, records) if len(records) > 1 else of_submission(store, records[0])


def hasty_store(where: Path | str, *, clock: Clock | None = None) -> Store:
    """A SQLite store for tests of many transactions: none waits for the disk."""
    store = new_store(where, clock=clock)
    event.listen(store.database.engine, "before_cursor_execute", _without_sync, retval=True)
    return store


def _without_sync(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> tuple[str, Any]:
    return statement.replace("synchronous = FULL", "synchronous = OFF"), parameters
