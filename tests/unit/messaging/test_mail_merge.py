from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.errors import ContactsError
from ovh_sms.messaging.mail_merge import check_placeholders, is_another_text, placeholders, render

GUIDE = "Bonjour #prenom# #nom#, votre commande va être livrée à l’adresse : #adresse# . Cordialement."


def test_message_of_the_guide() -> None:
    assert placeholders(GUIDE) == ("prenom", "nom", "adresse")
    check_placeholders(GUIDE, ("Numero", "nom", "prenom", "adresse"))
    assert render("Bonjour #prenom# #nom#", {"prenom": "Pierre", "nom": "Durant"}) == "Bonjour Pierre Durant"


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("We are #1", ()), ("50# off", ()), ("#1 of 50 # off", ()), ("#1 of 50# off", ("1 of 50",)),
        ("C# and F# and #", ()), ("##", ()), ("a # b # c", ()), ("#line\nbreak#", ()),
        ("#1 choice, #prenom#", ("prenom",)), ("50# off, #prenom#!", ("prenom",)), ("#a##b#", ("a", "b")),
        ("#nom de famille# #nom de famille#", ("nom de famille",)), ("#x#y#", ("x",)),
    ],
)  # fmt: skip
def test_what_is_a_placeholder(message: str, names: tuple[str, ...]) -> None:
    assert placeholders(message) == names


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("Promo: profitez de nos soldes", True),
        ("Bonjour Anna, votre commande arrive demain", False),
        ("Bonjour Anna, votre", False),
        ("Bonjour Anna, vot?e commande ar?ive dem?in", False),
        ("******* *****", False),
        ("Promo!", False),
        ("", False),
    ],
)
def test_only_a_text_with_hardly_a_word_of_the_message_is_certainly_another(text: str, another: bool) -> None:
    assert is_another_text("Bonjour #prenom#, votre commande arrive demain", text) is another
    assert not is_another_text("#text#", text)


def test_unknown_placeholder_names_it_and_what_there_is() -> None:
    with pytest.raises(
        ContactsError, match=r"uses #prenon# \(did you mean #prenom#\?\), not a column .*available: #number#, #prenom#"
    ):
        check_placeholders("Bonjour #prenon#", ("number", "prenom", ""))


def test_a_name_means_the_column_that_a_person_reads_as_the_same() -> None:
    assert check_placeholders("#Prenom# #number#", ("number", "prenom")) == {"Prenom": 1, "number": 0}
    assert check_placeholders("#pre\u0301nom  usuel#", ("number", "prénom usuel")) == {"pre\u0301nom  usuel": 1}
    with pytest.raises(ContactsError, match="prenom can mean 2 columns"):
        check_placeholders("#prenom#", ("number", "Prenom", "PRENOM"))
    with pytest.raises(ContactsError, match=r"#prenom# \(did you mean #prénom#\?\)"):
        check_placeholders("#prenom#", ("number", "prénom"))


def test_blanks_inside_of_sharps_are_hinted_at_only_if_a_column_is_meant() -> None:
    with pytest.raises(ContactsError, match=r"# prenom # \(did you mean #prenom#\?\)"):
        check_placeholders("Bonjour # prenom #", ("number", "prenom"))
    check_placeholders("50# off # today", ("number", "prenom"))
    check_placeholders("#prenom# prenom#", ("number", "prenom"))


def test_values_are_not_merged_again() -> None:
    assert render("#a# #b#", {"a": "#b#", "b": "#a#"}) == "#b# #a#"
    assert render("#a#", {"a": r"\1 \g<0>"}) == r"\1 \g<0>"
    assert render("#a#nom#", {"a": "#", "nom": "x"}) == "#nom#"


@settings(max_examples=150, deadline=None)
@given(message=st.text(st.sampled_from("#ab \n"), max_size=30))
def test_message_without_placeholders_is_sent_as_it_stands(message: str) -> None:
    names = placeholders(message)
    merged = render(message, dict.fromkeys(names, "v"))
    assert (merged == message) == (not names)
