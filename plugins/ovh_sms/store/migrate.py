"""Makes and updates the tables of the results database, for ``ovh-sms db init|upgrade|check``."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from ovh_sms.errors import ConfigurationError
from ovh_sms.private_files import private_file, private_folder
from ovh_sms.store import identity
from ovh_sms.store.database import LOCK_WAIT_SECONDS, check_version, installed_version, transaction
from ovh_sms.store.tables import VERSION

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

# Any fixed number: processes that migrate the same PostgreSQL database queue on it.
_ADVISORY_LOCK = 0x6F76685F736D73
_IN_THIS_PROCESS = threading.Lock()  # Alembic keeps its context in a module


def init(store: Store) -> bool:
    """Make the tables of a new results database, and give it its identity. Several processes may do so at once.

    An identity that is set stays. A SQLite file and its folder are made too, readable by their owner alone.

    :returns: whether tables were made; ``False`` if they were there.
    :raises ConfigurationError: the tables there have another version, or the URL names no usable database.
    """
    engine = store.database.engine
    found = installed_version(engine)
    if found is not None:
        check_version(found)
        return False
    if engine.dialect.name == "sqlite":
        _make_private(Path(str(engine.url.database)))
    migrate_to_head(engine, alembic_config())
    return True


def upgrade(store: Store) -> bool:
    """Update the tables to this version of the package. Several processes may do so at once.

    It never makes tables: an empty database would know nothing of the messages sent before.

    :returns: whether tables were changed; ``False`` if they were current.
    :raises ConfigurationError: there are no tables, or a newer version of the package has made them.
    """
    engine = store.database.engine
    found = installed_version(engine)
    if found is None or found >= VERSION:
        check_version(found)
        return False
    migrate_to_head(engine, alembic_config())
    return True


def check(store: Store) -> str:
    """Read the version of the tables.

    :raises ConfigurationError: the tables are missing, or this version of the package does not know them.
    """
    check_version(installed_version(store.database.engine))
    return VERSION


def migrate_to_head(engine: Engine, config: Config) -> None:
    """Run the migrations that the tables lack, all in one transaction: an error leaves them as they were.

    :param config: Alembic's, see :func:`alembic_config`.
    """
    with _IN_THIS_PROCESS:
        if engine.dialect.name == "sqlite":
            _write_ahead(engine)
        # SQLite changes a table by making it anew; it may not drop the old one while rows refer to it.
        with transaction(engine, checks_references=False) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            identity.make(connection)
            if engine.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
                raise ConfigurationError(
                    "The new tables would lose rows that others refer to.",
                    action="Nothing was changed. Report it with the version of the package that made the tables.",
                )


def alembic_config() -> Config:
    """Return Alembic's configuration of these migrations."""
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def _make_private(file: Path) -> None:
    """Make the file before SQLite does: it gives its ``-wal`` and ``-shm`` files the same rights."""
    if not file.parent.exists():
        private_folder(file.parent)
    if not file.exists():
        private_file(file)


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
