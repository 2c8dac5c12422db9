from __future__ import annotations

import tempfile
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.cell_text import CellForm
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.contacts.read.contact_rows import file_kind
from ovh_sms.contacts.read.parquet_files import parquet_rows
from ovh_sms.errors import ContactsError
from support.lists import table, workbook
from unit.contacts.prepared_sources import prepared


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), ("a", "a"), (639980012, "639980012"), (639980012.0, "639980012"),
        (33639980012.0, "33639980012"), (19.9, "19.9"), (1e-7, "0.0000001"), (1e21, "1000000000000000000000"),
        (float("nan"), ""), (float("inf"), "inf"), (Decimal("19.90"), "19.90"),
        (Decimal("0.25000000000000000000"), "0.25"), (Decimal(1) / 3, "0.333333333333333"),
        (Decimal("12345678901234567890"), "12345678901234567890"), (Decimal("20.0000000000000000"), "20"),
        (Decimal("6.3998E+8"), "639980000"),
        (True, "true"), (date(2026, 3, 1), "01/03/2026"), (datetime.fromisoformat("2026-03-01"), "01/03/2026"),
        (datetime.fromisoformat("2026-03-01T09:30"), "01/03/2026 09:30"), (time(9, 30), "09:30"),
        (datetime.fromisoformat("2026-03-01T09:30:05.123456"), "01/03/2026 09:30:05"), (time(9, 30, 5, 9), "09:30:05"),
        (datetime.fromisoformat("2026-03-01T08:30+00:00"), "01/03/2026 09:30"),
        (datetime.fromisoformat("2026-07-01T08:30+00:00"), "01/07/2026 10:30"),
        (datetime.fromisoformat("2026-03-01T00:00+00:00"), "01/03/2026"), (date(800, 3, 1), "01/03/0800"),
        (datetime.fromisoformat("2026-02-28T23:00+00:00"), "01/03/2026"), (timedelta(hours=26, minutes=5), "26:05"),
        (3.3000000000000003, "3.3"), (0.1 + 0.2, "0.3"), (1234567.891, "1234567.891"), (-0.5, "-0.5"),
        ("Zo\u00e9".encode(), "Zo\u00e9"), (b"x\xff", "x\ufffd"), ("x\udcff\n\ud83d", "x\ufffd\n\ufffd"),
        ("12 rue\r\nParis\n", "12 rue\nParis"),
    ],
)  # fmt: skip
def test_a_value_as_text(value: object, text: str) -> None:
    assert CellForm().text(value) == text


def test_a_parquet_file(tmp_path: Path) -> None:
    columns = {
        "mobile": pa.array([639980000, 639980001, None], pa.int64()),
        "prenom": pa.array(["Anna", None, "Chloé"]).dictionary_encode(),
        "score": pa.array([1.5, float("nan"), 2.0]),
        "le": pa.array([date(2026, 3, 1), None, None]),
        "tags": pa.array([["a"], [], None]),
    }
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table(columns), path)
    it = prepared(path, "#prenom# #score# #le#").prepared
    assert table(it.list_path)[1:] == [["+33639980000", "Anna", "1.5", "01/03/2026"], ["+33639980001", "", "", ""]]
    assert table(it.rejects_path)[1:] == [["4", "mobile", "", "no_number"]]


def test_lists_and_structures_are_no_columns(tmp_path: Path) -> None:
    columns = {
        "number": ["0639980000", "0639980001"],
        "tags": [["a", "b"], None],
        "prenom": ["Anna", "Eva"],
        "address": [{"city": "Lyon"}, None],
    }
    pq.write_table(pa.table(columns), tmp_path / "list.parquet")
    found = prepared(tmp_path / "list.parquet").prepared
    assert (found.columns, found.accepted) == (("number", "prenom"), 2)
    with pytest.raises(ContactsError, match=r"#tags#, not a column .* available: #number#, #prenom#"):
        prepared(tmp_path / "list.parquet", "Bonjour #tags#")


def test_columns_without_a_name_are_columns(tmp_path: Path) -> None:
    values = [pa.array(["0639980000"]), pa.array(["Anna"]), pa.array([7])]
    pq.write_table(pa.Table.from_arrays(values, names=["number", "prenom", " "]), tmp_path / "list.parquet")
    found = prepared(tmp_path / "list.parquet").prepared
    assert (found.columns, found.accepted) == (("number", "prenom", "column_3"), 1)


