from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList, check_accounting
from ovh_sms.contacts.read import contact_table
from ovh_sms.errors import AccountingError, ConfigurationError, ContactsError
from unit.contacts.small_lists import GUIDE, rejects, run


@pytest.mark.parametrize("first", ["sep=^", '"sep=^"', "SEP=^\r", "\ufeffsep=^"])
def test_a_line_that_states_the_separator(tmp_path: Path, first: str) -> None:
    text = f"{first}\nnumber^prenom\n0639980000^a,b\n0639980001^a,b\n12^\n"
    prepared = run(tmp_path, text, "#prenom#")
    assert prepared.list_path.read_text() == "number;prenom\n+33639980000;a,b\n+33639980001;a,b\n"
    assert (prepared.separator, prepared.rows) == ("^", 3)
    assert rejects(prepared) == [("5", "number", "12", "invalid_number")]


def test_a_stated_separator_gives_way_to_the_one_given(tmp_path: Path) -> None:
    options = ContactOptions(allow_fiction=True, separator="|")
    prepared = run(tmp_path, "sep=;\nnumber|prenom\n0639980000|a;b\n", "#prenom#", options=options)
    assert prepared.list_path.read_text() == 'number;prenom\n+33639980000;"a;b"\n'


def test_overrides(tmp_path: Path) -> None:
    options = ContactOptions(allow_fiction=True, number_column="contact", separator="-", encoding="cp437")
    prepared = run(tmp_path, "mobile-contact-prénom\nx-639980000-Zoé\n".encode("cp437"), "#prénom#", options=options)
    assert prepared.list_path.read_text(encoding="utf-8") == "number;prénom\n+33639980000;Zoé\n"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (ContactOptions(region="France"), "Region 'France'"),
        (ContactOptions(also_accept=("landline",)), "type 'landline'"),
        (ContactOptions(separator=";;"), "Separator ';;'"),
        (ContactOptions(separator='"'), "Separator"),
        (ContactOptions(encoding="utf-9"), "Encoding 'utf-9' .* is unknown"),
        (ContactOptions(encoding="base64"), "Encoding 'base64'"),
    ],
)
def test_options_that_cannot_be_meant(tmp_path: Path, options: ContactOptions, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        run(tmp_path, GUIDE, options=options)


@pytest.mark.parametrize(
    ("data", "message", "says"),
    [
        (b"", "x", r"list\.csv is empty\. Give a file"),
        (b"\n \n\n", "x", r"list\.csv is empty\. Give a file"),
        (b"\xef\xbb\xbf", "x", r"list\.csv is empty\. Give a file"),
        (b"number;nom\n\n \n", "x", r"list\.csv has a header but no contact\. Check the export"),
        (
            b"nom;prenom\na;0639980000\n",
            "x",
            r"list\.csv, line 1: no column holds the number; columns found: nom, prenom\. Call",
        ),
        (b"tel;mobile\n1;2\n", "x", r"list\.csv, line 1: more than one column can hold the number"),
        (b"number;nom;nom\n1;2;3\n", "#nom#", r"nom can mean 2 columns of the contact list"),
        (b"root:x:0:0\nsys:x:1:1\n", "x", r"list\.csv, line 1: .*This seems to be no contact list"),
        (b'number;"nom\n1;2\n', "x", r"list\.csv, line 1: a quote in the header does not fit\. Remove"),
        (b"0639980000;Durant\n", "x", r"list\.csv, line 1: the first line seems to be a contact"),
        (bytes(range(256)), "x", r"list\.csv is a binary file"),
        (b"number;prenom\n1;2\n", "#prenon#", r"uses #prenon#.*available: #number#, #prenom#"),
        (b"mobile;number\n1;2\n", "#number#", "more than one column can hold the number"),
        (TEXT_16 := "number\n0639980000\n".encode("utf-16") + b"x", "x", "is not utf-16 text .*Save it in UTF-8"),
    ],
)
def test_unusable_lists_leave_nothing_behind(tmp_path: Path, data: bytes, message: str, says: str) -> None:
    with pytest.raises(ContactsError, match=says):
        run(tmp_path, data, message)
    out = tmp_path / "out"
    assert not out.exists() or not list(out.iterdir())


def test_missing_file_folder_and_endless_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ContactsError, match=r"nowhere\.csv does not exist\. Check the path"):
        prepare(tmp_path / "nowhere.csv", out=tmp_path, message="x", stop_clause=False)
    with pytest.raises(ContactsError, match="is not a file"):
        prepare(tmp_path, out=tmp_path, message="x", stop_clause=False)
    monkeypatch.setattr(contact_table, "MAX_LINE_CHARACTERS", 20)
    with pytest.raises(ContactsError, match="line 2: the line is longer than 20 characters"):
        run(tmp_path, "number\n" + "0" * 21)


