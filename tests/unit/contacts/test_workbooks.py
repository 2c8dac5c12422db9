from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.errors import ContactsError
from support.lists import table, workbook
from unit.contacts.prepared_sources import prepared


def test_a_workbook(tmp_path: Path) -> None:
    rows = [
        ["Téléphone", "prenom", "depuis"], ["06 39 98 00 00", "Anna", date(2026, 3, 1)],
        [639980001, "Béa", datetime.fromisoformat("2026-03-02")], [639980002.0, 'Chloé; dite "C"', None], [],
        [None, "Personne"], ["6,4E+08", "Excel"],
    ]  # fmt: skip
    found = prepared(workbook(tmp_path / "list.xlsx", rows), "Bonjour #prenom# #depuis#")
    it = found.prepared
    assert table(it.list_path) == [
        ["number", "prenom", "depuis"],
        ["+33639980000", "Anna", "2026-03-01"],
        ["+33639980001", "Béa", "2026-03-02 0:00:00"],
        ["+33639980002", 'Chloé; dite "C"', ""],
    ]
    # The blank row is none; the lines are those of the sheet.
    assert table(it.rejects_path)[1:] == [
        ["6", "Téléphone", "", "no_number"],
        ["7", "Téléphone", "6,4E+08", "spreadsheet_damage"],
    ]
    assert (it.rows, it.accepted, it.columns) == (5, 3, ("Téléphone", "prenom", "depuis"))
    assert found.to_xcom()["source"] == str(tmp_path / "list.xlsx")
    assert '"source": "' + str(tmp_path / "list.xlsx") in (tmp_path / "out/prepared.json").read_text()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "prepared.csv",
        "prepared.json",
        "rejects.csv",
    ]


def test_a_line_break_in_a_cell_moves_no_line(tmp_path: Path) -> None:
    rows = [["number", "adresse"], ["0639980000", "1 rue\nParis"], ["0639980001", "x"], ["12", "y"]]
    path = workbook(tmp_path / "list.xlsx", rows)
    rejects = table(prepared(path, "#adresse#").prepared.rejects_path)
    assert [row[0::3] for row in rejects[1:]] == [["2", "line_break"], ["4", "invalid_number"]]
    written = prepared(path, "#adresse#", options=ContactOptions(allow_fiction=True, line_breaks="blank"))
    assert table(written.prepared.list_path)[1] == ["+33639980000", "1 rue Paris"]


def test_one_sheet_of_several(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    book.create_sheet("Mai").append(["number"])
    book["Mai"].append([639980007])
    book.save(path)
    assert prepared(path, "Bonjour", sheet="Mai").prepared.accepted == 1
    with pytest.raises(ContactsError, match=r"list\.xlsx \(sheet Sheet\) shows no row; other sheets: Mai"):
        prepared(path, "Bonjour")
    with pytest.raises(ContactsError, match="no sheet Juin; sheets found: Sheet, Mai"):
        prepared(path, "Bonjour", sheet="Juin")


def test_a_hidden_sheet_is_read_only_when_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, number in (("Old", 639980000), ("Mai", 639980001)):
        page = book.create_sheet(title)
        page.append(["number"])
        page.append([number])
    del book["Sheet"]
    book["Old"].sheet_state = "hidden"
    book.active = 1
    book.save(tmp_path / "list.xlsx")
    path = tmp_path / "list.xlsx"
    assert table(prepared(path, "Bonjour").prepared.list_path)[1:] == [["+33639980001"]]
    assert table(prepared(path, "Bonjour", sheet="Old").prepared.list_path)[1:] == [["+33639980000"]]


@pytest.fixture(scope="module")
def long_workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    rows = [["number", "prenom"], *([n, f"P{n}"] for n in range(8_000))]
    return workbook(tmp_path_factory.mktemp("long") / "list.xlsx", rows).read_bytes()


@pytest.mark.parametrize("at", [0.2, 0.4, 0.6, 0.8])
def test_a_workbook_that_is_damaged_behind_its_start(tmp_path: Path, long_workbook: bytes, at: float) -> None:
    path, data = tmp_path / "list.xlsx", bytearray(long_workbook)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.getinfo("xl/worksheets/sheet1.xml")
    middle = sheet.header_offset + 100 + int(at * (sheet.compress_size - 200))
    data[middle : middle + 40] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(ContactsError, match=r"list\.xlsx is an Excel workbook that cannot be read"):
        prepared(path)


def test_rows_beyond_the_header_are_broken(tmp_path: Path) -> None:
    rows = [["number", "prenom"], [639980000, "Anna", "too much"], [639980001, "Béa", None, ""]]
    it = prepared(workbook(tmp_path / "list.xlsx", rows)).prepared
    assert (it.accepted, it.rejected) == (1, {"broken_row": 1})


def test_a_size_that_the_workbook_states_wrongly(tmp_path: Path) -> None:
    good, path = (workbook(tmp_path / "good.xlsx", [["number"], [639980000], [639980001]]), tmp_path / "bad.xlsx")
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'ref="A1:A3"', b'ref="A1"'))
    assert prepared(path, "Bonjour").prepared.accepted == 2


@pytest.mark.parametrize(
    ("rows", "message", "says"),
    [
        ([["Lisez-moi"], ["Bonjour, voici la liste"]], "Bonjour", "line 1: no column holds the number"),
        ([["Nom, Téléphone"], ["x"]], "Bonjour", "line 1: no column holds the number"),
        ([["number"]], "Bonjour", "has a header but no contact"),
        ([["number"], ["0639980000"]], "#prenom#", "#prenom#, not a column"),
    ],
)
def test_the_sheet_that_was_read_is_named_with_the_others(
    tmp_path: Path, rows: list[list[str]], message: str, says: str
) -> None:
    path = workbook(tmp_path / "list.xlsx", rows, title="Lisez-moi")
    book = openpyxl.load_workbook(path)
    for title in ("Contacts", "Archive"):
        book.create_sheet(title)
    book.save(path)
    with pytest.raises(ContactsError, match=says) as caught:
        prepared(path, message)
    assert "list.xlsx (sheet Lisez-moi)" in caught.value.what
    assert caught.value.what.endswith("; other sheets: Contacts, Archive.")
    assert caught.value.action.endswith("If the contacts are on another sheet, name it in 'sheet'.")
    assert "separat" not in str(caught.value)


def test_a_sheet_of_a_csv_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("number\n0639980000\n")
    with pytest.raises(ContactsError, match="not an Excel workbook"):
        prepared(tmp_path / "list.csv", sheet="Mai")
