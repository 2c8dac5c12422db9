"""Stores for tests, their tables made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from ovh_sms.clock import Clock
from ovh_sms.report.figures import of_run, of_submission
from ovh_sms.report.models import Figures
from ovh_sms.store import migrate
from ovh_sms.store.store import Store


def new_store(where: Path | str, *, clock: Clock | None = None) -> Store:
    store = Store(where if isinstance(where, str) else f"sqlite:///{where}", clock=clock)
    migrate.init(store)
    return store


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
