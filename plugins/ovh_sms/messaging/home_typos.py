"""Finds digits that may be a number of one's own country with a digit too many, or one too few.

Such digits are never read as a number of another country, however well they would fit there: ``6591234567`` is
a mobile number of Singapore, and a French one with a digit too many.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from ovh_sms.messaging.country_rules import FICTION_RANGE, FRANCE, OVERSEAS_REGIONS
from ovh_sms.messaging.plan_patterns import Node, Positions, UnsupportedPattern, parse

#: Positions reached without a mistake, and those reached with one.
_Reached = tuple[frozenset[int], frozenset[int]]
_UNKNOWN = -1


class HomeTypos:
    """Knows the numbers of a region, each with one digit more or less. Safe to use from several threads.

    With a calling code they are mobile numbers. Without one they are numbers of any type if all of the region's have
    the same length, and mobile ones if not.

    :param region: ISO 3166 code; the overseas regions count as France.
    """

    def __init__(self, region: str) -> None:
        #: Whether nothing is known about the region's numbers: then any digits may be a typing error.
        self._knows_nothing = False
        self._positions = Positions()
        try:
            for each in (region, *(OVERSEAS_REGIONS if region == "FR" else ())):
                for form in _forms(each):
                    self._positions.add(form, 1)
        except UnsupportedPattern:
            self._knows_nothing = True
        start = frozenset((0,))
        self._lock = Lock()
        self._states: dict[_Reached, int] = {}
        self._reached: list[_Reached] = []
        self._next = np.zeros(0, dtype=np.int32)
        self._ends = np.zeros(0, dtype=np.bool_)
        self._number((start, self._followers(start)))

    def contains(self, digits: str) -> bool:
        """Return whether one text of digits is such a number."""
        values = np.frombuffer(digits.encode("ascii"), dtype=np.uint8) - 48
        return bool(self.find(values, np.zeros(1, dtype=np.int64), np.array([len(digits)]))[0])

    def find(self, values: Any, start: Any, count: Any) -> Any:
        """Return which rows of digits are such numbers, an array of bool.

        :param values: digits 0 to 9, one row behind the other.
        :param start: where each row begins.
        :param count: digits of each row.
        """
        if self._knows_nothing:
            return np.ones(len(start), dtype=np.bool_)
        state = np.zeros(len(start), dtype=np.int64)
        for at in range(int(count.max(initial=0))):
            rows = np.flatnonzero(count > at)
            steps = state[rows] * 10 + values[start[rows] + at]
            with self._lock:
                for step in np.unique(steps[self._next[steps] == _UNKNOWN]).tolist():
                    following = self._step(*divmod(step, 10))
                    self._next[step] = following
                state[rows] = self._next[steps]
        return self._ends[state]

    def _step(self, state: int, digit: int) -> int:
        exact, mistaken = self._reached[state]
        further = self._by_digit(exact, digit)
        # a mistake: this digit is one too many, or the one before it is missing
        found = self._by_digit(mistaken, digit) | exact | self._followers(further)
        return self._number((further, found))

    def _by_digit(self, at: frozenset[int], digit: int) -> frozenset[int]:
        return frozenset(each for each in self._followers(at) if digit in self._positions.digits[each])

    def _followers(self, at: frozenset[int]) -> frozenset[int]:
        return frozenset(each for position in at for each in self._positions.follow[position])

    def _number(self, reached: _Reached) -> int:
        """Return the state's index in the tables, which grow with it."""
        known = self._states.get(reached)
        if known is None:
            ends = any(self._positions.marks[each] for positions in reached for each in positions)
            self._reached.append(reached)
            self._ends = np.append(self._ends, ends)
            self._next = np.append(self._next, np.full(10, _UNKNOWN, dtype=np.int32))
            known = self._states[reached] = len(self._reached) - 1
        return known


@lru_cache(maxsize=256)
def home_typos(region: str) -> HomeTypos:
    """Return the one of a region, made when it is first needed."""
    return HomeTypos(region)


def _forms(region: str) -> list[Node]:
    """The ways in which people of a region write its numbers."""
    from phonenumbers import PhoneMetadata, country_code_for_region

    own: Any = PhoneMetadata.metadata_for_region(region)
    code = str(country_code_for_region(region))
    trunk = ("any", [("all", []), parse(own.national_prefix or "")])
    mobile = parse(own.mobile.national_number_pattern or "") if own.mobile else ("any", [])
    if code == str(FRANCE):
        fiction = str(FICTION_RANGE).removeprefix(code)
        mobile = ("any", [mobile, parse(rf"{fiction}\d{{4}}")])
    lengths = own.general_desc.possible_length
    national = parse(own.general_desc.national_number_pattern) if len(lengths) == 1 else mobile
    codes = ("any", [parse(code), parse(f"00{code}")])
    return [("all", [trunk, national]), ("all", [codes, trunk, mobile])]