def test_values_that_python_cannot_hold(tmp_path: Path) -> None:
    when = pa.array([2**60, None], pa.timestamp("us"))
    pq.write_table(pa.table({"number": ["0639980000", "1"], "when": when}), tmp_path / "list.parquet")
    with pytest.raises(ContactsError, match=r"a Parquet file that cannot be read"):
        prepared(tmp_path / "list.parquet", "Bonjour #when#")
    assert prepared(tmp_path / "list.parquet", "Bonjour").prepared.rows == 2


def test_bytes_that_are_no_text_are_sent_to_nobody(tmp_path: Path) -> None:
    values = pa.table({"number": ["0639980000", "0639980001"], "prenom": [b"Zo\xe9", "Zo\u00e9".encode()]})
    pq.write_table(values, tmp_path / "list.parquet")
    found = prepared(tmp_path / "list.parquet").prepared
    assert (found.accepted, found.rejected) == (1, {"not_gsm7": 1})


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "list\udce9.csv"])
def test_paths_that_cannot_be_opened_or_shown(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if len(name) < 255:
        path.write_text("number\n0639980000\n")
    with pytest.raises(ContactsError, match=r"cannot be opened: File name too long|list\\udce9\.csv is not UTF-8"):
        prepared(path)


def test_an_empty_row_of_a_table_is_rejected_by_name(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"number": ["0639980000", None, "0639980001"]}), path)
    it = prepared(path, "Bonjour").prepared
    assert (it.rows, it.accepted, it.rejected) == (3, 2, {"no_number": 1})


TEXTS = st.one_of(
    st.none(), st.sampled_from(["", " a ", "a;b", 'a"b', "Zo\u00e9", "a\nb", "\u00a0x"]), st.text(max_size=5)
)
COLUMNS = {
    "text": (TEXTS, pa.string()),
    "large": (TEXTS, pa.large_string()),
    "view": (TEXTS, pa.string_view()),
    "coded": (TEXTS, pa.dictionary(pa.int8(), pa.string())),
    "whole": (st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), pa.int64()),
    "big": (st.one_of(st.none(), st.integers(0, 2**64 - 1)), pa.uint64()),
    "real": (st.one_of(st.none(), st.floats()), pa.float64()),
    "exact": (st.one_of(st.none(), st.decimals(-999, 999, places=2)), pa.decimal128(9, 2)),
    "flag": (st.one_of(st.none(), st.booleans()), pa.bool_()),
    "day": (st.one_of(st.none(), st.dates()), pa.date32()),
    "moment": (st.one_of(st.none(), st.datetimes()), pa.timestamp("us")),
    "clock": (st.one_of(st.none(), st.times()), pa.time64("us")),
    "bytes": (st.one_of(st.none(), st.binary(max_size=4)), pa.binary()),
    "nothing": (st.none(), pa.null()),
}


@settings(max_examples=150, deadline=None)
@given(data=st.data(), count=st.integers(0, 6))
def test_columns_at_a_time_are_written_as_rows_are(data: st.DataObject, count: int) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4, unique=True))
    columns = {}
    for name in names:
        values, kind = COLUMNS[name]
        columns[name] = pa.array(data.draw(st.lists(values, min_size=count, max_size=count)), kind)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.parquet")
        pq.write_table(pa.table(columns), path)
        made = [row for _, row in parquet_rows(ContactFile(path, "list"), ContactOptions())]
        rows = zip(*(column.to_pylist() for column in pq.read_table(path).columns), strict=True)
        assert made == [names, *([CellForm().text(value) for value in row] for row in rows)]


def test_the_bytes_count_and_not_the_name(tmp_path: Path) -> None:
    book = workbook(tmp_path / "book.xlsx", [["number"], [639980000]])
    renamed = book.rename(tmp_path / "list.csv")
    assert file_kind(ContactFile(renamed, "list.csv")) == "xlsx"
    assert prepared(renamed, "Bonjour").prepared.accepted == 1
    (tmp_path / "list.xlsx").write_text("number\n0639980000\n")
    with pytest.raises(ContactsError, match="not an Excel workbook, although"):
        prepared(tmp_path / "list.xlsx")


