"""One SQLAlchemy engine for the results, with what SQLite and PostgreSQL each need to be shared by tasks."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from ovh_sms.errors import ConfigurationError
from ovh_sms.private_files import private_file, private_folder

LOCK_WAIT_SECONDS = 60.0
_WRITES = "ovh_sms_writes"
_DURABLE = "ovh_sms_durable"
_POSTGRESQL_DRIVERS = ("psycopg", "psycopg2")
_HOW = "Give a SQLite file (sqlite:////path/results.sqlite) or a PostgreSQL database (postgresql://…)."


def results_url(url: str) -> URL:
    """Tell which database the results go to, or why they cannot.

    :param url: SQLAlchemy's form; ``postgres://`` and a missing PostgreSQL driver are filled in.
    :returns: the URL with its driver.
    :raises ConfigurationError: not a URL, another kind of database, one in memory, no driver installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text itself may hold a password: it is not shown.
        raise ConfigurationError("The results database's URL cannot be read.", action=_HOW) from None
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgres", "postgresql"}:
        return parsed.set(drivername=f"postgresql+{_postgresql_driver(parsed)}")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ConfigurationError(f"Results cannot be kept in a {backend} database.", action=_HOW)
    if parsed.database in {None, "", ":memory:"}:
        raise ConfigurationError("A SQLite database in memory would lose the results.", action=_HOW)
    return parsed


def _postgresql_driver(url: URL) -> str:
    named = url.drivername.partition("+")[2]
    candidates = (named,) if named else _POSTGRESQL_DRIVERS
    for driver in candidates:
        if importlib.util.find_spec(driver) is not None:
            return driver
    raise ConfigurationError(
        f"The results are to go to PostgreSQL, and its driver ({' or '.join(candidates)}) is not installed.",
        action="Install it on every worker: pip install 'psycopg[binary]'.",
    )


def make_engine(url: str) -> Engine:
    """Make the engine of the results; a SQLite file and its folder are made too, readable by the owner alone.

    Statements that fail are reported without their values: those are phone numbers.

    :param url: see :func:`results_url`.
    :raises ConfigurationError: see :func:`results_url`.
    """
    target = results_url(url)
    if target.get_backend_name() == "postgresql":
        return create_engine(
            target,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=2,
            # Whoever has waited for a lock must see what its holder wrote, whatever the server's default is.
            isolation_level="READ COMMITTED",
        )
    _make_private(Path(str(target.database)))
    engine = create_engine(
        target,
        hide_parameters=True,
        poolclass=NullPool,
        connect_args={"timeout": LOCK_WAIT_SECONDS},
    )
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path) -> None:
    """Make the file before SQLite does: it gives its ``-wal`` and ``-shm`` files the same rights."""
    if not file.parent.exists():
        private_folder(file.parent)
    if not file.exists():
        private_file(file)


def _open_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, DDL included
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once and waits for it: one that upgrades a read is refused without waiting.
    options = connection.get_execution_options()
    writes = options.get(_WRITES, False)
    if options.get(_DURABLE, False):
        connection.exec_driver_sql("PRAGMA synchronous = FULL")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine, *, durable: bool = False) -> Iterator[Connection]:
    """Open one transaction that writes; committed at its end, rolled back on an error.

    :param durable: a SQLite file holds it even after a power cut, which the others may lose to be fast.
    """
    with engine.connect() as connection:
        connection.execution_options(**{_WRITES: True, _DURABLE: durable})
        with connection.begin():
            yield connection
