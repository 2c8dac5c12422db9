from __future__ import annotations

import hashlib
from pathlib import Path

import openpyxl
import phonenumbers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ovh_sms.contacts.classify.suppression_files import SuppressionFile, read_suppressed
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, prepare_contacts
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.errors import ContactsError
from support.lists import no_fetch, workbook


def read(folder: Path, text: str | bytes, region: str = "FR") -> set[str]:
    return content(folder, text, region).people


def content(folder: Path, text: str | bytes, region: str = "FR") -> SuppressionFile:
    path = folder / "stop.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_suppressed(ContactFile(path, "stop.csv"), region=region)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


BOTH = {"+33639980000", "+33639980001"}


@pytest.mark.parametrize(
    "text",
    [
        "0639980000\n06 39 98 00 01\n",
        "number\n0639980000\n\n+33 6 39 98 00 01",
        "opposition\n0639980000\n0639980001\n",
        "nom;téléphone;le\nA;0639980000;x\nB;0033639980001;y\n",
        b"\xef\xbb\xbf0639980000\r\n0639980001\r\n",
        "nom;mobile\nHélène;0639980000\nZoé;0639980001\n".encode("cp1252"),
        "sep=;\nnumero;date\n0639980000;2026\n0639980001;2026\n",
        "sep=,\nnumero,date\n0639980000,2026\n0639980001,2026\n",
        "number;mobile\n0639980000;0639980001\n",
        "nom;Téléphone 1;Téléphone 2\nA;0639980000;0639980001\nB;;0639980001\n",
    ],
    ids=["bare", "header", "other header", "csv", "mark", "cp1252", "sep", "sep comma", "two columns", "counted"],
)
def test_forms_of_a_suppression_file(tmp_path: Path, text: str | bytes) -> None:
    assert read(tmp_path, text) == BOTH


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("email;mobile\na@ex.fr;0639980000\nb@ex.fr;\nc@ex.fr; \n;0639980001\n", 2),
        ("0639980000\na@ex.fr\n0639980001\n", 1),
        ("mobile;email\nd@ex.fr;\n0639980000;\n0639980001;e@ex.fr\n", 1),
    ],
)
def test_a_row_with_an_email_alone_suppresses_nobody_and_is_counted(tmp_path: Path, text: str, rows: int) -> None:
    found = content(tmp_path, text)
    assert (found.people, found.without_number) == (BOTH, rows)


def test_a_list_of_emails_suppresses_nobody(tmp_path: Path) -> None:
    assert content(tmp_path, "email\na@ex.fr\nb@ex.fr\n") == SuppressionFile(without_number=2)


@pytest.mark.parametrize("header", ["sha256\n", "", "phone_hash\n"])
def test_digests_of_numbers_suppress_them(tmp_path: Path, header: str) -> None:
    (tmp_path / "list.csv").write_text("number\n0639980000\n0639980001\n0639980002\n")
    own = read(tmp_path, f"{header}{sha256('+33639980000')}\n{sha256('33639980002').upper()}\n")
    made = prepare(
        tmp_path / "list.csv", out=tmp_path / "out", message="x", stop_clause=True, suppressed=own,
        options=ContactOptions(allow_fiction=True),
    )  # fmt: skip
    assert (made.accepted, made.rejected) == (1, {"suppressed": 2})


def test_numbers_and_digests_beside_each_other_all_count(tmp_path: Path) -> None:
    text = f"mobile;sha256\n0639980000;\n0639980001;{sha256('+33639980009')}\n;{sha256('+33639980008')}\n"
    assert read(tmp_path, text) == {*BOTH, sha256("+33639980009"), sha256("+33639980008")}


