from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.country_rules import OVERSEAS_REGIONS, is_fiction, takes_stop_clause
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, check_region, check_types, normalise
from ovh_sms.messaging.reject_reasons import RejectReason as Why
from ovh_sms.number_types import NUMBER_TYPES

FICTION = "+33639980012"


def example(region: str, kind: int = PhoneNumberType.MOBILE) -> phonenumbers.PhoneNumber:
    number = phonenumbers.example_number_for_type(region, kind)
    assert number is not None
    return number


def e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    "shape",
    [
        "0{n}", "+33{n}", "0033{n}", "33{n}", "{n}", "+33 (0){n}", "+33(0){n}", "+330{n}", "'0{n}", "’0{n}", " 0{n} ",
        "0{n}.0", "{n}.0", "{n},00", "Mobile: 0{n}", "tel:0{n}", "\u202a0{n}\u202c", "\ufeff+33{n}", "(0){n}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("gap", ["", " ", ".", "-", "\u00a0", "\u202f", "\u2011"])
def test_every_way_of_writing_a_french_mobile(shape: str, gap: str) -> None:
    for known, fiction in ((e164(example("FR")), False), (FICTION, True)):
        national = known[3:]
        if gap and ".0" not in shape and ",0" not in shape:
            national = gap.join([national[0], national[1:3], national[3:5], national[5:7], national[7:]])
        assert normalise(shape.format(n=national), allow_fiction=fiction) == (known, None)


def test_full_width_and_other_digits() -> None:
    wide = str.maketrans("0123456789+", "０１２３４５６７８９＋")
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert normalise(FICTION.translate(wide), allow_fiction=True).e164 == FICTION
    assert normalise("0639980012".translate(arabic), allow_fiction=True).e164 == FICTION


def test_fiction_is_refused_unless_allowed_though_0639_is_also_mayotte() -> None:
    assert normalise("06 39 98 00 12") == (None, Why.FICTION_NUMBER)
    assert normalise("06 39 98 00 12", allow_fiction=True) == (FICTION, None)
    assert normalise(FICTION, region="BE") == (None, Why.FICTION_NUMBER)
    assert is_fiction(FICTION)
    assert not is_fiction(e164(example("FR")))
    mayotte = example("YT")
    assert str(mayotte.national_number).startswith("639")
    assert normalise(f"0{mayotte.national_number}", allow_fiction=True) == (e164(mayotte), None)


@pytest.mark.parametrize("region", OVERSEAS_REGIONS)
def test_overseas_numbers_in_national_form(region: str) -> None:
    mobile, landline = example(region), example(region, PhoneNumberType.FIXED_LINE)
    national, code = mobile.national_number, mobile.country_code
    for text in (f"0{national}", f"{national}", f"{code}{national}", f"00{code}{national}", f"+{code} (0){national}"):
        assert normalise(text) == (e164(mobile), None)
    assert normalise(f"0{landline.national_number}") == (None, Why.NOT_MOBILE)
    assert normalise(f"+33{national}") == (None, Why.INVALID_NUMBER)
    assert not takes_stop_clause(e164(mobile))


@pytest.mark.parametrize("prefix", ["690", "691", "692", "693", "694", "696", "697", "639"])
def test_each_overseas_prefix_resolves_where_phonenumbers_finds_it_valid(prefix: str) -> None:
    resolved = set()
    for middle in range(0, 1000, 7):
        national = f"{prefix}{middle:03d}123"
        valid = {
            e164(number)
            for region in OVERSEAS_REGIONS
            for number in [phonenumbers.parse(f"0{national}", region)]
            if phonenumbers.is_valid_number(number)
        }
        found = normalise(f"0{national}").e164
        assert found == (valid.pop() if valid else None)
        resolved.add(found)
    assert len(resolved) > 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", Why.NO_NUMBER), ("  \u00a0 ", Why.NO_NUMBER), ("'", Why.NO_NUMBER),
        ("6,39980012E+08", Why.SPREADSHEET_DAMAGE), ("6.4E+08", Why.SPREADSHEET_DAMAGE),
        ("+3,3639980012e10", Why.SPREADSHEET_DAMAGE), ("3E+10", Why.SPREADSHEET_DAMAGE),
        ("########", Why.SPREADSHEET_DAMAGE), ("#N/A", Why.SPREADSHEET_DAMAGE), ("#REF!", Why.SPREADSHEET_DAMAGE),
        ("#VALEUR!", Why.SPREADSHEET_DAMAGE),
        ("06 39 98", Why.INVALID_NUMBER), ("06 39 98 00 12 13", Why.INVALID_NUMBER), ("abc", Why.INVALID_NUMBER),
        ("36111", Why.INVALID_NUMBER), ("06 39 98 00 1O", Why.INVALID_NUMBER), ("+", Why.INVALID_NUMBER),
        ("06 39 98 00 12 x3", Why.INVALID_NUMBER), ("06 39 98 00 12#3", Why.INVALID_NUMBER),
        ("0639980012 / 0639980013", Why.INVALID_NUMBER), ("+999639980012", Why.INVALID_NUMBER),
        ("639,980,012", Why.INVALID_NUMBER), ("0" * 400, Why.INVALID_NUMBER),
    ],
)  # fmt: skip
def test_reasons(raw: str, reason: Why) -> None:
    assert normalise(raw, allow_fiction=True) == (None, reason)


