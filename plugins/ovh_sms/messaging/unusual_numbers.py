"""Texts that are no plain numbers, and numbers that may be made up.

Most such texts are refused by their form, so that phonenumbers need not read each of them. Each rule is one of
:func:`ovh_sms.messaging.phone_numbers.normalise` or of phonenumbers: a letter behind the first digit, no digit at all,
a character that no number holds, more digits than any number has.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ovh_sms.messaging.country_rules import OVERSEAS_REGIONS
from ovh_sms.messaging.plan_patterns import UnsupportedPattern, literal, parse

#: Blanks that are no ASCII, and invisible marks, as chat programs and web pages put them around numbers.
_BLANKS = r"[\x{a0}\x{2000}-\x{200a}\x{202f}\x{3000}]"
_INVISIBLE = r"[\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}\x{feff}]"
#: What may stand before a number, or between its digits, without a change of its meaning.
_BEFORE = string.ascii_letters + "àâäçéèêëîïôöùûü" + " \t'\"*.,:!?-/()[]<>_\u2019°º"
_BETWEEN = " ./()-"

# ASCII, accented Latin letters and the apostrophe. '#' may begin an error of a spreadsheet, e a power of ten.
_OTHERS = r"\x{b0}\x{ba}\x{c0}-\x{ff}\x{2019}"
_ANY, _NO_E = rf"[\x00-\x22\x24-\x7f{_OTHERS}]*", rf"[\x00-\x22\x24-\x44\x46-\x64\x66-\x7f{_OTHERS}]*"
_NO_DIGIT = rf"[\x00-\x22\x24-\x2f\x3a-\x7f{_OTHERS}]*"
_ACCENTED = r"\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{ff}"
_NEVER_INSIDE = r'[|&@=!?"$%^_{}<>\\+]'
_REFUSED = "|".join([
    rf"{_ANY}[0-9]{_ANY}[A-DF-Za-df-z{_ACCENTED}]{_ANY}",
    rf"{_NO_DIGIT}[A-Za-z{_ACCENTED}]{_NO_DIGIT}",
    rf"{_NO_E}[0-9]{_NO_E}{_NEVER_INSIDE}{_NO_E}[0-9]{_NO_E}",
    rf"{_NO_E}[0-9]{_NO_E}[,;]{_NO_E}[0-9]{_NO_E}[0-9]{_NO_E}[0-9]{_NO_E}",
])  # fmt: skip
_POWER_OF_TEN = r"^\s*['\x{2019} ]*[+-]?[0-9]+(?:[.,][0-9]+)?\s*[eE]\s*[+-]?[0-9]+\s*$"
#: Digits of a calling code at most, and of a number that went through floating point with its decimals.
_MOST_CODE, _MOST_FLOAT = 3, 17
#: Last digits of a number that are often made up: 60 60 60 60, 12 34 56 78, 87 65 43 21 and their kind.
_TAIL = 10**8
_RUNS = [int("".join(str((first + step * at) % 10) for at in range(8))) for first in range(10) for step in (1, -1)]
_MADE_UP = np.unique([*(pair * 1_010_101 for pair in range(100)), *_RUNS])


def visible(texts: Any) -> Any:
    """Write blanks of every kind as a space, and leave out invisible marks, in an array of strings."""
    return pc.replace_substring_regex(pc.replace_substring_regex(texts, _BLANKS, " "), _INVISIBLE, "")


def without_words(texts: Any) -> Any:
    """Leave out what stands before the numbers of an array of strings: ``Mobile: 06…``."""
    return pc.utf8_ltrim(texts, characters=_BEFORE)


def powers_of_ten(texts: Any) -> Any:
    """Return the places of numbers that a spreadsheet has written as ``6,3998E+08``.

    :param texts: array of strings, as :func:`visible` returns it.
    """
    return pc.indices_nonzero(pc.match_substring_regex(texts, _POWER_OF_TEN))


def refused(texts: Any, region: str) -> Any:
    """Return the places of texts that are no number by their form alone.

    :param texts: array of strings, as :func:`visible` returns it.
    :param region: ISO 3166 code of the country of numbers without a country code.
    """
    found = pc.match_substring_regex(texts, f"^(?:{_REFUSED})$")
    longest = _longest(region)
    if longest is None:
        return pc.indices_nonzero(found)
    digits, international = longest
    plain = pc.utf8_ltrim(texts, characters=_BETWEEN)
    long = pc.match_substring_regex(plain, f"^(?:[0-9][{re.escape(_BETWEEN)}]*){{{digits + 1},}}$")
    if not pc.any(long).as_py():
        return pc.indices_nonzero(found)
    prefixed = pc.match_substring_regex(pc.replace_substring_regex(plain, "[^0-9]", ""), f"^(?:{international})")
    return pc.indices_nonzero(pc.or_(found, pc.and_not(long, prefixed)))


def made_up(keys: Any) -> Any:
    """Return which numbers may be made up, by their last eight digits: two that repeat, or eight in a row.

    A person may have such a number, so it is no reason to reject it.

    :param keys: E.164 digits, array of integers.
    :returns: an array of bool.
    """
    tails = keys % _TAIL
    return _MADE_UP[np.searchsorted(_MADE_UP, tails).clip(max=len(_MADE_UP) - 1)] == tails


@lru_cache(256)
def _longest(region: str) -> tuple[int, str] | None:
    """Return the most digits of a region's numbers as typed there, with all prefixes but the international one.

    Behind the region's own calling code phonenumbers takes a national prefix away twice.

    :returns: None if no such number is known; else with the pattern of the international prefix.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, country_code_for_region

    most, international = _MOST_FLOAT, []
    for each in (region, *(OVERSEAS_REGIONS if region == "FR" else ())):
        code = country_code_for_region(each)
        own: Any = PhoneMetadata.metadata_for_region(each)
        try:
            prefix = literal(parse(own.national_prefix_for_parsing or ""))
        except UnsupportedPattern:
            return None
        if prefix is None or own.national_prefix_transform_rule:
            return None
        for other in COUNTRY_CODE_TO_REGION_CODE[code]:
            described: Any = PhoneMetadata.metadata_for_region_or_calling_code(code, other)
            most = max(most, _MOST_CODE + 2 * len(prefix) + max(described.general_desc.possible_length))
        if own.international_prefix:
            international.append(own.international_prefix)
    return most, "|".join(international)
