"""Masks phone numbers in texts that people read; dates, amounts and codes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ovh_sms.messaging.dates import DATE
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise

#: Last digits of a number that stay readable.
SHOWN_DIGITS = 2
#: A phone number has as many digits at least.
FEWEST_DIGITS = 8
#: Groups of digits that one number has at most.
MOST_GROUPS = 12
_RUN = re.compile(r"\(?\+?\d[\d .()/\u00a0\u202f-]*\d")
_GROUP = re.compile(r"[+(]*\d+")
_DIGIT = re.compile(r"\d")
#: A number with its trunk prefix or its country code; 9 digits alone may be a code.
_COMPLETE = re.compile(r"\+|0|33\d{9}$")


def mask_numbers(text: str, *, region: str = "FR", own: str = "") -> str:
    """Mask the phone numbers in a text but for their last digits.

    A text of digits is a number if it is valid and written with its leading 0 or its country code, or if it is the
    receiver's own.

    :param region: country of numbers without a country code.
    :param own: the receiver's number, E.164.
    """
    dates = [found.span() for found in DATE.finditer(text)]
    ends = [0, *(end for _, end in dates)]
    starts = [*(start for start, _ in dates), len(text)]
    pieces = [_masked_runs(text[end:start], region, own) for end, start in zip(ends, starts, strict=True)]
    shown = [text[start:end] for start, end in dates] + [""]
    return "".join(part for pair in zip(pieces, shown, strict=True) for part in pair)


def mask_all(text: str) -> str:
    """Mask all digits of a value that stands for a number, readable or not, but for the last ones."""
    digits = [found.start() for found in _DIGIT.finditer(text)][:-SHOWN_DIGITS]
    shown = list(text)
    for at in digits:
        shown[at] = "*"
    return "".join(shown)


def _masked_runs(text: str, region: str, own: str) -> str:
    return _RUN.sub(lambda found: _masked_run(found[0], region, own), text)


def _masked_run(run: str, region: str, own: str) -> str:
    """Mask the numbers in digits and what may stand between those of one number."""
    shown, done = "", 0
    for start, end in _numbers(run, region, own):
        start += run[start] == "+"
        number = run[start:end]
        shown += run[done:start] + "*" * (len(number) - SHOWN_DIGITS) + number[-SHOWN_DIGITS:]
        done = end
    return shown + run[done:]


def _numbers(run: str, region: str, own: str) -> Iterator[tuple[int, int]]:
    """Find numbers among groups of digits, the longest first."""
    groups = [found.span() for found in _GROUP.finditer(run)]
    at = 0
    while at < len(groups):
        start = groups[at][0]
        for last in range(min(at + MOST_GROUPS, len(groups)) - 1, at - 1, -1):
            if _is_number(run[start : groups[last][1]], region, own):
                yield start, groups[last][1]
                at = last
                break
        at += 1


def _is_number(text: str, region: str, own: str) -> bool:
    digits = "".join(_DIGIT.findall(text))
    if len(digits) < FEWEST_DIGITS:
        return False
    number = normalise(text, region=region, allow_fiction=True, also_accept=EVERY_TYPE).e164
    return number is not None and (number == own or _COMPLETE.match("+" * ("+" in text) + digits) is not None)
