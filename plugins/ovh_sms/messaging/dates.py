"""Dates as people write them in figures."""

from __future__ import annotations

import re

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_WHOLE = rf"(?:{_DAY}[/.-]{_MONTH}[/.-]{_YEAR}|{_YEAR}[/.-]{_MONTH}[/.-]{_DAY})"
_SHORT = rf"{_DAY}[/.-]{_MONTH}[/.-]\d\d|{_YEAR}[/-]{_YEAR}|{_YEAR}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
_BLANKS = rf"(?:{_DAY} {_MONTH} {_YEAR}|{_YEAR} {_MONTH} {_DAY})"
#: A time of the day behind a date; a phone number would go on otherwise.
_NO_MORE = r"(?!\d|[ /.()-]+\d(?!\d?[:h]\d\d))"
#: Dates, two of them, and pairs of years; a phone number goes on.
DATE = re.compile(
    rf"(?<!\d)(?<!\d[/.-])(?<!\+)(?:{_WHOLE}(?: ?[/-] ?{_WHOLE})?|{_SHORT})(?!\d|[/.-]\d)"
    rf"|(?<!\d)(?<!\d[ /.-])(?<![+)]){_BLANKS}{_NO_MORE}"
)
_DAY_ALONE = re.compile(rf"{_WHOLE}(?:[ T]\d?\d[:h]\d\d(?::\d\d(?:\.\d+)?)?)?")


def is_date(text: str) -> bool:
    """Return whether a text is a day with its whole year, and perhaps a time, and nothing else.

    :param text: digits alone are none, as they may belong to a number.
    """
    return _DAY_ALONE.fullmatch(text.strip()) is not None