@pytest.mark.parametrize("number_column", [None, "number"])
def test_a_wrong_separator_is_an_error_that_names_the_right_one(tmp_path: Path, number_column: str | None) -> None:
    wrong = ContactOptions(separator=",", number_column=number_column)
    says = r"line 1: the separator given is ',', but the line seems separated by ';'\. Correct 'separator'"
    with pytest.raises(ContactsError, match=says):
        run(tmp_path, "number;prenom\n0639980000;Anna\n", "Bonjour", options=wrong)
    with pytest.raises(ContactsError, match="seems separated by a tab"):
        run(tmp_path, "number\tprenom\n0639980000\tAnna\n", "Bonjour", options=wrong)
    with pytest.raises(ContactsError, match="line 2: the separator given is ','"):
        run(tmp_path, "sep=;\nnumber;prenom\n0639980000;Anna\n", "Bonjour", options=wrong)


def test_a_separator_in_a_name_that_can_be_used_is_no_mistake(tmp_path: Path) -> None:
    given = ContactOptions(separator=",", number_column="a;b", allow_fiction=True)
    assert run(tmp_path, "a;b\n0639980000\n", "Bonjour", options=given).accepted == 1


def test_a_separator_that_was_given_is_not_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match=r"no column holds the number.*name the separator"):
        run(tmp_path, "nom;prenom\nx;0639980000\n", "Bonjour")
    with pytest.raises(ContactsError, match=r"no column holds the number.* number_column\.$"):
        run(tmp_path, "nom;prenom\nx;0639980000\n", "Bonjour", options=ContactOptions(separator=";"))


def test_unknown_placeholder_is_an_error_before_any_row_is_read(tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match=r"did you mean #nom#\?"):
        run(tmp_path, b"number;nom\n" + b"0639980000;x\n" * 300, "#Noms#")
    assert not (tmp_path / "out").exists()


def test_a_failed_second_preparation_leaves_the_first_one_whole(tmp_path: Path) -> None:
    first = run(tmp_path, GUIDE)
    with pytest.raises(ContactsError):
        run(tmp_path, b"number\n")
    assert PreparedList.load(tmp_path / "out") == first
    assert hashlib.sha256(first.list_path.read_bytes()).hexdigest() == first.digest
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_accounting_is_checked() -> None:
    check_accounting(rows=3, accepted=1, rejected={"duplicate": 2})
    with pytest.raises(AccountingError, match=r"4 rows were read, but 1 accepted and 2 rejected\. Nothing was sent"):
        check_accounting(rows=4, accepted=1, rejected={"duplicate": 2})


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"contact_id": ["0639980012", None], "nom": ["Ana", "Eva"]}, "columns found: contact_id, nom"),
        ({"sms": [True, True], "gsm": ["0639980012", "x"]}, None),
        ({"motdepasse": ["Tulipe"], "nom": ["Ana"]}, "seems to be no contact list"),
    ],
)
def test_names_of_a_parquet_file_are_shown_if_it_is_a_list(
    tmp_path: Path, columns: dict[str, list[object]], says: str | None
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), tmp_path / "list.parquet")

    def read() -> int:
        options = ContactOptions(allow_fiction=True)
        given = {"message": "x", "stop_clause": False, "options": options}
        return prepare(tmp_path / "list.parquet", out=tmp_path / "out", **given).accepted

    if says is None:
        assert read() == 1
        return
    with pytest.raises(ContactsError, match=says) as caught:
        read()
    assert "Tulipe" not in str(caught.value)
    assert ("motdepasse" in str(caught.value)) is False
