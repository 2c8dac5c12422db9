"""Lists from a real database, a real server and a storage, over Airflow connections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, PreparationResult, prepare_contacts
from ovh_sms.contacts.read.query_contacts import query_rows, streaming_cursor
from ovh_sms.errors import ConfigurationError, ContactsError, SourceUnavailable
from ovh_sms.hooks.contact_lists import fetch
from support.lists import table, workbook
from support.logs import Log, log
from support.postgresql import new_database, postgresql_server
from support.web import Web, web

__all__ = ["log", "postgresql_server"]


def prepared(contacts: Any, folder: Path, message: str = "Bonjour #prenom#", **changes: Any) -> PreparationResult:
    options = ContactOptions(allow_fiction=True)
    source = PreparationRequest(contacts=contacts, message=message, stop_clause=False, options=options, **changes)
    return prepare_contacts(source, out=folder / "out", fetch=fetch)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir())


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def make(name: str, **given: Any) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(given))

    return make


# --- databases


@pytest.fixture
def crm(tmp_path: Path, connect: Callable[..., None]) -> str:
    path = tmp_path / "crm.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE customers (mobile TEXT, prenom TEXT, city TEXT)")
        rows = [(f"063998{at % 10_000:04d}", 'Anna;"A"' if at == 1 else f"P{at}", "x") for at in range(25_000)]
        database.executemany("INSERT INTO customers VALUES (?, ?, ?)", [*rows, (None, "Nobody", "x")])
    database.close()
    connect("crm", conn_type="sqlite", host=str(path))
    return "crm"


def sql(query: str, connection: str = "crm") -> dict[str, dict[str, str]]:
    return {"sql": {"connection": connection, "query": query}}


def test_a_query(crm: str, tmp_path: Path, log: Log) -> None:
    found = prepared(sql("SELECT mobile, prenom AS prenom FROM customers ORDER BY rowid"), tmp_path)
    it = found.prepared
    assert (it.rows, it.accepted, it.rejected) == (25_001, 10_000, {"duplicate": 15_000, "no_number": 1})
    assert it.columns == ("mobile", "prenom")
    assert table(it.list_path)[1:3] == [["+33639980000", "P0"], ["+33639980001", 'Anna;"A"']]
    assert table(it.rejects_path)[-1] == ["25002", "mobile", "", "no_number"]  # row number + 1
    assert found.source == found.to_xcom()["source"] == "SQL over crm"
    assert left(tmp_path) == ["prepared.csv", "prepared.json", "rejects.csv"]
    assert "63998" not in log.text


def test_rows_of_a_query_are_not_kept_on_the_disk(crm: str, tmp_path: Path) -> None:
    local = fetch(sql("SELECT mobile FROM customers"), tmp_path / "none")
    assert not local.path.exists()
    assert local.rows is not None
    with local.rows() as (columns, blocks):
        assert columns == ["mobile"]
        assert next(blocks)[0] == ("0639980000",)
    first, second = (prepared(sql(f"SELECT mobile FROM customers WHERE {which}"), tmp_path, "Bonjour").prepared
                     for which in ("rowid < 9", "rowid < 8"))  # fmt: skip
    assert first.source_digest != second.source_digest


def test_values_of_a_query_are_as_people_write_them(crm: str, tmp_path: Path) -> None:
    query = "SELECT '0639980000' AS mobile, 0.1 + 0.2 AS a, 12.0 AS b, NULL AS c, 'x' || char(13, 10) || 'y' AS d"
    found = prepared(sql(query), tmp_path, "#a##b##c#")
    assert table(found.prepared.list_path)[1:] == [["+33639980000", "0.3", "12", ""]]
    assert prepared(sql(query), tmp_path, "#d#").prepared.rejected == {"line_break": 1}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT mobile FROM nowhere", "no such table: nowhere"),
        ("SELEKT 063998001200", "near"),
        ("DROP TABLE IF EXISTS nowhere", "gives no rows"),
        ("SELECT mobile, prenom FROM customers WHERE 0", "a header but no contact"),
        ("SELECT prenom FROM customers", "no column holds the number"),
        ("SELECT mobile, mobile FROM customers", "more than one column can hold the number: mobile, mobile"),
    ],
)
def test_a_query_that_gives_no_list(crm: str, tmp_path: Path, query: str, says: str) -> None:
    with pytest.raises(ContactsError, match=says) as caught:
        prepared(sql(query), tmp_path)
    if "columns found" not in str(caught.value):
        assert caught.value.action
    assert "SQL over crm" in str(caught.value)
    assert "63998" not in str(caught.value)
    assert left(tmp_path) == []


def test_connections_that_cannot_be_used(tmp_path: Path, connect: Callable[..., None]) -> None:
    with pytest.raises(ConfigurationError, match="connection missing"):
        prepared(sql("SELECT 1", "missing"), tmp_path)
    connect("server", conn_type="http", host="http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="not one to a database"):
        prepared(sql("SELECT 1", "server"), tmp_path)
    connect("nothing", conn_type="no_such_database", host="x")
    with pytest.raises(ConfigurationError, match="connection nothing"):
        prepared(sql("SELECT 1", "nothing"), tmp_path)
    connect("locked", conn_type="sqlite", host=str(tmp_path / "no" / "folder" / "x.sqlite"))
    with pytest.raises(ContactsError, match="SQL over locked failed"):
        prepared(sql("SELECT 1", "locked"), tmp_path)


def test_a_locked_database_may_be_tried_again(crm: str, tmp_path: Path, connect: Callable[..., None]) -> None:
    connect("crm", conn_type="sqlite", host=str(tmp_path / "crm.sqlite"), extra={"timeout": 0.1})
    holder = sqlite3.connect(tmp_path / "crm.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(SourceUnavailable, match="SQL over crm"):
            prepared(sql("SELECT mobile FROM customers"), tmp_path)
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def test_a_source_that_is_not_understood(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not understood"):
        prepared({"sql": {"query": "SELECT 1"}}, tmp_path)


def test_postgresql_keeps_the_rows_until_they_are_asked_for(postgresql_server: str) -> None:
    """Airflow's own hook gives a plain psycopg2 connection, as is opened here."""
    import psycopg2

    new_database(postgresql_server)  # it answers from here on
    port = postgresql_server.rpartition(":")[2]
    database = psycopg2.connect(host="127.0.0.1", port=port, user="tester", dbname="postgres")
    mobile = "'063998' || lpad((n % 10000)::text, 4, '0') AS mobile"
    try:
        with closing(streaming_cursor(database)) as cursor:
            assert cursor.name  # a cursor at the server, not the driver's copy of everything
        query = f"SELECT {mobile}, n / 4.0 AS score FROM generate_series(0, 24999) n"
        with query_rows(database, query, "SQL") as (columns, blocks):
            rows = [row for block in blocks for row in block]
        assert columns == ["mobile", "score"]
        assert rows[1] == ("0639980001", Decimal("0.25000000000000000000"))
        assert len(rows) == 25_000
        with closing(streaming_cursor(database)) as cursor, pytest.raises(psycopg2.Error):
            cursor.execute("DROP TABLE IF EXISTS nowhere")
    finally:
        database.close()