def test_tables_of_every_kind(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", [["email", "mobile"], ["a@ex.fr", 639980000], ["b@ex.fr"], [None, 639980001]])
    columns = {"email": ["a@ex.fr", "b@ex.fr", None], "mobile": pa.array([639980000, None, 639980001])}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    for path in (book, tmp_path / "a.parquet"):
        assert read_suppressed(ContactFile(path, path.name)) == SuppressionFile(BOTH, 1)


def test_a_number_in_a_hidden_row_is_suppressed(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(workbook(tmp_path / "a.xlsx", [["mobile"], [639980000], [639980001]]))
    book["Clients"].row_dimensions[3].hidden = True
    book["Clients"].column_dimensions["A"].hidden = True
    book.save(tmp_path / "a.xlsx")
    assert read_suppressed(ContactFile(tmp_path / "a.xlsx", "a.xlsx")).people == BOTH


def test_an_empty_file_suppresses_nobody(tmp_path: Path) -> None:
    assert read(tmp_path, "") == set()
    assert read(tmp_path, "number\n") == set()


@pytest.mark.parametrize("kind", ["FIXED_LINE", "VOIP", "TOLL_FREE", "PREMIUM_RATE"])
def test_numbers_of_every_type_are_suppressed(tmp_path: Path, kind: str) -> None:
    found = phonenumbers.example_number_for_type("FR", getattr(phonenumbers.PhoneNumberType, kind))
    text = f"0{found.national_number}"
    assert read(tmp_path, f"0639980000\n{text}\n") == {"+33639980000", f"+33{found.national_number}"}


@pytest.mark.parametrize("at_ovh", [False, True])
def test_a_landline_that_is_accepted_can_be_suppressed(tmp_path: Path, at_ovh: bool) -> None:
    landline = phonenumbers.example_number_for_type("FR", phonenumbers.PhoneNumberType.FIXED_LINE)
    text = f"0{landline.national_number}"
    (tmp_path / "list.csv").write_text(f"number\n{text}\n+33 {landline.national_number}\n0639980000\n")
    suppressed = [text] if at_ovh else read(tmp_path, text)
    made = prepare(
        tmp_path / "list.csv",
        out=tmp_path / "out",
        message="x",
        stop_clause=True,
        options=ContactOptions(allow_fiction=True, also_accept=("fixed_line",)),
        suppressed=suppressed,
    )
    assert (made.accepted, made.rejected) == (1, {"suppressed": 2})


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("0639980000\n06399800\n", 2, "no readable number"),
        ("06399800\n", 1, "no readable number"),
        ("number\n0639980000\n\n6,4E+08\n", 4, "spreadsheet"),
        ("number;nom\n0639980000;A\n;B\n", 3, "the number is empty"),
        ("number;nom\n0639980000;A;x\n", 2, "the row is broken"),
        ("a;b\n0639980000;x\n", 1, "none is called"),
        ("number;mobile\n0639980000;0639980001\n;063998\n", 3, "no such phone number"),
        ("email;mobile\na@ex.fr;063998\n", 2, "no such phone number"),
        ("mobile;sha256\n;d41d8cd98f00b204e9800998ecf8427e\n", 2, "no such phone number"),
    ],
)
def test_an_unreadable_number_is_an_error_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(ContactsError, match=f"stop.csv, line {line}: .*{says}") as caught:
        read(tmp_path, text)
    assert "6399800" not in str(caught.value)


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match=r"Suppression file gone\.csv is not a file"):
        read_suppressed(ContactFile(tmp_path / "gone.csv", "gone.csv"))
    with pytest.raises(ContactsError, match=r"Suppression file stop\.csv is a binary file"):
        read(tmp_path, b"a\x00b")


def test_a_campaign_leaves_them_out_and_counts_them(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("number\n0639980000\n0639980001\n0639980002\n0639980003\n")
    (tmp_path / "a.csv").write_text("0639980000\n")
    (tmp_path / "none.csv").write_text("")
    book = workbook(tmp_path / "b.xlsx", [["mobile"], [639980001], [639980009]])
    files = [str(tmp_path / "a.csv"), str(book), str(tmp_path / "none.csv")]
    source = PreparationRequest(
        contacts=str(tmp_path / "list.csv"),
        message="Bonjour",
        stop_clause=False,
        options=ContactOptions(allow_fiction=True),
        suppress=files,
    )
    found = prepare_contacts(source, out=tmp_path / "out", fetch=no_fetch, suppressed=["+33639980002"])
    assert found.prepared.rejected == {"suppressed": 3}
    assert found.suppression == dict(zip(files, (1, 2, 0), strict=True))


@pytest.mark.parametrize("name", ["x" * 300, "folder", "damaged.xlsx"])
def test_an_unreadable_file_is_an_error_of_the_campaign(tmp_path: Path, name: str) -> None:
    (tmp_path / "list.csv").write_text("number\n0639980000\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "damaged.xlsx").write_bytes(b"PK\x03\x04" + b"x" * 200)
    source = PreparationRequest(
        contacts=str(tmp_path / "list.csv"),
        message="Bonjour",
        stop_clause=False,
        options=ContactOptions(allow_fiction=True),
        suppress=[str(tmp_path / name)],
    )
    with pytest.raises(ContactsError, match=r"^Suppression file") as caught:
        prepare_contacts(source, out=tmp_path / "out", fetch=no_fetch)
    assert caught.value.action
    assert not (tmp_path / "out" / "prepared.csv").exists()
