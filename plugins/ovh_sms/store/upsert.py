"""Insert rows or replace them, in one statement, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from ovh_sms.errors import OvhSmsError


def upsert(connection: Connection, table: Table, values: list[dict[str, Any]], *, kept: Iterable[str] = ()) -> None:
    """Insert rows, or replace those with the same key.

    :param kept: columns that a row already there keeps.
    :raises OvhSmsError: the database refuses a value; its own text, which may quote a number, is not shown.
    """
    if not values:
        return
    key = [column.name for column in table.primary_key]
    # PostgreSQL refuses to touch a row twice in one statement: the last state of each wins here.
    distinct = {tuple(row[name] for name in key): row for row in values}
    untouched = {*key, *kept}
    # Each dialect has an upsert of its own; the two read the same.
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    changes = {column.name: statement.excluded[column.name] for column in table.c if column.name not in untouched}
    insert_or_replace = statement.on_conflict_do_update(index_elements=key, set_=changes)
    try:
        connection.execute(insert_or_replace, list(distinct.values()))
    except (IntegrityError, DataError) as error:
        raise refused_rows(table, len(distinct), error.orig) from None


def refused_rows(table: Table, count: int, error: BaseException | None) -> OvhSmsError:
    """Make the error of rows that the database refuses; PostgreSQL's own text quotes them, so only its kind is shown.

    :param error: the driver's.
    """
    return OvhSmsError(
        f"The results refused {count} rows of {table.name} ({type(error).__name__}); none of them is stored.",
        action="This is a defect of the package: report it with its version.",
    )


def insert_missing(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert a row unless one with the same key is there, which stays as it is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).values(values).on_conflict_do_nothing())


def insert_missing_rows(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; those with a key that is there stay as they are."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), rows)