# --- servers


@pytest.fixture
def server(connect: Callable[..., None]) -> Iterator[Web]:
    with web() as here:
        connect("files", conn_type="http", host=here.url, login="me", password="secret", extra={"trust_env": False})
        yield here


def http(endpoint: str) -> dict[str, dict[str, str]]:
    return {"http": {"connection": "files", "endpoint": endpoint}}


def test_a_csv_file_from_a_server(server: Web, tmp_path: Path, log: Log) -> None:
    text = "Numéro,prenom\n" + "".join(f"063998{at:04d},Zoé {at}\n" for at in range(10_000))
    server.answers["/lists/spring"] = (200, "text/csv", text.encode("cp1252"))
    found = prepared(http("lists/spring?key=4711"), tmp_path)
    assert found.prepared.accepted == 10_000
    assert found.source == "HTTP over files: lists/spring"
    assert "4711" not in str(found.to_xcom())
    assert server.seen[0][0] == "/lists/spring?key=4711"
    assert server.seen[0][1].startswith("Basic ")
    assert left(tmp_path) == ["prepared.csv", "prepared.json", "rejects.csv"]
    assert "63998" not in log.text


def test_a_workbook_from_a_server(server: Web, tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", [["mobile", "prenom"], [639980012, "Anna"]], title="Mai")
    server.answers["/book"] = (200, "application/octet-stream", book.read_bytes())
    assert prepared(http("book"), tmp_path, sheet="Mai").prepared.accepted == 1


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ((404, "text/plain", b"gone 0639980099"), ContactsError, "HTTP 404"),
        ((401, "text/plain", b""), ContactsError, "login"),
        ((503, "text/plain", b""), SourceUnavailable, "HTTP 503"),
        ((429, "text/plain", b""), SourceUnavailable, "HTTP 429"),
        ((200, "text/html; charset=utf-8", b"<html>"), ContactsError, "text/html, not with a list"),
        ((200, "application/json", b"[]"), ContactsError, "not with a list"),
        ((200, "text/csv", b""), ContactsError, "HTTP over files: list is empty"),
    ],
)
def test_answers_that_are_no_list(
    server: Web, tmp_path: Path, log: Log, answer: tuple[int, str, bytes], error: type[Exception], says: str
) -> None:
    server.answers["/list"] = answer
    with pytest.raises(error, match=says):
        prepared(http("list"), tmp_path)
    assert left(tmp_path) == []
    assert "63998" not in log.text


