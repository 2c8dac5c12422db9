"""When messages with a STOP clause may leave: Monday to Friday, 8 to 20 in Paris, no public holidays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from ..clock import PARIS

OPENS, CLOSES = 8, 20


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """Public holidays of metropolitan France."""
    fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
    easter = _easter(year)
    movable = [easter + timedelta(days=days) for days in (1, 39, 50)]
    return frozenset([date(year, month, day) for month, day in fixed] + movable)


def _easter(year: int) -> date:
    """Easter Sunday, by the method of Meeus, Jones and Butcher."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, other = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - correction + 15) % 30
    quarter, left = divmod(rest, 4)
    weekday = (32 + 2 * other + 2 * quarter - epact - left) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def opens_at(moment: float) -> float:
    """The moment itself when it lies within commercial hours, else when they open next (seconds since 1970)."""
    local = datetime.fromtimestamp(moment, PARIS)
    day = local.date()
    if _working(day):
        if OPENS <= local.hour < CLOSES:
            return moment
        if local.hour < OPENS:
            return _at(day, OPENS)
    day += timedelta(days=1)
    while not _working(day):
        day += timedelta(days=1)
    return _at(day, OPENS)


def closes_at(moment: float) -> float:
    """The end of the commercial hours of that moment's day (seconds since 1970)."""
    return _at(datetime.fromtimestamp(moment, PARIS).date(), CLOSES)


def _working(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


def _at(day: date, hour: int) -> float:
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).timestamp()


class Pace:
    """When each message of a sending leaves: so many a second, within commercial hours where they apply.

    :param start: earliest moment, seconds since 1970.
    :param held: whether commercial hours apply.
    """

    PER_SECOND = 100

    def __init__(self, start: float, *, held: bool) -> None:
        self._held = held
        self._from = int(opens_at(start) if held else start)
        self._closes = closes_at(self._from) if held else float("inf")
        self._count = 0

    def next(self) -> int:
        """The next message's moment, in whole seconds since 1970."""
        moment = self._from + self._count // self.PER_SECOND
        if moment >= self._closes:
            self._from = moment = int(opens_at(moment))
            self._closes = closes_at(moment)
            self._count = 0
        self._count += 1
        return moment
