"""Workbooks and Parquet files with some bytes changed are read, or refused with one clear error."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, prepare_contacts
from ovh_sms.errors import ContactsError
from support.lists import no_fetch, workbook

ROWS = 40
CHANGES = st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=6), st.integers(0, 6)), min_size=1, max_size=4)


@cache
def whole(kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"list.{kind}")
        if kind == "xlsx":
            workbook(path, [["number", "prenom"], *([639980000 + at, f"P{at}"] for at in range(ROWS))])
        else:
            columns = {"number": [f"06399800{at:02d}" for at in range(ROWS)], "prenom": ["Eva", None] * 20}
            pq.write_table(pa.table(columns), path)
        return path.read_bytes()


def either_read_or_refused(kind: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"list.{kind}")
        path.write_bytes(data)
        options = ContactOptions(allow_fiction=True)
        source = PreparationRequest(contacts=str(path), message="#prenom#", stop_clause=False, options=options)
        says, it = "", None
        try:
            it = prepare_contacts(source, out=Path(folder, "out"), fetch=no_fetch).prepared
        except ContactsError as error:
            says = str(error)
        if it is None:
            assert str(path) in says
        else:
            assert it.rows == it.accepted + sum(it.rejected.values())


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
@settings(max_examples=150, deadline=None)
@given(changes=CHANGES)
@example(changes=[(0.9999, b"", 0)])
def test_changed_bytes(kind: str, changes: list[tuple[float, bytes, int]]) -> None:
    data = whole(kind)
    for share, damage, gone in changes:
        at = int(share * len(data))
        data = data[:at] + damage + data[at + gone :]
    either_read_or_refused(kind, data)


def test_an_archive_of_a_later_kind_than_python_knows() -> None:
    data = bytearray(whole("xlsx"))
    data[data.index(b"PK\x01\x02") + 6] = 0x58  # version needed to extract: 8.8
    either_read_or_refused("xlsx", bytes(data))