def test_a_server_that_breaks_off_or_is_away(server: Web, tmp_path: Path, connect: Callable[..., None]) -> None:
    server.answers["/list"] = (200, "text/csv", b"number\n0639980000\n" * 1000)
    server.cut.add("/list")
    with pytest.raises(SourceUnavailable, match="no complete answer"):
        prepared(http("list"), tmp_path, "Bonjour")
    assert left(tmp_path) == []
    connect("files", conn_type="http", host="http://127.0.0.1:9", extra={"trust_env": False})
    with pytest.raises(SourceUnavailable, match="HTTP over files"):
        prepared(http("list"), tmp_path, "Bonjour")
    with pytest.raises(ConfigurationError, match="connection missing"):
        prepared({"http": {"connection": "missing", "endpoint": "x"}}, tmp_path)


# --- storages


def test_a_storage(tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_text("number;prenom\n0639980012;Zoé\n")
    address = f"file://{tmp_path}/a b.csv"
    found = prepared(address, tmp_path)
    assert found.prepared.accepted == 1
    assert found.source == address
    assert json.loads((tmp_path / "out/prepared.json").read_text())["source"] == address
    pq.write_table(pa.table({"number": ["0639980012"]}), tmp_path / "b.parquet")
    assert prepared(f"file://{tmp_path}/b.parquet", tmp_path, "Bonjour").prepared.accepted == 1


def test_a_suppression_file_in_a_storage(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("number\n0639980012\n0639980013\n")
    (tmp_path / "stop.txt").write_text("06 39 98 00 12\n")
    stop = f"file://{tmp_path}/stop.txt"
    found = prepared(str(tmp_path / "a.csv"), tmp_path, "Bonjour", suppress=[stop])
    assert found.prepared.rejected == {"suppressed": 1}
    assert found.suppression == {stop: 1}
    (tmp_path / "stop.txt").write_text("06 39 98 00 12\n0639\n")
    with pytest.raises(ContactsError, match=r"file://.*stop\.txt, line 2"):
        prepared(str(tmp_path / "a.csv"), tmp_path, "Bonjour", suppress=[stop])


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("file:///no/such/list.csv", ContactsError),
        ("file:///", ContactsError),
        ("nosuchstorage://bucket/list.csv", ConfigurationError),
    ],
)
def test_addresses_that_lead_nowhere(tmp_path: Path, address: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=address):
        prepared(address, tmp_path)
    assert left(tmp_path) == []
