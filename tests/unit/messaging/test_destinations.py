"""The country of a number where several share a calling code: what an SMS costs hangs on it."""

from __future__ import annotations

import random

import numpy as np
import phonenumbers
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat, PhoneNumberType

from ovh_sms.messaging.destinations import Destinations, country_of, destination_name, destination_of

SHARED = sorted(code for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if len(regions) > 1)
TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def numbers(code: int, chance: random.Random) -> list[str]:
    """Numbers of every country of a code that can get an SMS: examples, and such with other digits at their end."""
    found = set()
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        for kind in TYPES:
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            for drawn in range(300):
                keep = max(len(str(code)) + 2, len(e164) - chance.randint(0, 8)) if drawn else len(e164)
                tried = e164[:keep] + "".join(chance.choice("0123456789") for _ in range(len(e164) - keep))
                if phonenumbers.number_type(phonenumbers.parse(tried)) in TYPES:
                    found.add(tried)
    return sorted(found)


@pytest.mark.parametrize("code", SHARED)
def test_destinations_are_those_of_phonenumbers(code: int) -> None:
    every = numbers(code, random.Random(code))
    assert every
    keys = np.array([int(number[1:]) for number in every], dtype=np.int64)
    destinations = Destinations().of(keys, np.full(len(keys), code, dtype=np.int64))
    for number, destination in zip(every, destinations.tolist(), strict=True):
        wanted = phonenumbers.region_code_for_number(phonenumbers.parse(number))
        assert country_of(destination_name(destination)) == wanted, number


def test_names_of_destinations() -> None:
    assert destination_name(destination_of("+33639980012")) == "33"
    canada = phonenumbers.format_number(
        phonenumbers.example_number_for_type("CA", PhoneNumberType.MOBILE), PhoneNumberFormat.E164
    )
    assert destination_name(destination_of(canada)) == "1 CA"
    assert (country_of("33"), country_of("1"), country_of("1 CA"), country_of("870")) == ("FR", "US", "CA", "001")
    assert destination_name(destination_of("+870773111632")) == "870"
