from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.contacts.read.csv_records import Record
from ovh_sms.contacts.read.header import Header, read_header
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import is_number_name

ROWS = [Record(2, ["0639980012", "Anna", "0639980013"])]


def header(*fields: str, number_column: str | None = None, rows: list[Record] | None = None) -> Header:
    given = {"number_column": number_column, "rows": ROWS if rows is None else rows}
    return read_header(fields, path=Path("list.csv"), line=1, **given)


def test_header_of_the_guide() -> None:
    assert header("Numero ", "nom ", "prenom ", "adresse") == (("Numero", "nom", "prenom", "adresse"), 0)


@pytest.mark.parametrize(
    "name",
    [
        "number", "NUMBER", "Numero", "Numéro", "NUMÉRO", "Nume\u0301ro", "phone", "Phone Number", "phone_number",
        "Téléphone", "telephone", "Tél.", "tel", "mobile", "Portable", "GSM", "msisdn", "N° de téléphone",
        "Téléphone mobile", "Tel-portable", "Numéro de téléphone",
    ],
)  # fmt: skip
def test_number_is_recognised(name: str) -> None:
    assert is_number_name(name)
    assert header("nom", f" {name} ").number_index == 1


@pytest.mark.parametrize("name", ["nom", "numbers_of_children", "automobile", "email", "", "номер", "adresse"])
def test_other_names_are_not(name: str) -> None:
    assert not is_number_name(name)


def test_named_column_wins() -> None:
    assert header("number", "contact", number_column="contact").number_index == 1
    assert header("tel", "mobile", number_column=" mobile ").number_index == 1


def test_nameless_columns_at_the_end_are_dropped() -> None:
    assert header("number", "", "nom", "", " ") == (("number", "", "nom"), 0)


@pytest.mark.parametrize(
    ("fields", "column", "says"),
    [
        (("nom", "prenom"), None, r"list\.csv, line 1: no column holds the number; columns found: nom, prenom\. Call"),
        (("tel", "nom", "mobile"), None, r"more than one column can hold the number: tel, mobile\. Say"),
        (("number", "nom", "nom"), "nom", r"nom can mean 2 columns of the contact list: nom, nom"),
        (("number", "Noms"), "nom", r"no column is called nom \(did you mean Noms\?\); columns found: number, Noms\."),
        (("number", "nom"), "gsm", r"no column is called gsm; columns found"),
    ],
)  # fmt: skip
def test_unusable_headers_say_what_there_is(fields: tuple[str, ...], column: str | None, says: str) -> None:
    with pytest.raises(ContactsError, match=says):
        header(*fields, number_column=column)


@pytest.mark.parametrize(
    "first_line",
    [
        ("06 39 98 00 12", "Durant"), ("Durant", "Zoé", "12 rue Foch", "Tel 0639980012"),
        ("Durant", "tel. +33 6.39.98.00.12 (le soir)"), ("Durant,Zoé,0639980012",), ("Durant", "6,39980012E+08"),
        ("Durant", "number", "Tel 0639980012"), ("Durant", "٠٦٣٩٩٨٠٠١٢"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", [None, "number"])
def test_a_list_without_header_is_an_error_that_shows_nobody(first_line: tuple[str, ...], column: str | None) -> None:
    with pytest.raises(ContactsError, match=r"line 1: the first line seems to be a contact.*Add a header") as caught:
        header(*first_line, number_column=column)
    assert not any(cell in str(caught.value) for cell in first_line if cell != "number")


def test_the_first_line_of_a_file_that_is_no_list_is_not_shown() -> None:
    with pytest.raises(ContactsError, match="seems to be no contact list") as caught:
        header("Durant", "12 rue Foch", rows=[Record(2, ["Durand", "13"])])
    assert "Durant" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "column", "says"),
    [
        (("contact", "Option 2", "a" * 60), None, "columns found: contact, Option 2, a{60}."),
        (("number", "Nom1"), "nom2", r"did you mean Nom1\?\); columns found: number, Nom1\."),
        (("contact", *(f"Colonne {at}" for at in range(99))), None, r"Colonne 1, .* … and \d+ more\."),
    ],
)  # fmt: skip
def test_column_names_are_shown_in_full(fields: tuple[str, ...], column: str | None, says: str) -> None:
    with pytest.raises(ContactsError, match=says) as caught:
        header(*fields, number_column=column)
    assert len(str(caught.value)) < 600


def test_few_digits_in_a_name_are_no_contact() -> None:
    assert header("number", "adresse 2", "solde 31/12/24").columns == ("number", "adresse 2", "solde 31/12/24")


def test_a_column_of_yes_and_no_is_not_the_number_s() -> None:
    rows = [Record(2, ["oui", "0639980012"]), Record(3, ["", "x"])]
    assert header("SMS", "mobile", rows=rows).number_index == 1
    with pytest.raises(ContactsError, match="SMS, mobile"):
        header("SMS", "mobile", rows=[Record(2, ["", "0639980012"])])
