"""Rows that PostgreSQL copies are those that its driver fetches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.read import query_contacts
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.contacts.read.copied_query import CopiedRows, copied_columns
from ovh_sms.contacts.read.query_contacts import query_rows
from ovh_sms.errors import ContactsError
from support.postgresql import new_database, postgresql_server

__all__ = ["postgresql_server"]

VALUES = [
    "Ana",
    "",
    None,
    "a;b",
    'say "x"',
    "a,b",
    "12 rue\nParis",
    "\\.",
    "\\N",
    " x ",
    "Zoé",
    "e\u0301",
    "\u200b",
    "1",
]
MANY = "SELECT '063998' || lpad((n % 10000)::text, 4, '0') AS mobile, n AS points FROM generate_series(0, 499999) n"


@pytest.fixture
def database(postgresql_server: str) -> Iterator[Any]:
    import psycopg2

    new_database(postgresql_server)  # it answers from here on
    port = postgresql_server.rpartition(":")[2]
    with closing(psycopg2.connect(host="127.0.0.1", port=port, user="tester", dbname="postgres")) as connection:
        yield connection


def prepared(database: Any, query: str, out: Path, message: str = "Bonjour") -> PreparedList:
    @contextmanager
    def rows() -> Iterator[Any]:
        with query_rows(database, query, "SQL") as found:
            yield found

    options = ContactOptions(allow_fiction=True, line_breaks="keep")
    return prepare(ContactFile(Path("SQL"), "SQL", rows), out=out, message=message, stop_clause=False, options=options)


def test_copied_values_are_those_that_are_fetched(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE people (mobile text, x text, n bigint, c char(12))")
        rows = [(f"06399800{at:02d}", x, at or None, "a") for at, x in enumerate(VALUES)]
        cursor.executemany("INSERT INTO people VALUES (%s, %s, %s, %s)", [*rows, (None, "x", 1, "")])
    query, message = "SELECT mobile, x, n, c FROM people -- all of them;", "#x#|#n#|#c#"
    assert copied_columns(database, query) == ["mobile", "x", "n", "c"]
    copied = prepared(database, query, tmp_path / "copied", message)
    monkeypatch.setattr(query_contacts, "copied_columns", lambda *_: None)
    fetched = prepared(database, query, tmp_path / "fetched", message)
    assert copied.rows == len(VALUES) + 1
    assert (copied.digest, copied.rejected, copied.segments) == (fetched.digest, fetched.rejected, fetched.segments)
    assert copied.rejects_path.read_bytes() == fetched.rejects_path.read_bytes()


def test_a_missing_number_alone_in_its_row_is_a_reject(database: Any, tmp_path: Path) -> None:
    query = "VALUES ('0639980012'), (NULL), ('0639980013'), ('');"
    made = prepared(database, f"SELECT column1 AS mobile FROM ({query.rstrip(';')}) v;", tmp_path)
    assert (made.rows, made.accepted, made.rejected) == (4, 2, {"no_number": 2})


@pytest.mark.parametrize("kind", ["date", "numeric", "boolean", "double precision", "timestamptz", "bytea"])
def test_values_with_a_form_of_their_own_are_fetched(database: Any, kind: str) -> None:
    with query_rows(database, f"SELECT '0639980012' AS mobile, NULL::{kind} AS x", "SQL") as (columns, blocks):
        assert columns == ["mobile", "x"]
        assert [list(block) for block in blocks] == [[("0639980012", None)]]


def test_many_rows_are_copied_a_block_at_a_time(database: Any, tmp_path: Path) -> None:
    with query_rows(database, MANY, "SQL") as (_, blocks):
        sizes = [len(block.table()) for block in blocks if isinstance(block, CopiedRows)]
    assert sum(sizes) == 500_000
    assert max(sizes) < 200_000


def test_an_error_behind_the_first_rows_is_the_querys(database: Any, tmp_path: Path) -> None:
    query = "SELECT '0639980012' AS mobile, 1 / (400000 - n) AS x FROM generate_series(0, 499999) n"
    with pytest.raises(ContactsError, match=r"SQL failed \(DivisionByZero\)"):
        prepared(database, query, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_preparation_that_fails_leaves_no_copy_running(database: Any, tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match="#nom#"):
        prepared(database, MANY, tmp_path, "#nom#")
    assert "copied-query" not in {thread.name for thread in threading.enumerate()}
    database.rollback()
    assert prepared(database, f"{MANY} LIMIT 10", tmp_path).rows == 10


def test_a_statement_that_is_no_query_is_refused_as_such(database: Any, tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match=r"SQL failed \(SyntaxError"):
        prepared(database, "DROP TABLE IF EXISTS nowhere", tmp_path)
