"""The people of a campaign file who get its test messages: never read from a list, and never part of one."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_NUMBER = re.compile(r"\+?\d[\d .()/-]{5,24}")
_FEWEST_DIGITS = 6


def _as_number(given: Any) -> Any:
    """Check the form of a number; whether it exists shows when it is read. No error shows it: Airflow would keep it."""
    text = given.strip() if isinstance(given, str) else ""
    if not _NUMBER.fullmatch(text) or sum(map(str.isdigit, text)) < _FEWEST_DIGITS:
        raise ValueError('give phone numbers in quotes, as "06 39 98 00 01" or "+33 6 39 98 00 01"')
    return text


#: Numbers as a person writes them; few, as each gets up to three messages.
TestReceivers = Annotated[tuple[Annotated[str, BeforeValidator(_as_number)], ...], Field(min_length=1, max_length=10)]
