"""Masks phone numbers in texts that people read; dates, amounts and codes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ovh_sms.messaging.dates import DATE, is_date
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise

#: Last digits of a number that stay readable.
SHOWN_DIGITS = 2
#: A phone number has as many digits at least.
FEWEST_DIGITS = 8
#: And as many at most, with the digits that people dial before the country code.
MOST_DIGITS = 20
#: Groups of digits that one number has at most.
MOST_GROUPS = 12
_RUN = re.compile(r"\(?\+?\d[\d .()/\u00a0\u202f-]*\d")
#: What people write between the digits of one number: anything but letters, also keycaps and invisible characters.
_FREE_RUN = re.compile(r"\(?\+?\d(?:[\W_]{0,5}\d)+")
_GROUP = re.compile(r"[+(]*\d+")
_DIGIT = re.compile(r"\d")
#: A number with its trunk prefix or its country code; 9 digits alone may be a code.
_COMPLETE = re.compile(r"\+|0|33\d{9}$")


@dataclass(frozen=True, kw_only=True)
class PhoneMask:
    """Decides which digits are a phone number.

    A text of digits is a number if it is valid and written with its leading 0 or its country code, or if it is the
    receiver's own.

    :param region: country of numbers without a country code.
    :param own: the receiver's number, E.164.
    :param incomplete: take digits for a number without its leading 0 too, as sheets keep them.
    :param free_text: a person has written the text: other characters may stand between the digits than in a list.
    """

    region: str = "FR"
    own: str = ""
    incomplete: bool = False
    free_text: bool = False

    def is_number(self, text: str) -> bool:
        """Return whether a text of digits, and what may stand between those of one number, is a number."""
        digits = "".join(_DIGIT.findall(text))
        if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
            return False
        if self.free_text:
            text = "+" * ("+" in text) + digits
        number = normalise(text, region=self.region, allow_fiction=True, also_accept=EVERY_TYPE).e164
        if number is None or number == self.own or self.incomplete:
            return number is not None
        return _COMPLETE.match("+" * ("+" in text) + digits) is not None


def mask_numbers(text: str, mask: PhoneMask | None = None) -> str:
    """Mask the phone numbers in a text but for their last digits."""
    mask = mask or PhoneMask()
    dates = [found.span() for found in DATE.finditer(text)]
    ends = [0, *(end for _, end in dates)]
    starts = [*(start for start, _ in dates), len(text)]
    others = [_masked_runs(text[end:start], mask) for end, start in zip(ends, starts, strict=True)]
    shown = [text[start:end] for start, end in dates] + [""]
    return "".join(part for pair in zip(others, shown, strict=True) for part in pair)


def mask_all(text: str) -> str:
    """Mask all digits of a value that stands for a number, readable or not, but for the last ones; a date stays."""
    if is_date(text):
        return text
    digits = [found.start() for found in _DIGIT.finditer(text)][:-SHOWN_DIGITS]
    shown = list(text)
    for at in digits:
        shown[at] = "*"
    return "".join(shown)


def _masked_runs(text: str, mask: PhoneMask) -> str:
    runs = _FREE_RUN if mask.free_text else _RUN
    return runs.sub(lambda found: _masked_run(found[0], mask), text)


def _masked_run(run: str, mask: PhoneMask) -> str:
    """Mask the numbers in digits and what may stand between those of one number."""
    shown, done = "", 0
    for start, end in _numbers(run, mask):
        start += run[start] == "+"
        number = run[start:end]
        shown += run[done:start] + "*" * (len(number) - SHOWN_DIGITS) + number[-SHOWN_DIGITS:]
        done = end
    return shown + run[done:]


def _numbers(run: str, mask: PhoneMask) -> Iterator[tuple[int, int]]:
    """Find numbers among groups of digits, the longest first."""
    groups = [found.span() for found in _GROUP.finditer(run)]
    at = 0
    while at < len(groups):
        start = groups[at][0]
        for last in range(min(at + MOST_GROUPS, len(groups)) - 1, at - 1, -1):
            if mask.is_number(run[start : groups[last][1]]):
                yield start, groups[last][1]
                at = last
                break
        at += 1
