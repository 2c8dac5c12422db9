"""Dates and times of sheets, Parquet files and databases as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Language(NamedTuple):
    """Names of months and days, in full and short, Monday first."""

    months: Sequence[str]
    short_months: Sequence[str]
    days: Sequence[str]
    short_days: Sequence[str]


FRENCH = Language(
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
     "décembre"],
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."],
)  # fmt: skip
_ENGLISH_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_ENGLISH_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ENGLISH = Language(
    _ENGLISH_MONTHS, [each[:3] for each in _ENGLISH_MONTHS], _ENGLISH_DAYS, [each[:3] for each in _ENGLISH_DAYS]
)
_UNKNOWN = Language(*(["\ufffd"] * count for count in (12, 12, 7, 7)))
_LANGUAGES = {0x00: FRENCH, 0x0C: FRENCH, 0x09: ENGLISH}
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001
#: From here on a workbook's days are right: it believes that 1900 had a 29th of February.
FIRST_RIGHT_DAY, _LAST_DAY = 61, 2_958_466
_DAY = 86_400


def language(code: str) -> Language:
    """Return the language of a format's locale, such as ``40C``; the names of those not known are U+FFFD."""
    try:
        return _LANGUAGES.get(int(code.split(",")[0], 16) & 0x3FF, _UNKNOWN)
    except ValueError:
        known = {"fr": FRENCH, "en": ENGLISH}
        return known.get(code[:2].lower(), _UNKNOWN)


def serial(moment: datetime, *, epoch_1904: bool = False) -> float:
    """Return a moment as a workbook counts it: in days."""
    return (moment - (_EPOCH_1904 if epoch_1904 else _EPOCH)) / timedelta(days=1)


def as_moment(days: float, *, epoch_1904: bool = False) -> datetime | None:
    """Return the moment of a count of days; None if a workbook knows no such day."""
    if not 0 <= days < _LAST_DAY:
        return None
    if not epoch_1904 and days < FIRST_RIGHT_DAY - 1:
        days += 1
    return (_EPOCH_1904 if epoch_1904 else _EPOCH) + timedelta(milliseconds=round(days * _DAY * 1000))


def moment(
    days: float, tokens: Sequence[tuple[str, str]], *, language: Language, epoch_1904: bool = False
) -> str | None:
    """Write a count of days by the tokens of a number format.

    :returns: None if no cell shows it as a date.
    """
    seconds = (text for kind, text in tokens if kind == "date" and text[0] == "s")
    decimals = max((text.count("0") for text in seconds), default=0)
    step = 10 ** min(decimals, 3)
    shows_day = any(kind == "date" and text[0] in "dy" for kind, text in tokens)
    ticks = round(days * _DAY * step)
    found = as_moment(ticks / step / _DAY, epoch_1904=epoch_1904)
    if found is None or (shows_day and days < 1):
        return None
    twelve = any(kind == "half" for kind, _ in tokens)
    shown = before = ""
    for at, (kind, text) in enumerate(tokens):
        if kind == "elapsed":
            units = {"h": 3600, "m": 60, "s": 1}[text[0]]
            shown += str(ticks // step // units).zfill(len(text))
            before = text[0]
        elif kind == "half":
            shown += ("AM" if found.hour < 12 else "PM")[: 2 if text == "AM/PM" else 1]
        elif kind == "date":
            is_minute = text[0] == "m" and len(text) < 3 and (before == "h" or _next(tokens, at) == "s")
            shown += _part(found, "n" * len(text) if is_minute else text, language, twelve)
            before = text[0]
        else:
            shown += text
    return shown


def _next(tokens: Sequence[tuple[str, str]], at: int) -> str:
    return next((text[0] for kind, text in tokens[at + 1 :] if kind in ("date", "elapsed")), "")


def _part(found: datetime, token: str, names: Language, twelve: bool) -> str:
    size = len(token)
    letter = token[0]
    if letter == "y":
        return f"{found.year:04d}" if size > 2 else f"{found.year % 100:02d}"
    if letter == "m" and size > 2:
        return (names.short_months, names.months)[size == 4][found.month - 1][: 1 if size == 5 else None]
    if letter == "d" and size > 2:
        return (names.short_days, names.days)[size > 3][found.weekday()]
    if letter == "s" and "0" in token:
        width = token.count("s")
        return f"{found.second:0{width}d},{found.microsecond:06d}"[: width + 1 + token.count("0")]
    hour = (found.hour - 1) % 12 + 1 if twelve else found.hour
    number = {"m": found.month, "d": found.day, "h": hour, "n": found.minute, "s": found.second}[letter]
    return f"{number:0{min(size, 2)}d}"
