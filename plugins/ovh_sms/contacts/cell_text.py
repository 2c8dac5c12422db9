"""One value of a workbook, a Parquet file or a database, as the text of a CSV list."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal

_BREAKS = re.compile(r"\r\n|[\r\n\v\f\x85]")
_SURROGATES = re.compile("[\ud800-\udfff]")
#: Stands for what is no character. It is not in the GSM alphabet, so that nobody is sent the remains of a value.
_UNREADABLE = "\ufffd"
_MIDNIGHT = time(0)
#: Stands for a line break inside of a value, so that a row stays one line and keeps its number. It is not in the
#: GSM alphabet: OVH would refuse it, and transliteration makes a blank of it.
LINE_SEPARATOR = "\u2028"


def cell_text(value: object) -> str:
    """Write a value as text.

    :returns: a whole number without point or exponent (612345678.0 is ``612345678``), a date as ISO 8601, nothing
        for a missing value; without line breaks, and with U+FFFD for bytes that are not UTF-8.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _one_line(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        plain = value.time() == _MIDNIGHT and value.tzinfo is None
        return value.date().isoformat() if plain else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return _one_line(bytes(value).decode("utf-8", "replace"))
    return _one_line(str(value))


def _number(value: float | Decimal) -> str:
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if number.is_nan():  # how Parquet files of pandas say that there is none
        return ""
    if not number.is_finite():
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return format(number, "f")


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return _SURROGATES.sub(_UNREADABLE, _BREAKS.sub(LINE_SEPARATOR, text.strip()))
