from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.contacts.columns import Header, is_number_name, read_header
from ovh_sms.errors import ContactsError


def header(*fields: str, number_column: str | None = None) -> Header:
    return read_header(fields, path=Path("list.csv"), line=1, number_column=number_column)


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


@pytest.mark.parametrize(
    "name", ["nom", "numbers_of_children", "automobile", "email", "", "номер", "adresse"]
)
def test_other_names_are_not(name: str) -> None:
    assert not is_number_name(name)


def test_named_column_wins() -> None:
    assert header("number", "contact", number_column="contact").number_index == 1
    assert header("tel", "mobile", number_column=" mobile ").number_index == 1


def test_nameless_columns_at_the_end_are_dropped() -> None:
    assert header("number", "", "nom", "", " ") == (("number", "", "nom"), 0)


@pytest.mark.parametrize(
    ("fields", "column", "told"),
    [
        (("nom", "prenom"), None, r"list\.csv, line 1: no column holds the number; columns found: nom, prenom\. Call"),
        (("tel", "nom", "mobile"), None, r"more than one column can hold the number: tel, mobile\. Say"),
        (("number", "nom", "nom"), None, r"more than one column is called nom; columns found: number, nom, nom"),
        (("number", "Nom"), "nom", r"no column is called nom \(did you mean Nom\?\); columns found: number, Nom\."),
        (("number", "nom"), "gsm", r"no column is called gsm; columns found"),
    ],
)  # fmt: skip
def test_unusable_headers_say_what_there_is(fields: tuple[str, ...], column: str | None, told: str) -> None:
    with pytest.raises(ContactsError, match=told):
        header(*fields, number_column=column)


def test_list_without_header_is_told_without_showing_anybody() -> None:
    with pytest.raises(ContactsError, match=r"the first line holds a contact.*Add a header") as caught:
        header("06 39 98 00 12", "Durant")
    assert "06" not in str(caught.value)
    assert "Durant" not in str(caught.value)
