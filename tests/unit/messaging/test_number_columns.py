"""Columns of numbers are read as phonenumbers reads each number, in every region and form."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import phonenumbers
import pyarrow as pa
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from ovh_sms.messaging import number_columns
from ovh_sms.messaging.number_columns import REASONS, NumberReader
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, NumberWithoutPlus, normalise
from ovh_sms.messaging.plan_patterns import Positions, UnsupportedPattern, literal, parse
from ovh_sms.number_types import NUMBER_TYPES

TYPES = range(11)
FORMS = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
RANDOM_PER_REGION = 200


def examples(region: str) -> list[PhoneNumber]:
    found = (phonenumbers.example_number_for_type(region, kind) for kind in TYPES)
    return [number for number in found if number]


def variants(number: PhoneNumber) -> Iterator[str]:
    """Every way people write a number, the wrong ones too."""
    national = phonenumbers.national_significant_number(number)
    code = number.country_code
    whole = f"{code}{national}"
    yield from (phonenumbers.format_number(number, form) for form in FORMS)
    yield from (whole, f"00{whole}", f"00 {whole}", f"011{whole}", f"+{code} (0){national}", f"+{code} {national}")
    yield from (national, f"0{national}", f"1{national}", f"8{national}", "-".join(national))
    yield from (f"{national[:3]}.{national[3:]}", f" {national} ", f"({national[:2]}) {national[2:]}", f"+{whole}1")
    yield from (whole[:-1], national[:-1], f"{national}0", f"0{whole}", f"+{code}0{national}", f"{code}0{national}")


def drawn(region: str, chance: random.Random) -> Iterator[str]:
    """Digits by lot, and examples whose last digits are drawn by lot."""
    code = phonenumbers.country_code_for_region(region)
    heads = ["", "0", "00", "+", f"+{code}", f"00{code}", str(code), f"+{code}0"]
    for _ in range(RANDOM_PER_REGION):
        yield chance.choice(heads) + "".join(chance.choices("0123456789", k=chance.randrange(3, 14)))
    for number in examples(region):
        national = phonenumbers.national_significant_number(number)
        for _ in range(5):
            kept = chance.randrange(1, len(national))
            tail = "".join(chance.choices("0123456789", k=len(national) - kept))
            yield chance.choice(heads) + national[:kept] + tail


def disagreements(
    region: str, texts: list[str], *, fiction: bool = False, also_accept: Sequence[str] = ()
) -> list[tuple[str, object, object]]:
    how = {"allow_fiction": fiction, "also_accept": also_accept}
    found = NumberReader(region, **how).read(pa.array(texts, pa.string()))  # type: ignore[arg-type]
    rows = zip(texts, *(each.tolist() for each in found), strict=True)
    wrong: list[tuple[str, object, object]] = []
    for text, key, reason, code, without_plus in rows:
        wanted = normalise(text.strip(), region=region, **how)  # type: ignore[arg-type]
        got = (f"+{key}" if reason == 0 else None, REASONS[reason])
        same = got == tuple(wanted) and without_plus == isinstance(wanted, NumberWithoutPlus)
        if not same or (wanted.e164 and phonenumbers.parse(wanted.e164).country_code != code):
            wrong.append((text, got, wanted))
    return wrong


@pytest.mark.parametrize("segment", range(4))
def test_no_disagreement_in_any_region(segment: int) -> None:
    chance = random.Random(segment)
    compared = 0
    for region in REGIONS[segment::4]:
        texts = [text for number in examples(region) for text in variants(number)]
        texts += list(drawn(region, chance))
        assert disagreements(region, texts) == []
        compared += len(texts)
    assert compared > 18_000


@pytest.mark.parametrize("region", ["FR", "US", "RE", "IT"])
def test_no_disagreement_on_numbers_of_the_whole_world(region: str) -> None:
    numbers = [number for each in REGIONS for number in examples(each)]
    numbers += [
        found
        for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
        if regions == ("001",) and (found := phonenumbers.example_number_for_non_geo_entity(code))
    ]
    texts = [phonenumbers.format_number(number, form) for number in numbers for form in FORMS]
    texts += [f"00{number.country_code}{number.national_number}" for number in numbers]
    assert disagreements(region, texts) == []
    assert len(texts) > 5_000


@pytest.mark.parametrize("also_accept", [("fixed_line",), ("voip", "toll_free"), NUMBER_TYPES, EVERY_TYPE])
def test_no_disagreement_where_types_are_added(also_accept: tuple[str, ...]) -> None:
    chance = random.Random(len(also_accept))
    for region in [*chance.sample(REGIONS, 12), "FR", "RE", "US"]:
        texts = [text for number in examples(region) for text in variants(number)]
        texts += [text for number in examples("FR") + examples("GP") for text in variants(number)]
        texts += list(drawn(region, chance))
        assert disagreements(region, texts, also_accept=also_accept) == []
    world = [phonenumbers.format_number(n, FORMS[0]) for each in REGIONS for n in examples(each)]
    assert disagreements("FR", world, also_accept=also_accept) == []


def test_each_distinct_landline_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(text: str, **how: object) -> object:
        asked.append(text)
        return normalise(text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(number_columns, "normalise", counting)
    landline = phonenumbers.example_number_for_type("FR", PhoneNumberType.FIXED_LINE)
    texts = [f"0{landline.national_number}", "0639980000", "12", f"0{landline.national_number}"]
    reader = NumberReader("FR", allow_fiction=True, also_accept=("fixed_line",))
    for _ in range(2):
        found = reader.read(pa.array(texts, pa.string()))
        assert [REASONS[reason] for reason in found.reasons.tolist()] == [None, None, "invalid_number", None]
        assert found.codes.tolist()[0] == 33
    assert asked == [texts[0], "12"]


def test_france_and_overseas() -> None:
    chance = random.Random(4)
    heads = [
        "0690", "690", "0691", "0692", "0693", "0694", "0695", "0696", "0697", "0639", "0638", "0709", "0590",
        "0262",
    ]  # fmt: skip
    heads += [
        "+33690", "+590690", "0590690", "262", "590", "594", "596", "06399", "063998", "+3363998", "003363998",
    ]  # fmt: skip
    texts = [
        chance.choice(heads) + "".join(chance.choices("0123456789", k=chance.choice([4, 5, 6, 7])))
        for _ in range(3_000)
    ]
    for fiction in (False, True):
        assert disagreements("FR", texts, fiction=fiction) == []
        assert disagreements("YT", texts, fiction=fiction) == []


def test_texts_that_are_no_plain_numbers() -> None:
    texts = [
        "", " ", "'0612345678", "639980012.0", " 639980012.0", "639980012.00 ", "6,1E+08", "#N/A", "06x12", "+",
        "++33612345678", "\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "06\u00a012\u00a034\u00a056\u00a078", "Tel: 0612345678", "0612345678 ext 4", "06-12-34-56-78",
        "06/12/34/56/78", "(06)12345678", "(+33)612345678", "0612345678/0612345679", "0" * 300,
        "+33 6 12 34 56 78;ext=2", "33612345678", "0033 (0) 612345678", "612.345678", "06.12.34.56.00", "0" * 17,
        "1" * 18, "06 12\t34 56 78", "é612345678",
    ]  # fmt: skip
    assert disagreements("FR", texts) == []
    assert disagreements("DE", texts) == []


def test_common_forms_need_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(text: str, **how: object) -> object:
        asked.append(text)
        return normalise(text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(number_columns, "normalise", counting)
    mobile = phonenumbers.example_number_for_type("FR", PhoneNumberType.MOBILE)
    texts = [phonenumbers.format_number(mobile, form) for form in FORMS]
    texts += [
        "0690123456", "0639980000", "+33 (0)6 39 98 00 00", "639980000", "33639980000", "06 39 98",
        "06.39.98.00.00",
    ]  # fmt: skip
    for region in ("GB", "DE", "US", "BE", "MA", "RE", "CH", "ES", "IT"):
        found = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        texts.append(phonenumbers.format_number(found, PhoneNumberFormat.E164))
    NumberReader("FR", allow_fiction=True).read(pa.array(texts, pa.string()))
    assert asked == []


def test_slices_and_empty_columns_are_read() -> None:
    column = pa.array(["x", "0639980000", "", "+33639980001", "0639980002"], pa.string()).slice(1, 3)
    found = NumberReader("FR", allow_fiction=True).read(column)
    assert found.keys.tolist() == [33639980000, 0, 33639980001]
    assert [REASONS[reason] for reason in found.reasons.tolist()] == [None, "no_number", None]
    assert NumberReader("FR", allow_fiction=True).read(column.slice(0, 0)).keys.tolist() == []


def test_patterns_are_read_as_regular_expressions_do() -> None:
    import re

    chance = random.Random(9)
    for pattern in [r"(?:6(?:[0-24-8]\d|3[0-8])|7[3-9]\d)\d{2}", r"1?2{2,3}[05-7]", r"(12|3)?4", r"0"]:
        positions = Positions()
        positions.add(parse(pattern), 1)
        for _ in range(2_000):
            text = "".join(chance.choices("0123467", k=chance.randrange(1, 6)))
            at = {0}
            for digit in map(int, text):
                at = {q for p in at for q in positions.follow[p] if digit in positions.digits[q]}
            assert any(positions.marks[p] for p in at) == bool(re.fullmatch(pattern, text))
    assert literal(parse("00")) == "00"
    assert literal(parse("0|1")) is None
    for pattern in ("1+", "1*", "(?!1)2", "1{2,}", "a", "1)", "(1"):
        with pytest.raises(UnsupportedPattern):
            parse(pattern)
