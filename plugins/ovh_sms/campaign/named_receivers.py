"""The people of a campaign file who get its test messages: never read from a list, and never part of one."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_NUMBER = re.compile(r"\+?\d[\d .()/-]{5,24}")
_FEWEST_DIGITS = 6


def _is_number(text: str) -> str:
    """Check the form of a number; whether it exists shows when it is read."""
    if not _NUMBER.fullmatch(text.strip()) or sum(map(str.isdigit, text)) < _FEWEST_DIGITS:
        raise ValueError('give phone numbers in quotes, as "06 39 98 00 01" or "+33 6 39 98 00 01"')
    return text.strip()


#: Numbers as a person writes them; few, as each gets up to three messages.
TestReceivers = Annotated[tuple[Annotated[str, AfterValidator(_is_number)], ...], Field(min_length=1, max_length=10)]