def files(tmp_path: Path) -> dict[str, bytes]:
    book = workbook(tmp_path / "good.xlsx", [["number"], [639980000]]).read_bytes()
    pq.write_table(pa.table({"number": ["0639980000"]}), tmp_path / "good.parquet")
    parquet = (tmp_path / "good.parquet").read_bytes()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.csv", "number\n")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
    return {
        "old.xls": ole,
        "secret.xlsx": ole + "EncryptedPackage".encode("utf-16-le"),
        "cut.xlsx": book[: len(book) // 2],
        "zip.xlsx": (tmp_path / "other.zip").read_bytes(),
        "empty.xlsx": b"",
        "cut.parquet": parquet[: len(parquet) // 2],
        "empty.parquet": b"",
    }


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("old.xls", r"old Excel workbook \(\.xls\)"), ("secret.xlsx", "protected by a password"),
        ("cut.xlsx", "cannot be read"), ("zip.xlsx", "a zip archive, not an Excel workbook"),
        ("empty.xlsx", "is empty"), ("cut.parquet", "cannot be read"), ("empty.parquet", "is empty"),
        ("gone.xlsx", "does not exist"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, says: str) -> None:
    content = files(tmp_path).get(name)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ContactsError, match=says) as caught:
        prepared(tmp_path / name)
    assert name in str(caught.value)
    assert caught.value.action
    assert [path.name for path in (tmp_path / "out").iterdir()] == []


def test_errors_name_the_source_and_not_its_copy(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", [["nom"], ["Durant"]])
    with pytest.raises(ContactsError, match=r"list\.xlsx, line 1: no column holds the number") as caught:
        prepared(path)
    assert "list.csv" not in str(caught.value)
    only_header = workbook(tmp_path / "header.xlsx", [["number"]])
    with pytest.raises(ContactsError, match=r"header\.xlsx has a header but no contact"):
        prepared(only_header, "Bonjour")


def test_what_a_killed_worker_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "out" / ".source-old").mkdir(parents=True)
    (tmp_path / "out" / ".source-old" / "list.csv").write_text("number\n0639980000\n")
    (tmp_path / "list.csv").write_text("number\n0639980000\n")
    prepared(tmp_path / "list.csv", "Bonjour")
    assert not (tmp_path / "out" / ".source-old").exists()


def test_empty_values(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("number;prenom\n0639980000;Anna\n0639980001; \n")
    assert prepared(path).prepared.empty_values == {"prenom": 1}
    reject = prepared(path, options=ContactOptions(allow_fiction=True, empty="reject")).prepared
    assert reject.rejected == {"empty_value": 1}
    text = prepared(path, options=ContactOptions(allow_fiction=True, empty_text="client"))
    assert table(text.prepared.list_path)[2] == ["+33639980001", "client"]
    assert text.to_xcom()["changes"] == {"transliterated": {}, "filled": {"prenom": 1}, "repaired": {}}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_the_number_is_not_among_the_values_that_change(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("number;prenom\n06\u00a039\u00a098\u00a000\u00a000;Zoê\n\u00a0;Bob\n".encode(encoding))
    options = ContactOptions(allow_fiction=True, transliterate=True, empty_text="client")
    found = prepared(path, "#prenom# #number#", options=options)
    assert found.prepared.rejected == {"no_number": 1}
    changes = found.to_xcom()["changes"]
    assert (changes["transliterated"], changes["filled"]) == ({"ê": {"to": "e", "rows": 1}}, {})


def test_transliteration_says_what_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("number;prenom;note\n0639980000;Françoîs;ç\n0639980001;Loïc;x\n0639980002;Київ;x\n")
    assert prepared(path).prepared.rejected == {"not_gsm7": 3}
    found = prepared(path, options=ContactOptions(allow_fiction=True, transliterate=True))
    assert table(found.prepared.list_path)[1:] == [["+33639980000", "Francois"], ["+33639980001", "Loic"]]
    assert found.prepared.rejected == {"not_gsm7": 1}
    changes = found.to_xcom()["changes"]["transliterated"]
    assert changes["ç"] == {"to": "c", "rows": 1}  # of the columns that the message uses
    assert changes["ï"] == {"to": "i", "rows": 1}
    assert "К" not in changes
