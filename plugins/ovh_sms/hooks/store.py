"""Airflow connection → the store: the results database that all workers share."""

from __future__ import annotations

import os
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.metrics import record_in_airflow
from ovh_sms.object_storage.stored_path import StoredPath
from ovh_sms.settings import data_path

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from ovh_sms.store.store import Store

record_in_airflow()

# The extra fields that libpq knows; Airflow keeps other things there too.
_POSTGRESQL_EXTRAS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "options")


class ResultsHook(BaseHook):
    """Opens the store of all campaigns.

    Without such a connection it is the file ``results.sqlite`` in the data folder. That is right for one machine;
    workers on several machines need a PostgreSQL connection.

    :param results_conn_id: an Airflow connection of type ``postgres`` or ``sqlite``.
    """

    conn_name_attr = "results_conn_id"
    default_conn_name = "ovh_sms_results"

    def __init__(self, results_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.results_conn_id = results_conn_id

    @cached_property
    def store(self) -> Store:
        """The store; its tables are made by ``ovh-sms db init``.

        :raises ConfigurationError: the connection's type or fields do not name a usable database.
        """
        from ovh_sms.store.store import Store

        return Store(self.url())

    def get_conn(self) -> Store:
        """Return the store, under the name that Airflow's hooks share."""
        return self.store

    def url(self) -> str:
        """Return the URL of the results database.

        :raises ConfigurationError: the connection's type or fields do not name a usable database.
        """
        from airflow.sdk.exceptions import AirflowNotFoundException

        try:
            connection = self.get_connection(self.results_conn_id)
        except AirflowNotFoundException:
            return default_url()
        return connection_url(connection)


def shared_store(results_conn_id: str = ResultsHook.default_conn_name) -> Store:
    """Return the store that this process opens once, for what it writes now and then: a triggerer runs for months.

    :param results_conn_id: Airflow connection of the results.
    :raises ConfigurationError: the connection's type or fields do not name a usable database.
    """
    return _opened(ResultsHook(results_conn_id).url(), os.getpid())


@lru_cache(maxsize=8)
def _opened(url: str, process: int) -> Store:
    """A forked process must not use the connections of the one that it comes from, nor close them."""
    from ovh_sms.store.store import Store

    return Store(url)


def default_url() -> str:
    """Return the URL of the results database if no connection names one."""
    return _sqlite_url("results.sqlite")


def connection_url(connection: Connection) -> str:
    """Turn an Airflow connection into the URL of the results database.

    :param connection: ``postgres``: host, port, schema as the database's name, login, password, and in extra
        ``driver`` and libpq's ``sslmode`` and the like; ``sqlite``: the file as host or schema, a relative one
        in the data folder.
    :raises ConfigurationError: another type of connection, or no database named.
    """
    named = (connection.conn_type or "").lower()
    if named == "sqlite":
        file = connection.host or connection.schema
        if file:
            return _sqlite_url(file)
    elif named in {"postgres", "postgresql"}:
        if connection.schema:
            return _postgresql_url(connection)
    else:
        raise ConfigurationError(
            f"Results cannot be kept in a connection of type {named!r} ({connection.conn_id}).",
            action="Give that connection the type postgres or sqlite, or remove it to use a SQLite file.",
        )
    raise ConfigurationError(
        f"The connection {connection.conn_id} names no database.",
        action="Fill in its schema: the database's name for postgres, the file for sqlite.",
    )


def _sqlite_url(file: str) -> str:
    from sqlalchemy import URL

    path = Path(file).expanduser()
    if not path.is_absolute():
        path = data_path() / path
    if isinstance(path, StoredPath):
        raise ConfigurationError(
            f"Results cannot be kept as a SQLite file in an object storage, {path}.",
            action="Give the connection of the results the type postgres, or the absolute path of a SQLite file if "
            "everything runs on one machine.",
        )
    return URL.create("sqlite", database=str(path)).render_as_string()


def _postgresql_url(connection: Connection) -> str:
    from sqlalchemy import URL

    extra = connection.extra_dejson
    driver = extra.get("driver")
    url = URL.create(
        f"postgresql+{driver}" if driver else "postgresql",
        username=connection.login,
        password=connection.password,
        host=connection.host,
        port=connection.port,
        database=connection.schema,
        query={name: str(extra[name]) for name in _POSTGRESQL_EXTRAS if name in extra},
    )
    return url.render_as_string(hide_password=False)
