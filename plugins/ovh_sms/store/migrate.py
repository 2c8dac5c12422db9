"""Bring the results database to the tables this version knows; tasks may all do so at once."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import identity
from ovh_sms.store.engine import LOCK_WAIT_SECONDS, writing
from ovh_sms.store.tables import VERSION_TABLE

if TYPE_CHECKING:
    from ovh_sms.store.store import ResultsStore

# Any fixed number: processes that migrate the same PostgreSQL database queue on it.
_ADVISORY_LOCK = 0x6F76685F736D73
_IN_THIS_PROCESS = threading.Lock()  # Alembic keeps its context in a module


def migrate(engine: Engine) -> None:
    """Make or update the tables of the results, and give them their id; does nothing when they are up to date.

    :param engine: see :func:`ovh_sms.store.engine.make_engine`.
    :raises ConfigurationError: a newer version of this package has changed the tables.
    """
    config = _config()
    head = ScriptDirectory.from_config(config).get_current_head()
    if _revision(engine) == head:
        return
    with _IN_THIS_PROCESS:
        if engine.dialect.name == "sqlite":
            _write_ahead(engine)
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise ConfigurationError(
                    f"The results database is not one that this version knows: {error}",
                    action="Update the package on this worker, or name another database.",
                ) from error
            identity.keep(connection)


def init(store: ResultsStore) -> bool:
    """Make the tables of a new results database; returns whether they were missing."""
    if _revision(store.engine) is not None:
        check(store)
        return False
    migrate(store.engine)
    return True


def upgrade(store: ResultsStore) -> bool:
    """Update the tables to this version; returns whether they changed."""
    before = _revision(store.engine)
    if before is None:
        check(store)
    migrate(store.engine)
    return _revision(store.engine) != before


def check(store: ResultsStore) -> None:
    """Raise ConfigurationError unless the tables are those of this version."""
    found = _revision(store.engine)
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise ConfigurationError("The results database has no tables.", action="Run: ovh-sms db init.")
    if found != head:
        raise ConfigurationError(
            f"The results database has version {found}, this package {head}.",
            action="Run: ovh-sms db upgrade.",
        )


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision()


def _write_ahead(engine: Engine) -> None:
    """Let readers and the one writer of a SQLite file work side by side; the file remembers it."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            # Changing the mode does not wait for a lock as other statements do.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
