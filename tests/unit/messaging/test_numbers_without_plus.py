"""Digits that are another country's mobile number are read as such, unless they may be a typing error at home."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import pyarrow as pa
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from ovh_sms.messaging import number_columns
from ovh_sms.messaging.number_columns import NumberReader
from ovh_sms.messaging.phone_numbers import NumberWithoutPlus, normalise
from ovh_sms.messaging.reject_reasons import RejectReason as Why
from unit.messaging.test_number_columns import REGIONS, disagreements

HOMES = ("FR", "BE", "LU", "DE", "US", "IT")
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def digits_of(region: str, chance: random.Random) -> Iterator[str]:
    """Mobile numbers of a region without their plus; the last digits by lot."""
    for kind in MOBILE:
        number = phonenumbers.example_number_for_type(region, kind)
        if number:
            whole = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
            yield whole
            for _ in range(4):
                yield whole[:-5] + "".join(chance.choices("0123456789", k=5))


def near(digits: str) -> Iterator[str]:
    """The same digits with one dropped or added."""
    for at in range(len(digits) + 1):
        yield digits[:at] + digits[at + 1 :]
        yield from (f"{digits[:at]}{each}{digits[at:]}" for each in "0123456789")


@pytest.mark.parametrize("home", HOMES)
def test_no_disagreement_on_numbers_of_the_whole_world_without_plus(home: str) -> None:
    chance = random.Random(home)
    texts = [digits for region in REGIONS for digits in digits_of(region, chance)]
    texts += [chance.choice(list(near(digits))) for digits in texts]
    texts += [f"{digits[:2]} {digits[2:5]}.{digits[5:]}" for digits in texts] + [f"{each}.0" for each in texts[:200]]
    assert disagreements(home, texts) == []
    assert disagreements(home, texts[:500], also_accept=("fixed_line", "voip")) == []
    assert len(texts) > 3_000


@pytest.mark.parametrize("home", ["FR", "BE", "CH", "ES"])
def test_what_may_be_a_home_number_with_one_digit_more_or_less_is_never_read_as_anothers(home: str) -> None:
    chance = random.Random(home)
    code = f"+{phonenumbers.country_code_for_region(home)}"
    read = refused = 0
    for region in chance.sample([each for each in REGIONS if each != home], 60):
        for digits in list(digits_of(region, chance))[:2]:
            found = normalise(digits, region=home)
            numbers = (normalise(each, region=home) for each in near(digits))
            at_home = any(each.e164 and each.e164.startswith(code) for each in numbers)
            read += isinstance(found, NumberWithoutPlus)
            refused += at_home
            assert not (at_home and isinstance(found, NumberWithoutPlus)), digits
    assert read > 15
    assert refused


def test_fiction_without_plus_is_refused_unless_allowed() -> None:
    assert normalise("33639980012", region="BE") == (None, Why.FICTION_NUMBER)
    assert normalise("33639980012", region="BE", allow_fiction=True) == ("+33639980012", None)
    assert disagreements("BE", ["33639980012", "33 639 98 00 12", "3363998001", "336399800123"]) == []
    assert disagreements("BE", ["33639980012", "33 639 98 00 12", "3363998001"], fiction=True) == []


def test_a_foreign_landline_needs_its_plus_even_if_landlines_are_accepted() -> None:
    landline = phonenumbers.example_number_for_type("CH", PhoneNumberType.FIXED_LINE)
    whole = phonenumbers.format_number(landline, PhoneNumberFormat.E164)
    assert normalise(whole, also_accept=("fixed_line",)) == (whole, None)
    assert normalise(whole[1:], also_accept=("fixed_line",)) == (None, Why.INVALID_NUMBER)


@pytest.mark.parametrize(
    "text", ["٠41791234567", "＋41791234567", "+", "41791234567+", "41791234567 ext 2", "a4b1791234567"]
)
def test_only_plain_digits_are_read_so(text: str) -> None:
    assert not isinstance(normalise(text), NumberWithoutPlus)
    assert disagreements("FR", [text]) == []


def test_a_column_of_them_needs_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(number_columns, "normalise", lambda text, **how: asked.append(text) or normalise(text, **how))
    texts = ["41791234567", "32 479 12 34 56", "352621123456", "Mobile: 41791234567", "6591234567", "40712345678"]
    found = NumberReader("FR", allow_fiction=True).read(pa.array(texts, pa.string()))
    assert found.without_plus.tolist() == [True, True, True, True, False, False]
    assert asked == []
