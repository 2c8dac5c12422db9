"""The text that OVH is given for a message; tests/lists/texts holds the messages that are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.escaped_text import find_escaped, unescape_text
from ovh_sms.messaging.mail_merge import left_over, placeholders, render
from ovh_sms.messaging.message_check import as_sent, check_encodable, check_length, names_at_ovh, text_mistake
from ovh_sms.messaging.segments import is_gsm7
from ovh_sms.messaging.web_addresses import address_columns, encode_for_address, fits_address


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("Vue #fenêtre#", "Vue #fenetre#"),
        ("#fenêtre# #fenetre#", "#fenetre_2# #fenetre#"),
        ("#όνομα# #名#", "#column# #column_2#"),
        ("#пумber#", "#ber#"),
        ("#prénom  usuel#", "#prénom  usuel#"),
        ("#prenom\u202fusuel#", "#prenom usuel#"),
        ("C## et voilà", "C# et voilà"),
        ("#prenom#, l’été", "#prenom#, l’été"),
    ],
)
def test_ovh_is_given_names_of_columns_that_it_takes(message: str, sent: str) -> None:
    assert as_sent(message) == sent
    assert as_sent(sent) == sent


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("#abê 名\n"), max_size=24))
def test_every_column_keeps_a_name_of_its_own(message: str) -> None:
    names = names_at_ovh(message)
    assert len({*names.values()}) == len(names) == len(placeholders(message))
    assert all(is_gsm7(name) for name in names.values())
    if not text_mistake(message):
        values = {name: f"<{at}>" for at, name in enumerate(names)}
        merged = render(message, values).replace("##", "#")
        assert render(as_sent(message), {names[name]: value for name, value in values.items()}) == merged


@pytest.mark.parametrize(
    ("message", "inside", "outside"),
    [
        ("https://ex.fr/?n=#nom#", {"nom": False}, set()),
        ("#lien#", {}, {"lien"}),
        ("#nom#, ex.fr/#code#?a=#b#", {"code": True, "b": False}, {"nom"}),
        ("ex.fr/#a#?x=#a#", {"a": False}, set()),
        ("(http://x.fr/#c#) le 3.fr #x#", {"c": True}, {"x"}),
        ("#lien#?n=#nom#", {}, {"lien", "nom"}),
        ("WWW.ex.fr/#a# #a#", {"a": True}, {"a"}),
        ("https://ex.fr/\n#a#", {}, {"a"}),
        ("«https://ex.fr/#a#", {"a": True}, set()),
        ("a@ex.fr #a#", {}, {"a"}),
    ],
)
def test_which_columns_stand_in_an_address(message: str, inside: dict[str, bool], outside: set[str]) -> None:
    assert address_columns(message) == (inside, outside)


@given(st.text(max_size=12))
def test_an_encoded_value_fits_an_address(value: str) -> None:
    text = value.encode("utf-8", "ignore").decode()
    assert fits_address(encode_for_address(text, path=False), path=False)
    assert fits_address(encode_for_address(text, path=True), path=True)


def test_a_column_cannot_be_encoded_for_an_address_and_stay_text() -> None:
    check_encodable("#nom# ex.fr/#code#")
    with pytest.raises(ConfigurationError, match=r"#nom# in a web address and as text"):
        check_encodable("#nom# ex.fr/#nom#")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("L&#39;Hostis", "L'Hostis"), ("a&amp;#39;b", "a'b"), ("10&nbsp;&euro;", "10 €"), ("a\\r\\nb", "a\nb"),
        ("\\u00e9t\\xe9", "été"), ("Fran=C3=A7ois", "François"), ("Le%20Goff", "Le Goff"), ("a<br />b", "a\nb"),
        ("<b>a</b>", "<b>a</b>"), ("\\ud83d\\ude00 a", "\U0001f600 a"), ("\\ud83d a", "\\ud83d a"),
        ("Ren&eacute", "René"), ("L%27%C3%A9t%C3%A9", "L'été"), ("R&amp D", "R& D"),
        ("a<!-- x\n -->b", "a<!-- x\n -->b"),
    ],
)  # fmt: skip
def test_escaped_text_is_found_and_decoded(text: str, meant: str) -> None:
    assert find_escaped(text)
    assert unescape_text(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "AT&T;",
        "R&D; x",
        "I <3 U > x",
        "\\o/",
        "-20%20 ans",
        "https://ex.fr/a%20b?c=%C3",
        "a=C3",
        "x\\N",
        "1<2>0",
        "/!\\rappel",
        "a < b > c",
        "Or&Re;",
        "ex.fr/a%20b",
        "?a=1&eacute=2",
        "-50%2026",
        "R&Dacute;",
    ],
)
def test_text_of_people_is_not_taken_for_escaped(text: str) -> None:
    assert find_escaped(text) == ""
    assert unescape_text(text) == text


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("Bonjour #a#, x", " ,"), ("Bonjour #a# - x", "  -"), ("#a#, x", ","), ("Oui #a# !", "  !"), ("(#a#) x", "()"),
        ("Cher#a# ami", ""), ("Bonjour #a#x", ""), ("Bonjour #a#", ""), ("Bonjour #b# #a#.", " ."),
    ],
)  # fmt: skip
def test_what_an_empty_value_leaves(message: str, left: str) -> None:
    assert left_over(message, "a") == left


@pytest.mark.parametrize(
    ("alphabet", "most", "stop", "said"),
    [
        ("x", 255 * 153, False, ("in the GSM alphabet, and 255 segments hold 39,015",)),
        ("x", 255 * 153 - 11, True, ("in the GSM alphabet, 11 of them for the STOP clause",)),
        ("ç", 255 * 67, False, ("in Unicode, and 255 segments hold 17,085",)),
    ],
)
def test_a_message_longer_than_a_network_carries_is_refused_with_its_surplus(
    alphabet: str, most: int, stop: bool, said: tuple[str, ...]
) -> None:
    check_length(f"#prenom#{alphabet * most}", stop_clause=stop)
    with pytest.raises(ConfigurationError) as refused:
        check_length(f"#prenom#{alphabet * (most + 7)}", stop_clause=stop)
    for part in ("is 7 characters too long", *said):
        assert part in str(refused.value)
