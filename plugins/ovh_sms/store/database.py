"""Opens the results database that all workers share: SQLite or PostgreSQL, with the locks each of them needs."""

from __future__ import annotations

import importlib.util
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError

from ovh_sms.errors import ConfigurationError, StoreUnavailable
from ovh_sms.store.tables import VERSION, VERSION_TABLE

LOCK_WAIT_SECONDS = 60.0
#: A connection that a thread keeps is opened again after so long: the file may have been replaced by a restored one.
KEPT_SECONDS = 5.0
_WRITES = "ovh_sms_writes"
_DURABLE = "ovh_sms_durable"
_UNREFERENCED = "ovh_sms_unreferenced"
_POSTGRESQL_DRIVERS = ("psycopg", "psycopg2")
_HOW = "Give a SQLite file (sqlite:////path/results.sqlite) or a PostgreSQL database (postgresql://…)."


class Database:
    """One results database. Opens nothing until first used; processes and threads may share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_current = False
        self._kept = threading.local()

    @cached_property
    def engine(self) -> Engine:
        """The SQLAlchemy engine.

        :raises ConfigurationError: the URL does not name a usable database.
        """
        return make_engine(self._url)

    def close(self) -> None:
        """Close the connections, but that which another thread keeps; the next use opens them again."""
        self.close_kept()
        if "engine" in self.__dict__:
            self.engine.dispose()
            del self.engine
        self._is_current = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that reads.

        :raises ConfigurationError: the tables are missing or are not those of this version.
        :raises StoreUnavailable: PostgreSQL cannot be reached.
        """
        self._check_tables()
        with _connect(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False, checks_references: bool = True) -> Iterator[Connection]:
        """Open one transaction that writes; see :func:`transaction`.

        :raises ConfigurationError: the tables are missing or are not those of this version.
        :raises StoreUnavailable: PostgreSQL cannot be reached.
        """
        self._check_tables()
        with transaction(self.engine, durable=durable, checks_references=checks_references) as connection:
            yield connection

    @contextmanager
    def writing_often(self) -> Iterator[Connection]:
        """Open one durable transaction over a connection that this thread keeps for some seconds.

        For many small transactions: SQLite reads the whole schema for each connection, which takes longer than they.
        Call :meth:`close_kept` once there are no more: until then a SQLite file is not whole without its ``-wal``.

        :raises ConfigurationError: the tables are missing or are not those of this version.
        :raises StoreUnavailable: PostgreSQL cannot be reached.
        """
        if time.monotonic() > getattr(self._kept, "until", 0.0):
            self.close_kept()
        connection: Connection | None = getattr(self._kept, "connection", None)
        if connection is None:
            self._check_tables()
            connection = _connect(self.engine)
            connection.execution_options(**{_WRITES: True, _DURABLE: True})
            self._kept.connection, self._kept.until = connection, time.monotonic() + KEPT_SECONDS
        try:
            with connection.begin():
                yield connection
        except BaseException:
            self._forget_kept(connection)
            raise

    def close_kept(self) -> None:
        """Close the connection that this thread keeps, if it keeps one."""
        kept: Connection | None = getattr(self._kept, "connection", None)
        if kept is not None:
            self._forget_kept(kept)

    def _forget_kept(self, connection: Connection) -> None:
        self._kept.connection = None
        connection.close()

    def _check_tables(self) -> None:
        if not self._is_current:
            check_version(installed_version(self.engine))
            self._is_current = True


def database_url(url: str) -> URL:
    """Complete a results database's URL, or refuse it.

    :param url: SQLAlchemy's form; ``postgres://`` and a missing PostgreSQL driver are filled in.
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
    """Make the engine of a results database; its errors never show a statement's values, which are phone numbers."""
    target = database_url(url)
    if target.get_backend_name() == "postgresql":
        return create_engine(
            target,
            hide_parameters=True,
            pool_pre_ping=True,
            logging_name=_quiet_logger(),
            pool_size=2,
            connect_args=_connect_arguments(target),
            # A process that has waited for a lock must see what its holder wrote, at any default of the server.
            isolation_level="READ COMMITTED",
        )
    engine = create_engine(
        target,
        hide_parameters=True,
        poolclass=NullPool,
        connect_args={"timeout": LOCK_WAIT_SECONDS},
        logging_name=_quiet_logger(),
    )
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect_arguments(url: URL) -> dict[str, Any]:
    """Keep psycopg from preparing statements: behind PgBouncer the next transaction may be on another connection."""
    return {"prepare_threshold": None} if url.get_driver_name() == "psycopg" else {}


def _quiet_logger() -> str:
    """Name the logger of our engines, which logs no rows: at DEBUG, SQLAlchemy writes whole rows with their numbers."""
    logging.getLogger("sqlalchemy.engine.Engine.ovh_sms").addFilter(_is_no_row)
    return "ovh_sms"


def _is_no_row(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


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
    if options.get(_UNREFERENCED, False):
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def transaction(engine: Engine, *, durable: bool = False, checks_references: bool = True) -> Iterator[Connection]:
    """Open one transaction that writes; committed at its end, rolled back on an error.

    :param durable: a SQLite file holds it even after a power cut, which the others may lose to be fast.
    :param checks_references: otherwise SQLite does not check foreign keys row by row: the caller checks them itself, in
        this transaction.
    """
    with _connect(engine) as connection:
        connection.execution_options(**{_WRITES: True, _DURABLE: durable, _UNREFERENCED: not checks_references})
        with connection.begin():
            yield connection


def _connect(engine: Engine) -> Connection:
    """Open a connection. Only this step is certain to have stored nothing, so no later error is translated."""
    try:
        return engine.connect()
    except OperationalError as error:
        if engine.dialect.name != "postgresql":
            raise
        raise StoreUnavailable(
            f"The results database at {engine.url.host or 'its socket'} cannot be reached: {error.orig}".strip(),
            action="Nothing was read from it or written to it. Check that it is up, and host, login and password of "
            "the results connection. Then try again.",
        ) from error


def installed_version(engine: Engine) -> str | None:
    """Read the version of the tables; ``None`` without tables. A missing SQLite file is not made."""
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists():
        return None
    with _connect(engine) as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
        return found


def check_version(installed: str | None) -> None:
    """Refuse tables that this version of the package does not know."""
    if installed == VERSION:
        return
    if installed is None:
        raise ConfigurationError(
            "The results database has no tables.",
            action="Nothing was read, written or sent. If other workers send already, this one is connected to another "
            "database: give it theirs. For a new database run once: ovh-sms db init.",
        )
    found = f"The tables of the results database have version {installed}, this package knows {VERSION}."
    if installed < VERSION:
        raise ConfigurationError(found, action="Nothing was read, written or sent. Run once: ovh-sms db upgrade.")
    raise ConfigurationError(found, action="Nothing was read, written or sent. Update the package on this worker.")
