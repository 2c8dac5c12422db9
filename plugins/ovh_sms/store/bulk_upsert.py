"""Loads many messages at once: by COPY on PostgreSQL, by one prepared statement on SQLite.

SQLAlchemy's own insert takes several times as long for each row.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.exc import DataError, IntegrityError

from ovh_sms.columns import converted
from ovh_sms.errors import StoreUnavailable
from ovh_sms.store.tables import UtcDateTime
from ovh_sms.store.upsert import refused_rows

_LOADED = "ovh_sms_loaded"
#: The characters that mean something in COPY's text.
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL = "\\N"


def bulk_upsert(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], *, kept: str) -> None:
    """Insert rows, or replace those with the same key; rows that are there as they are stay untouched.

    :param columns: all of the table's by their names: texts, integers, moments and ``None``; no key comes twice.
    :param kept: the column that a row already there keeps.
    :raises OvhSmsError: the database refuses a value; its own text, which may quote a number, is not shown.
    :raises StoreUnavailable: PostgreSQL ended the transfer.
    """
    names = tuple(columns)
    try:
        if connection.dialect.name == "postgresql":
            _copy(connection, table, columns)
            connection.exec_driver_sql(_upsert_from(table, names, kept))
        else:
            rows = zip(*(_sqlite_values(table.c[name], values) for name, values in columns.items()), strict=True)
            connection.exec_driver_sql(_upsert_values(table, names, kept), list(rows))
    except (IntegrityError, DataError) as error:
        raise refused_rows(table, _length(columns), error.orig) from None


def _copy(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Copy rows into a table of this transaction alone."""
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {_LOADED} (LIKE {table.name}) ON COMMIT DROP")
    driver = connection.dialect.loaded_dbapi
    command, lines = f"COPY {_LOADED} ({', '.join(columns)}) FROM STDIN", _copy_text(columns)
    try:
        with closing(connection.connection.cursor()) as opened:
            cursor: Any = opened
            if hasattr(cursor, "copy_expert"):  # psycopg2
                cursor.copy_expert(command, io.StringIO(lines))
            else:
                with cursor.copy(command) as copy:
                    copy.write(lines)
    except (driver.IntegrityError, driver.DataError) as error:
        raise refused_rows(table, _length(columns), error) from None
    except driver.Error as error:
        # The text of any error within COPY quotes the row that it was at: only its kind is reported.
        raise StoreUnavailable(
            f"The results database ended the transfer of {_length(columns)} rows of {table.name} "
            f"({type(error).__name__}).",
            action="None of them is stored. Try again; if it happens again, read the database's own log.",
        ) from None


def _length(columns: Mapping[str, Sequence[Any]]) -> int:
    return len(next(iter(columns.values())))


def _copy_text(columns: Mapping[str, Sequence[Any]]) -> str:
    """Write rows in COPY's text format."""
    rows = zip(*(converted(values, _copy_value) for values in columns.values()), strict=True)
    return "\n".join([*map("\t".join, rows), ""])


def _copy_value(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, str):
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)
    if isinstance(value, datetime):
        return _in_utc(value).isoformat()
    return str(value)


def _sqlite_values(column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    return converted(values, _sqlite_moment) if isinstance(column.type, UtcDateTime) else values


def _sqlite_moment(moment: datetime | None) -> str | None:
    """Write a moment as SQLAlchemy stores it: all six decimals, no time zone."""
    return None if moment is None else _in_utc(moment).replace(tzinfo=None).isoformat(" ", "microseconds")


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone cannot be stored.")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


@cache
def _upsert_from(table: Table, names: tuple[str, ...], kept: str) -> str:
    """Take the copied rows in the order of their key, so that two writers never wait for each other."""
    columns, key = ", ".join(names), ", ".join(_key(table))
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {_LOADED} ORDER BY {key} "  # noqa: S608
        f"{_on_conflict(table, names, kept, 'IS DISTINCT FROM')}"
    )


@cache
def _upsert_values(table: Table, names: tuple[str, ...], kept: str) -> str:
    marks = ", ".join("?" * len(names))
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) "  # noqa: S608
        f"{_on_conflict(table, names, kept, 'IS NOT')}"
    )


def _on_conflict(table: Table, names: tuple[str, ...], kept: str, differs: str) -> str:
    changeable = [name for name in names if name not in (*_key(table), kept)]
    changes = ", ".join(f"{name} = excluded.{name}" for name in changeable)
    is_other = " OR ".join(f"{table.name}.{name} {differs} excluded.{name}" for name in changeable)
    return f"ON CONFLICT ({', '.join(_key(table))}) DO UPDATE SET {changes} WHERE {is_other}"


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]
