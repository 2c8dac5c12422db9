"""The time zones in which the receivers of a list may be, by their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ovh_sms.messaging.country_rules import FRANCE

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

#: Names of the zones a number may be in: one of them for sure, and nobody knows which. None at all if it is unknown.
Zones = tuple[str, ...]

#: The zone of metropolitan France, by which OVH holds advertising.
PARIS = "Europe/Paris"
HOME: Zones = (PARIS,)
UNKNOWN: Zones = ()
#: The name of all zones outside France whose clocks are those of Paris. They are no part of it: OVH adds no STOP clause
#: for other countries, and so it holds nothing for them.
SAME_CLOCK = "CET"

#: Calling codes of French territories overseas. Each keeps its zone's own name, as it has holidays of its own.
OVERSEAS_CODES = frozenset((262, 508, 590, 594, 596, 681, 687, 689))

_UNKNOWN_NAME = "Etc/Unknown"
_OR, _NOWHERE = " or ", "unknown"
#: Digits at the end of a number that do not decide its zone.
_TAIL = 10_000
#: Two zones have the same clock if they agree on every third day of these years.
_FROM, _DAYS, _STEP = datetime(2026, 1, 1, 12, tzinfo=UTC), 3_650, 3


class ReceiverZones:
    """Finds the zones of whole columns of numbers. For one list; a zone's index is the order in which it was met.

    :param by_clocks: whether countries with the clocks of Paris count as metropolitan France.
    """

    def __init__(self, *, by_clocks: bool = False) -> None:
        self._by_clocks = by_clocks
        #: The zones by their index; those of metropolitan France come first.
        self.names: list[Zones] = [HOME]
        self._known: dict[int, int] = {}

    def of(self, keys: Any, codes: Any) -> Any:
        """Return the index of each number's zones.

        :param keys: E.164 digits, array of integers.
        :param codes: their calling codes, array of integers.
        :returns: array of int32.
        """
        import numpy as np

        found = np.zeros(len(keys), dtype=np.int32)
        rows = np.flatnonzero(codes != FRANCE)
        if len(rows):
            heads, first, where = np.unique(keys[rows] // _TAIL, return_index=True, return_inverse=True)
            some = keys[rows[first]].tolist()
            each = [self._index(head, key) for head, key in zip(heads.tolist(), some, strict=True)]
            found[rows] = np.array(each, dtype=np.int32)[where]
        return found

    def _index(self, head: int, key: int) -> int:
        if head not in self._known:
            zones = zones_of(f"+{key}")
            if self._by_clocks and zones == (SAME_CLOCK,):
                zones = HOME
            if zones not in self.names:
                self.names.append(zones)
            self._known[head] = self.names.index(zones)
        return self._known[head]


def zones_of(e164: str) -> Zones:
    """Return the time zones in which a person with this number may be.

    Those that show the same time all year count once.

    :returns: ordered names; none if nobody knows.
    """
    import phonenumbers
    from phonenumbers import timezone

    try:
        number: PhoneNumber = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return UNKNOWN
    if number.country_code == FRANCE:
        return HOME
    if number.country_code in OVERSEAS_CODES:  # their mobile numbers have prefixes of their own
        return tuple(sorted(timezone.time_zones_for_geographical_number(number)))
    named = timezone.time_zones_for_number(number)
    return UNKNOWN if _UNKNOWN_NAME in named else _by_their_clocks(named)


def zones_of_all(numbers: Iterable[str]) -> Zones:
    """Return the time zones in which anybody of some people may be; none if one of them may be anywhere."""
    return any_of(map(zones_of, numbers))


def any_of(groups: Iterable[Zones]) -> Zones:
    """Return the zones of several groups of people together; none if somebody may be anywhere."""
    found = set(groups) or {HOME}
    return UNKNOWN if UNKNOWN in found else tuple(sorted({name for zones in found for name in zones}))


def is_elsewhere(zones: Zones) -> bool:
    """Return whether people of these zones may be elsewhere than in metropolitan France."""
    return zones != HOME


def zones_text(zones: Zones) -> str:
    """Write zones for people: ``America/Martinique``; ``unknown`` without any."""
    return _OR.join(zones) or _NOWHERE


def zones_in(text: str) -> Zones:
    """Return the zones that :func:`zones_text` wrote."""
    return () if text == _NOWHERE else tuple(text.split(_OR))


@cache
def _by_their_clocks(names: Zones) -> Zones:
    """One name for each clock."""
    clocks = {_clock(name): name for name in sorted(names)}
    if _clock(PARIS) in clocks:
        clocks[_clock(PARIS)] = SAME_CLOCK
    return tuple(sorted(clocks.values()))


@cache
def _clock(name: str) -> tuple[timedelta | None, ...]:
    """The offsets from UTC that the clocks of a zone show."""
    zone = ZoneInfo(name)
    return tuple((_FROM + timedelta(days=days)).astimezone(zone).utcoffset() for days in range(0, _DAYS, _STEP))
