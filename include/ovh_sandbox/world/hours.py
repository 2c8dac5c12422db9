"""The sending window of messages with a STOP clause: Monday to Friday, 8 to 20 in Paris, no public holidays."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from dateutil.easter import easter  # type: ignore[import-untyped]

from ..clock import PARIS

OPENS, CLOSES = 8, 20


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """Public holidays of metropolitan France."""
    fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
    movable = [easter(year) + timedelta(days=days) for days in (1, 39, 50)]
    return frozenset([date(year, month, day) for month, day in fixed] + movable)


def opens_at(moment: float) -> float:
    """Return the moment itself if it lies within the sending window, else when it opens next (seconds since 1970)."""
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
    """Return the end of the sending window of that moment's day (seconds since 1970)."""
    return _at(datetime.fromtimestamp(moment, PARIS).date(), CLOSES)


def _working(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


def _at(day: date, hour: int) -> float:
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).timestamp()


class Spacing:
    """Spaces the messages of a job: so many a second, within the sending window if ``held``."""

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
