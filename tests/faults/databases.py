"""Stores in PostgreSQL: a server for the suite, a database for each plan, and broken connections."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from faults.single import ACCOUNT
from ovh_sms.store.account_lock import lock_account
from support.postgresql import new_database, running_postgresql
from support.stores import new_store

#: Seconds in which a server ends.
LONGEST_END = 20.0
_QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
_WAITS = "wait_event_type = 'Lock'"
_LOCKED = f"SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND {_WAITS}"
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"


@contextmanager
def server() -> Iterator[str]:
    """A server of the suite's own.

    :returns: URL of a database with the results' tables, from which others are made; empty where there is no
        PostgreSQL on this machine.
    """
    with ExitStack() as stack:
        try:
            template = _template(stack.enter_context(running_postgresql()))
        except pytest.skip.Exception as reason:
            print(f"WITHOUT POSTGRESQL: {reason}. All results are in SQLite; its own faults are left out.")
            template = ""
        yield template


def _template(server: str) -> str:
    """Make a database with the results' tables."""
    template = new_database(server)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    new_store(template).close()
    return template


class Database:
    """The results of one plan.

    :param template: see :func:`server`.
    :param name: of the new database.
    """

    def __init__(self, template: str, name: str) -> None:
        base, _, source = template.rpartition("/")
        self.name = name
        self.url = f"{base}/{name}"
        self._server = create_engine(f"{base}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._here = create_engine(self.url, poolclass=NullPool)
        self._lock: Any = None
        self._away = False
        for wait in (0.2, 0.5, 1, 2, None):
            try:
                self._do(f"CREATE DATABASE {name} TEMPLATE {source}")
                break
            except DBAPIError:  # another one is being made
                if wait is None:
                    raise
                time.sleep(wait)

    def end_connections(self, *, waiting: bool = False) -> int:
        """End every connection to it, or those that wait to claim; returns their number."""
        only = f" AND {_WAITS}" if waiting else ""
        with self._server.connect() as connection:
            return len(connection.execute(text(_END + only), {"name": self.name}).all())

    def take_none(self) -> int:
        self._away = True
        self._do(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        return self.end_connections() or 1

    def take_again(self) -> None:
        if self._away:
            self._away = False
            self._do(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")

    def restart(self) -> int:
        """End the server as a crash does, and start it anew; returns 1."""
        raise RuntimeError("other plans use this server")

    def hold_claims(self) -> None:
        self._lock = self._here.connect()
        lock_account(self._lock, ACCOUNT)

    def claiming(self) -> bool:
        with self._server.connect() as connection:
            return bool(connection.execute(text(_LOCKED), {"name": self.name}).scalar_one())

    def let_claim(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(DBAPIError):
                lock.close()

    def drop(self) -> None:
        self.let_claim()
        self._do(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


class OwnServer(Database):
    """The results of one plan in a server of their own, which can crash and come back.

    :param name: of the database.
    """

    def __init__(self, name: str) -> None:
        self._stack = ExitStack()
        super().__init__(_template(self._stack.enter_context(running_postgresql())), name)
        with self._server.connect() as connection:
            self._data = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        self._again: subprocess.Popen[bytes] | None = None

    def restart(self) -> int:
        """End the server as a crash does, and start it anew; returns 1."""
        lock = self._data / "postmaster.pid"
        command = shlex.split((self._data / "postmaster.opts").read_text(encoding="utf-8"))
        os.kill(int(lock.read_text(encoding="utf-8").split()[0]), signal.SIGQUIT)
        until = time.monotonic() + LONGEST_END
        while lock.exists() and time.monotonic() < until:
            time.sleep(0.02)
        self._again = subprocess.Popen(command, cwd=self._data, **_QUIET, **_account_of(self._data))  # type: ignore[call-overload]
        return 1

    def drop(self) -> None:
        """End the server; its files go."""
        self.let_claim()
        if self._again is not None:
            self._again.send_signal(signal.SIGINT)
            self._again.wait(LONGEST_END)
        self._stack.close()


def _account_of(folder: Path) -> dict[str, Any]:
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
