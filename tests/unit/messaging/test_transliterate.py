from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovh_sms.messaging.segments import GSM7_BASIC, GSM7_EXTENSION, is_gsm7
from ovh_sms.messaging.transliterate import to_gsm7


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Hélène", "Hélène"), ("10 €", "10 €"), ("la fête", "la fete"), ("François", "Francois"), ("ÇA", "ÇA"),
        ("cœur, ŒUVRE", "coeur, OEUVRE"), ("l’été…", "l'été..."), ("« oui »", '" oui "'),
        ("a\u00a0b\u202fc", "a b c"), ("e\u0301te\u0302", "éte"), ("Łódź, Đinh", "Lodz, Dinh"),
        ("n\u00b0 4 – ½", "no 4 - 1/2"), ("ﬁn", "fin"), ("12 rue\u2028Paris", "12 rue Paris"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_text(text: str, becomes: str) -> None:
    assert to_gsm7(text)[0] == becomes
    assert is_gsm7(becomes)


def test_says_what_it_replaced_and_what_it_could_not() -> None:
    text, replaced = to_gsm7("ça l’été \U0001f600 Київ")
    assert text == "ca l'été \U0001f600 Київ"
    assert replaced["ç"] == "c"
    assert replaced["’"] == "'"
    assert replaced["\U0001f600"] == "\U0001f600"
    assert replaced["К"] == "К"
    assert "é" not in replaced


def test_the_whole_alphabet_stays() -> None:
    alphabet = "".join(sorted(GSM7_BASIC | GSM7_EXTENSION))
    assert to_gsm7(alphabet) == (alphabet, {})


@given(st.text())
def test_each_character_is_gsm7_or_returned_as_left(text: str) -> None:
    result, replaced = to_gsm7(text)
    left = {each for each in result if not is_gsm7(each)}
    assert left == {each for each, stand_in in replaced.items() if each == stand_in}
    assert to_gsm7(result)[0] == result
