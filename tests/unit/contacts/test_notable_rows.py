"""The rows that a preview shows of a list: those whose texts differ most, and the first of each reject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest
from ovh_sms.contacts.preview.list_preview import Preview, make_preview
from ovh_sms.contacts.preview.preview_text import lines
from support.lists import no_fetch, workbook

LIST = """Clients de MYSHOP
number;prenom;ville
0639980010;Anna;Lyon

0639980011;Al;Lyon
0639980012;Maximilien;Châlons-en-Champagne
0639980013;;Lyon
0639980014;François;Lyon
0639980015;FranÃ§oise;Lyon
0639980016;"Ma
rie";Lyon
12;x;Lyon
13;x;Lyon
06399800;x;Lyon
0639980010;x;Lyon
0639980017;Zoé;Lyon;Nord
;;
"""


def preview(folder: Path, *, text: str = LIST, line: int | None = None, **options: Any) -> Preview:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    given = {"allow_fiction": True, "transliterate": True, "repair_encoding": True, **options}
    request = PreparationRequest(
        contacts=str(path), message="Bonjour #prenom# (#ville#)", stop_clause=False, options=ContactOptions(**given)
    )
    return make_preview(request, folder=folder / "out", fetch=no_fetch, line=line)


def test_the_texts_that_differ_most(tmp_path: Path) -> None:
    found = {each.line: (list(each.kinds), each.text) for each in preview(tmp_path).samples}
    assert found == {
        3: (["first"], "Bonjour Anna (Lyon)"),
        7: (["shortest", "prenom empty"], "Bonjour  (Lyon)"),
        6: (["longest", "â as a"], "Bonjour Maximilien (Chalons-en-Champagne)"),
        8: (["ç as c"], "Bonjour Francois (Lyon)"),
        9: (["prenom repaired"], "Bonjour Francoise (Lyon)"),
    }


def test_a_text_in_place_of_an_empty_value_is_shown(tmp_path: Path) -> None:
    found = {each.line: (list(each.kinds), each.text) for each in preview(tmp_path, empty_text="client").samples}
    assert found[7] == (["default text for prenom"], "Bonjour client (Lyon)")


def test_few_rows_of_a_kind_are_shown_however_long_the_list(tmp_path: Path) -> None:
    rows = "".join(f"063998{at:04d};{chr(0x100 + at % 128)};Lyon\n" for at in range(3000))
    found = preview(tmp_path, text="number;prenom;ville\n" + rows)
    assert len(found.samples) <= 6
    assert [sum(" as " in kind for kind in each.kinds) for each in found.samples].count(1) == 3


def test_texts_of_one_length_are_neither_shortest_nor_longest(tmp_path: Path) -> None:
    found = preview(tmp_path, text="number;prenom;ville\n0639980010;Ana;Lyon\n0639980011;Eva;Lyon\n")
    assert [(each.line, list(each.kinds)) for each in found.samples] == [(2, ["first"])]


def test_the_first_lines_of_each_reject(tmp_path: Path) -> None:
    found = preview(tmp_path)
    rejects = {
        reason: [(each.line, each.column, each.value) for each in rows] for reason, rows in found.rejects.items()
    }
    assert rejects == {
        "line_break": [(10, "prenom", "Ma\nrie")],
        "invalid_number": [(12, "number", "12"), (13, "number", "13"), (14, "number", "******00")],
        "duplicate": [(15, "number", "********10")],
        "broken_row": [(16, "", "********17 | Zoé | Lyon | Nord")],
    }
    text = "\n".join(lines(found, masked=False))
    assert "            line 14, number: ******00\n" in text
    logged = "\n".join(lines(found, masked=True))
    assert "            first in lines 12, 13, 14\n" in logged
    assert "Zoé" not in logged


def test_the_form_of_the_list_is_shown(tmp_path: Path) -> None:
    text = list(lines(preview(tmp_path), masked=False))
    assert "Encoding: utf-8, 100.0 % sure; separator: ';'" in text
    assert "Header: in line 2" in text
    path = tmp_path / "cp1252.csv"
    path.write_bytes("number;prenom;ville\n0639980010;Éloïse;Orléans\n".encode("cp1252"))
    named = PreparationRequest(
        contacts=str(path), message="#ville#", stop_clause=False, options=ContactOptions(encoding="cp1252")
    )
    text = list(lines(make_preview(named, folder=tmp_path / "out", fetch=no_fetch), masked=False))
    assert "Encoding: cp1252, as asked for; separator: ';'" in text


@pytest.mark.parametrize(
    ("line", "state", "says"),
    [
        (1, "above the header", "Line 1 is no row. It stands above the header, which is in line 2."),
        (2, "header", "Line 2 is no row. This is the header."),
        (4, "blank", "Line 4 is no row. It is blank, or holds separators alone, so it is no row."),
        (5, "accepted", "    > Bonjour Al (Lyon)"),
        (8, "accepted", "    > Bonjour Francois (Lyon)"),
        (10, "rejected", "    prenom: Ma rie"),
        (11, "continued", "Line 11 is no row. It goes on with the row that begins in line 10."),
        (15, "rejected", "    number: ********10"),
        (16, "rejected", "    ********17 | Zoé | Lyon | Nord"),
        (17, "blank", "Line 17 is no row. It is blank, or holds separators alone, so it is no row."),
        (18, "missing", "Line 18 is no row. There is no such line: the file has 17 lines."),
    ],
)
def test_what_becomes_of_one_line(tmp_path: Path, line: int, state: str, says: str) -> None:
    found = preview(tmp_path, line=line)
    assert found.line is not None
    assert found.line.state == found.to_dict()["line"]["state"] == state
    assert says in list(lines(found, masked=False))


@pytest.mark.parametrize(
    ("row", "state"), [(1, "header"), (2, "accepted"), (3, "rejected"), (4, "blank"), (5, "accepted"), (6, "missing")]
)
def test_what_becomes_of_one_row_of_a_sheet(tmp_path: Path, row: int, state: str) -> None:
    import openpyxl

    rows: list[list[Any]] = [["number", "prenom"], [639980010, "Ana"], [639980011, "Eva"], [], [639980012, "Zoé"]]
    path = workbook(tmp_path / "a.xlsx", rows)
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    request = PreparationRequest(
        contacts=str(path), message="#prenom#", stop_clause=False, options=ContactOptions(allow_fiction=True)
    )
    found = make_preview(request, folder=tmp_path / "out", fetch=no_fetch, line=row)
    assert found.line is not None
    assert found.line.state == state
    assert [each.value for each in found.rejects["hidden"]] == ["*******11"]
    text = list(lines(make_preview(request, folder=tmp_path / "out", fetch=no_fetch), masked=False))
    assert "Header: in row 1" in text
    assert not any(each.startswith("Encoding") for each in text)


def test_dates_and_codes_are_shown_and_long_values_are_cut(tmp_path: Path) -> None:
    text = (
        f"number;prenom;ville\n0639980010;01/12/2026;{'x' * 5000} 06 39 98 00 12\n0639980011;123456789;06 39 98 00 12\n"
    )
    found = {each.line: each.text for each in preview(tmp_path, text=text).samples}
    assert found[2] == f"Bonjour 01/12/2026 ({'x' * 2000}…)"
    assert found[3] == "Bonjour 123456789 (************12)"
