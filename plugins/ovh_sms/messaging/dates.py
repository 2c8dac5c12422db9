"""Dates as people write them in figures."""

from __future__ import annotations

import re

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
#: Dates and pairs of years; a phone number goes on.
DATE = re.compile(
    rf"(?<![\d/.+-])(?:{_DAY}[/.-]{_MONTH}[/.-](?:{_YEAR}|\d\d)|{_YEAR}[/.-]{_MONTH}[/.-]{_DAY}"
    rf"|{_YEAR}[/-](?:{_YEAR}|\d\d)|{_YEAR}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))(?![\d/.-])"
)
