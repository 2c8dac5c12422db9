"""Stores in PostgreSQL: a server for the suite, a database for each plan, and broken connections."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from faults.single import ACCOUNT
from ovh_sms.store.account_lock import lock_account
from support.postgresql import new_database, postgresql_server
from support.stores import new_store

_WAITS = "wait_event_type = 'Lock'"
_LOCKED = f"SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND {_WAITS}"
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
_start = contextmanager(inspect.unwrap(postgresql_server))


@contextmanager
def server() -> Iterator[str]:
    """A server of the suite's own.

    :returns: URL of a database with the results' tables, from which others are made; empty where there is no
        PostgreSQL on this machine.
    """
    with ExitStack() as stack:
        try:
            template = new_database(stack.enter_context(_start()))
        except pytest.skip.Exception as reason:
            print(f"WITHOUT POSTGRESQL: {reason}. All results are in SQLite; its own faults are left out.")
            template = ""
        else:
            logging.getLogger("alembic").setLevel(logging.WARNING)
            store = new_store(template)
            store.close()
        yield template


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
