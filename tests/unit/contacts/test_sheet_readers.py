from __future__ import annotations

import json
import resource
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.contacts.read.workbooks import open_sheet
from ovh_sms.errors import ContactsError
from support.plain_workbooks import MAIN, Raw, Styled, sheet, workbook

FORMATS = ["00000", "0%", "dd/mm/yyyy hh:mm", '"M. "@', "[h]:mm", "#,##0.00"]
VALUES = st.one_of(
    st.none(),
    st.sampled_from(["Ana", "Zoé", "a_x000D_b", " x ", "", "1", "A&B", "12 rue\nParis"]),
    st.integers(-5, 10**9),
    st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6),
    st.booleans(),
    st.sampled_from([
        Raw('<c r="{at}" t="e"><v>#N/A</v></c>'), Raw('<c r="{at}"><f>A1</f></c>'),
        Raw('<c r="{at}"><f>A1</f><v>7</v></c>'),
        Raw('<c r="{at}" s="3" t="str"><f t="shared" si="0"/><v></v></c>'), Raw('<c r="{at}" t="s"><v>0</v></c>'),
    ]),
)  # fmt: skip
CELLS = st.one_of(VALUES, st.builds(Styled, VALUES.filter(lambda value: not isinstance(value, Raw)), st.integers(1, 6)))


def shown(path: Path, hidden_rows: Any = "reject") -> list[tuple[int, list[str], list[str], bool, bool]]:
    """Each row: its line, its texts, those of phone numbers, whether it is blank, and whether it is hidden."""
    rows = []
    with open_sheet(ContactFile(path, "list.xlsx"), None, ContactOptions(hidden_rows=hidden_rows)) as blocks:
        for block in blocks:
            texts = [block.texts(column) for column in range(4)]
            numbers = [block.texts(column, as_number=True) for column in range(4)]
            for at in range(len(block)):
                line = block.line + at
                hidden = line in block.form.hidden_rows
                rows.append(
                    (line, [each[at] for each in texts], [each[at] for each in numbers], block.blank(at), hidden)
                )
    return [row for row in rows if not row[3]]


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, max_size=4), min_size=1, max_size=6),
    hidden=st.sets(st.integers(1, 6), max_size=2),
    merged=st.sampled_from(["", "A2:A3", "B1:C4", "D2:D9"]),
    dates=st.sampled_from(["", '<workbookPr date1904="1"/>', '<calcPr fullCalcOnLoad="1"/>']),
)
def test_a_sheet_of_unusual_spelling_is_read_as_a_usual_one(
    rows: list[list[Any]], hidden: set[int], merged: str, dates: str
) -> None:
    tail = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    usual = sheet([["x"], *rows], rows_with=dict.fromkeys(hidden, ' hidden="1"'), tail=tail)
    other = usual.replace("<row ", "<!-- --><row ").replace(' hidden="1"', " hidden = '1'").replace("<c r=", "<c  r=")
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for name, page in (("usual", usual), ("other", other)):
            path = Path(folder, f"{name}.xlsx")
            workbook(path, page, formats=FORMATS, shared=["<t>shared</t>"], book=dates)
            found.append(shown(path))
        assert found[0] == found[1]


@pytest.mark.parametrize("style", range(1, 7))
@pytest.mark.parametrize("value", [1e9, -1e9, 1e40, -1.5e300])
def test_a_number_of_any_size_costs_no_other_row(tmp_path: Path, value: float, style: int) -> None:
    page = sheet([["numero", "x"], ["0639980012", Styled(value, style)], ["0639980013", "Ana"]])
    workbook(tmp_path / "list.xlsx", page, formats=FORMATS)
    assert [texts[:2] for _, texts, *_ in shown(tmp_path / "list.xlsx")][2] == ["0639980013", "Ana"]


def with_size(path: Path, member: str, size: int) -> None:
    """Change the size that the archive states for a member."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
    entry = data.index(b"PK\x01\x02")
    while data[entry + 46 : entry + 46 + len(member)] != member.encode():
        entry = data.index(b"PK\x01\x02", entry + 4)
    assert struct.unpack_from("<L", data, entry + 24)[0] == info.file_size
    struct.pack_into("<L", data, entry + 24, size)
    path.write_bytes(data)


SHEET, SHARED = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


@pytest.mark.parametrize(
    ("member", "size"), [(SHEET, 1_500_000_000), (SHARED, 200_000_000), ("xl/styles.xml", 2 << 25)]
)
def test_a_workbook_that_unpacks_to_too_much_is_refused_by_its_sizes(tmp_path: Path, member: str, size: int) -> None:
    workbook(tmp_path / "list.xlsx", sheet([["numero"], ["0639980012"]]))
    with_size(tmp_path / "list.xlsx", member, size)
    with pytest.raises(ContactsError, match=r"unpacks to [0-9,]+ MB; at most .* MB are read"):
        shown(tmp_path / "list.xlsx")


@pytest.mark.parametrize("member", [SHEET, SHARED])
@pytest.mark.parametrize("more", [-5, 5])
def test_a_size_that_the_archive_states_wrongly_is_damage(tmp_path: Path, member: str, more: int) -> None:
    path = tmp_path / "list.xlsx"
    workbook(path, sheet([["numero"], ["0639980012"]]), shared=["<t>a</t>"])
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(member).file_size
    with_size(path, member, size + more)
    with pytest.raises(ContactsError, match="is an Excel workbook that cannot be read"):
        shown(path)


CHILD = """
import json, resource, sys, tempfile
from pathlib import Path
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
with tempfile.TemporaryDirectory() as out:
    made = prepare(Path(sys.argv[1]), out=Path(out), message="Bonjour", stop_clause=False,
                   options=ContactOptions(allow_fiction=True))
print(json.dumps([made.rows, made.accepted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


@pytest.mark.parametrize("kind", ["one text in every cell", "a cell far away"])
def test_a_small_file_that_becomes_large_is_read_in_little_memory(tmp_path: Path, kind: str) -> None:
    path, text = tmp_path / "list.xlsx", "x" * 30_000
    cells = "".join(
        f'<row r="{line}"><c r="A{line}"><v>{639_980_000 + line % 10_000}</v></c>'
        f'<c r="B{line}" t="s"><v>1</v></c></row>'
        for line in range(2, 60_000)
    )
    if kind == "a cell far away":
        text, cells = "x", cells + '<row r="1048576"><c r="XFD1048576" t="str"><v> </v></c></row>'
    head = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="str"><v>note</v></c></row>'
    page = f'<worksheet xmlns="{MAIN}"><sheetData>{head}{cells}</sheetData></worksheet>'
    workbook(path, page, shared=["<t>numero</t>", f"<t>{text}</t>"])
    assert path.stat().st_size < 2_000_000
    done = subprocess.run([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, check=True)
    rows, accepted, peak = json.loads(done.stdout)
    assert (rows, accepted) == (59_998, 10_000)
    assert peak < max(400 << 10, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + 1)  # a child starts as its parent
