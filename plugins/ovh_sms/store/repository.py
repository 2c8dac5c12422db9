"""The base of the repositories: the database and the clock they are given."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.sql import FromClause

from ovh_sms.clock import Clock
from ovh_sms.store.database import Database


class Repository:
    """The rows of one table. Each method opens its own transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock


def count_rows(connection: Connection, table: FromClause, *tags: str) -> int:
    """Count the rows of some submissions."""
    query = select(func.count()).select_from(table).where(table.c.tag.in_(tags))
    return int(connection.execute(query).scalar_one())