@pytest.mark.parametrize(
    "kind", [PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.VOIP]
)
def test_types_that_receive_no_sms(kind: int) -> None:
    assert normalise(e164(example("FR", kind))) == (None, Why.NOT_MOBILE)


def test_a_type_is_accepted_where_the_campaign_says_so() -> None:
    for kind, name in ((PhoneNumberType.FIXED_LINE, "fixed_line"), (PhoneNumberType.VOIP, "voip")):
        text = f"0{example('FR', kind).national_number}"
        assert normalise(text, also_accept=(name,)) == (e164(example("FR", kind)), None)
        assert normalise(text, also_accept=("uan", "pager")) == (None, Why.NOT_MOBILE)
    overseas = example("RE", PhoneNumberType.FIXED_LINE)
    assert normalise(f"0{overseas.national_number}", also_accept=("fixed_line",)) == (e164(overseas), None)
    assert normalise("06 39 98", also_accept=EVERY_TYPE) == (None, Why.INVALID_NUMBER)


@pytest.mark.parametrize("also_accept", [(), *((name,) for name in EVERY_TYPE), NUMBER_TYPES, EVERY_TYPE])
def test_every_region_s_examples_are_accepted_by_their_type(also_accept: tuple[str, ...]) -> None:
    named = {PhoneNumberType.to_string(kind).lower(): kind for kind in PhoneNumberType.values()}
    accepted = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, *map(named.get, also_accept)}
    checked = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in PhoneNumberType.values():
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            checked += 1
            found = normalise(
                phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
                region="FR",
                also_accept=also_accept,
            )
            assert (found.e164 == e164(number)) == (phonenumbers.number_type(number) in accepted)
    assert checked > 500


@settings(max_examples=300, deadline=None)
@given(
    raw=st.one_of(
        st.text(max_size=40),
        st.text(st.sampled_from("0123456789+() .-/xE,'#"), max_size=20),
        st.integers(0, 10**13).map(str),
        st.integers(600_000_000, 799_999_999).map(lambda n: f"0{n}"),
    ),
    region=st.sampled_from(["FR", "BE", "US", "IT", "RE", "JP"]),
)
def test_accepted_numbers_are_phonenumbers_valid_and_stay_as_they_are(raw: str, region: str) -> None:
    number, reason = normalise(raw, region=region, allow_fiction=True)
    assert (number is None) != (reason is None)
    if number:
        assert normalise(number, region=region, allow_fiction=True) == (number, None)
        assert is_fiction(number) or phonenumbers.is_valid_number(phonenumbers.parse(number))
    else:
        assert reason
        assert reason.meaning


@pytest.mark.parametrize("names", ["voip", ("mobile",), ("fixed_line", "Voip"), ("premium_rate",), ["unknown"]])
def test_unknown_types_are_errors(names: tuple[str, ...]) -> None:
    check_types(NUMBER_TYPES)
    with pytest.raises(ConfigurationError, match=r"cannot be accepted beside mobile ones.*list of these.*voip"):
        check_types(names)


def test_unknown_region_is_refused() -> None:
    check_region("FR")
    with pytest.raises(ConfigurationError, match=r"'fr'.*Give two capital letters"):
        check_region("fr")
