"""Texts of files that people open in a spreadsheet: none of them is run as a formula."""

from __future__ import annotations

import re

#: Signs that begin a formula, also as wide as a Chinese character, and those that some programs cut off before them.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
#: A number, or a phone number without strokes: it computes nothing.
_NUMBER = re.compile(r"[+-]\d[\d .()]*(?:,\d+)?", re.ASCII)


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula.

    :returns: the text, with an apostrophe in front if it could be run; numbers as they are.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
