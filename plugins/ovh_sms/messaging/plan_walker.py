"""Walks digits through the tables of numbering plans, with the results of ``phonenumbers``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ovh_sms.messaging.plan_tables import (
    CLASS,
    COUNTRY,
    GENERAL,
    INTERNATIONAL,
    MAX_DIGITS,
    PREFIX,
    UNDECIDED,
    Root,
    plans,
)

#: Kind of a number the tables leave to phonenumbers; below it the classes of :mod:`ovh_sms.messaging.plan_tables`.
OPEN = 4
_CODES = 1000


class Digits(NamedTuple):
    """Rows of digits: values 0 to 9 one behind the other, the start of each row, and its length."""

    values: Any
    start: Any
    count: Any

    def take(self, rows: Any) -> Digits:
        """Return some of the rows."""
        return Digits(self.values, self.start[rows], self.count[rows])

    def behind(self, skipped: Any) -> Digits:
        """Return the rows without their first digits."""
        return Digits(self.values, self.start + skipped, self.count - skipped)


class PlanMatch(NamedTuple):
    """Result of a walk: E.164 digits, kind, calling code, and whether it was read as the region's national form."""

    keys: Any
    kind: Any
    codes: Any
    national: Any


class PlanWalker:
    """Classifies rows of digits by the tables."""

    def __init__(self) -> None:
        from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

        self._plans = plans()
        self._regions = {code: regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}
        code_of = np.zeros(_CODES, dtype=np.int64)
        length_of = np.zeros(_CODES, dtype=np.int32)
        for digits in range(100, _CODES):
            for length in (1, 2, 3):
                code = int(str(digits)[:length])
                if code in self._regions:
                    code_of[digits], length_of[digits] = code, length
                    break
        self.code_of, self._length_of = code_of, length_of
        self._powers = 10 ** np.arange(MAX_DIGITS + 1, dtype=np.int64)

    def calling_codes(self, keys: Any) -> Any:
        """Return the calling codes of E.164 digits; 0 if there is none."""
        size = np.searchsorted(self._powers, keys, side="right")  # digits
        return self.code_of[keys // self._powers[np.maximum(size - 3, 0)]]

    def international(self, digits: Digits) -> PlanMatch:
        """Classify numbers that start with a calling code; rows of at least three digits."""
        values, start, _ = digits
        head = values[start] * np.int32(100) + values[start + 1] * np.int32(10) + values[start + 2]
        code = self.code_of[head]
        rest = digits.behind(self._length_of[head])
        kind = np.full(len(code), OPEN, dtype=np.uint8)
        keys = np.zeros(len(code), dtype=np.int64)
        present = np.unique(code)
        roots = [self._plans.root(each, self._regions[each]) for each in present.tolist() if each]
        roots = [root for root in roots if root.state >= 0]
        table = _RootTable(roots)
        rows = np.flatnonzero(table.known[code] & (rest.count >= 2))
        if len(rows):
            keys[rows], kind[rows] = self._significant(rest.take(rows), code[rows], table)
        return PlanMatch(keys, kind, code, np.zeros(len(code), dtype=np.bool_))

    def national(self, digits: Digits, region: str) -> PlanMatch:
        """Classify numbers without a plus, as typed in a region; rows of at least five digits."""
        from phonenumbers import country_code_for_region

        root = self._plans.root(country_code_for_region(region), region)
        count = len(digits.count)
        kind = np.full(count, OPEN, dtype=np.uint8)
        keys = np.zeros(count, dtype=np.int64)
        codes = np.full(count, root.code, dtype=np.int64)
        is_national = np.zeros(count, dtype=np.bool_)
        if root.state < 0:
            return PlanMatch(keys, kind, codes, is_national)
        traits = self._traits(digits, np.full(count, root.state, dtype=np.int32))
        international, bare, rows = self._split(digits, root, traits)
        if len(international):
            keys[international], kind[international], codes[international], _ = self.international(
                digits.take(international).behind(root.international)
            )
        if len(bare):
            keys[bare], kind[bare], _, _ = self.international(digits.take(bare))
        if len(rows):
            code = np.full(len(rows), root.code)
            is_national[rows] = True
            table = _RootTable([root])
            keys[rows], kind[rows] = self._significant(digits.take(rows), code, table, traits[rows])
        return PlanMatch(keys, kind, codes, is_national)

    def _split(self, digits: Digits, root: Root, traits: Any) -> tuple[Any, Any, Any]:
        """Split rows by form: behind the international prefix, behind the own calling code, national."""
        national = traits & INTERNATIONAL == 0
        international = bare = np.zeros(0, dtype=np.int64)
        if root.international:
            international = np.flatnonzero(~national & (digits.count >= root.international + 5))
            international = international[digits.values[digits.start[international] + root.international] != 0]
        own = np.flatnonzero(national & (traits & COUNTRY != 0))
        if len(own):
            rest = digits.take(own).behind(len(str(root.code)))
            behind = self._traits(rest, np.full(len(own), root.state, dtype=np.int32))
            plain = behind & (PREFIX | UNDECIDED) == 0
            better = (traits[own] & GENERAL == 0) & (behind & GENERAL != 0)
            taken = better | np.array(root.too_long)[digits.count[own]]
            bare = own[plain & taken & (rest.count >= 2)]
            national[own[~plain | taken]] = False
        return international, bare, np.flatnonzero(national)

    def _significant(self, digits: Digits, code: Any, table: _RootTable, traits: Any = None) -> tuple[Any, Any]:
        """Classify national numbers, with or without national prefix; returns keys and kinds."""
        if traits is None:
            traits = self._traits(digits, table.state[code])
        kind = traits & CLASS
        count = digits.count.copy()
        prefixed = np.flatnonzero((traits & (PREFIX | UNDECIDED)) == PREFIX)
        if len(prefixed):
            own = code[prefixed]
            rest = digits.take(prefixed).behind(table.prefix[own])
            behind = self._traits(rest, table.state[own])
            stripped = ((traits[prefixed] & GENERAL == 0) | (behind & GENERAL != 0)) & table.strips[own, rest.count]
            rows = prefixed[stripped]
            kind[rows] = behind[stripped] & CLASS
            count[rows] = rest.count[stripped]
        kind[traits & UNDECIDED != 0] = OPEN
        power = self._powers[count]
        return code * power + self.values(digits) % power, kind

    def _traits(self, digits: Digits, state: Any) -> Any:
        """Walk rows of digits from their states; returns the answers."""
        following, answers, linear = self._plans.tables
        values, at, left = digits.values, digits.start.copy(), digits.count.astype(np.int32)
        left = np.maximum(left, 0)
        rows = np.flatnonzero(~linear[state] & (left > 0))
        while len(rows):
            here = following[state[rows] * 10 + values[at[rows]]]
            state[rows] = here
            at[rows] += 1
            left[rows] -= 1
            rows = rows[~linear[here] & (left[rows] > 0)]
        return answers[state * (MAX_DIGITS + 1) + left]

    def values(self, digits: Digits) -> Any:
        """Return the rows' digits as integers."""
        value = np.zeros(len(digits.count), dtype=np.int64)
        values, start, count = digits
        most = int(count.max(initial=0))
        for back in range(most, 0, -1):
            has = count >= back
            if has.all():
                value = value * 10 + values[start + count - back]
            else:
                rows = np.flatnonzero(has)
                value[rows] = value[rows] * 10 + values[(start + count)[rows] - back]
        return value


class _RootTable:
    """Facts of roots by calling code."""

    def __init__(self, roots: list[Root]) -> None:
        self.known = np.zeros(_CODES, dtype=np.bool_)
        self.state = np.zeros(_CODES, dtype=np.int32)
        self.prefix = np.zeros(_CODES, dtype=np.int32)
        self.strips = np.zeros((_CODES, MAX_DIGITS + 1), dtype=np.bool_)
        for root in roots:
            self.known[root.code] = True
            self.state[root.code], self.prefix[root.code] = root.state, root.prefix
            self.strips[root.code] = root.strips
