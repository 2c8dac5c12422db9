"""Numbering plans of every region, as tables for a walk over a whole column of numbers at once.

Built from the metadata of ``phonenumbers``, one calling code when its first number is met. A root stands for the
national significant numbers of one calling code as read with one region's metadata. The walk from it finds whether
such a number is valid, whether it is mobile, and how the steps of ``phonenumbers.parse`` would go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from ovh_sms.messaging.plan_patterns import Positions, UnsupportedPattern, literal, parse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tables = tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.bool_]]

#: Answer of a walk: the class of the number in the two lowest bits, then traits about its digits.
#: A number of a plan that does not distinguish mobile from landline is EITHER.
INVALID, NOT_MOBILE, MOBILE, EITHER, CLASS = 0, 1, 2, 3, 3
GENERAL = 4  # fits the region's general description
PREFIX = 8  # starts with the region's national prefix, a fixed string
UNDECIDED = 16  # starts with a national prefix that rewrites digits, or the plan has patterns beyond tables
INTERNATIONAL = 32  # starts with the region's international prefix
COUNTRY = 64  # starts with the region's own calling code

#: Longest string of digits the tables answer for.
MAX_DIGITS = 18

_GENERAL, _PREFIX, _REWRITES, _INTERNATIONAL, _COUNTRY, _FIRST = 1, 2, 4, 8, 16, 5
_STICKY = _PREFIX | _REWRITES | _INTERNATIONAL | _COUNTRY
_TYPES = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip


class Root(NamedTuple):
    """Start of the walk for one calling code and region, with the region's own lengths.

    ``state`` is -1 if the plan's patterns are beyond tables. ``prefix`` and ``international`` are lengths of the fixed
    national and international prefix (0: none fixed). ``strips[n]`` is True if n digits behind a national prefix can
    stand alone, ``too_long[n]`` if n digits are more than any number of the region has.
    """

    state: int
    code: int
    prefix: int
    international: int
    strips: tuple[bool, ...]
    too_long: tuple[bool, ...]


class _Descriptions(NamedTuple):
    """The marks of one region's descriptions: (mark, possible lengths) each."""

    leading: int
    general: tuple[int, frozenset[int]]
    others: tuple[tuple[int, frozenset[int]], ...]
    fixed: tuple[int, frozenset[int]]
    mobile: tuple[int, frozenset[int]]
    same: bool


class NumberingPlans:
    """The tables of all roots met so far; safe to use from several threads."""

    def __init__(self) -> None:
        import numpy as np

        self._np = np
        self._lock = RLock()
        self._next: list[list[int]] = []
        self._out: list[bytes] = []
        self._linear: list[bool] = []
        self._roots: dict[tuple[int, str], Root] = {}
        self._packed: Tables = self._pack()

    @property
    def tables(self) -> Tables:
        """Successors (state * 10 + digit), answers (state * (MAX_DIGITS + 1) + digits left), and linear states.

        The answer of a linear state holds for any digits that follow; of another one, if none follows.
        """
        if len(self._packed[2]) != len(self._linear):
            with self._lock:
                self._packed = self._pack()
        return self._packed

    def root(self, code: int, region: str) -> Root:
        """Return the root of a calling code as read with a region's metadata.

        :param region: ISO 3166 code, or 001 for a code that belongs to no region.
        """
        found = self._roots.get((code, region))
        if found is None:
            with self._lock:
                found = self._roots.get((code, region))
                if found is None:
                    found = self._build(code, region)
                    self._roots[code, region] = found
        return found

    def _pack(self) -> Any:
        np = self._np
        return (
            np.array(self._next, dtype=np.int32).reshape(-1),
            np.frombuffer(b"".join(self._out), dtype=np.uint8),
            np.array(self._linear, dtype=np.bool_),
        )

    def _build(self, code: int, region: str) -> Root:
        from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

        own: Any = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        positions = Positions()
        try:
            _add(positions, own.general_desc.national_number_pattern, _GENERAL)
            prefix = _add(
                positions,
                own.national_prefix_for_parsing,
                _PREFIX,
                otherwise=_REWRITES,
                never_literal=bool(own.national_prefix_transform_rule),
            )
            international = _add(positions, own.international_prefix, _INTERNATIONAL)
            _add(positions, str(code), _COUNTRY)
            described: list[_Descriptions] = []
            for each in COUNTRY_CODE_TO_REGION_CODE[code]:
                metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, each)
                described.append(_describe(positions, metadata, first=_FIRST + 16 * len(described)))
            alone = len(described) == 1
            state = _States(self._next, self._out, self._linear, positions, described, alone=alone).build()
        except UnsupportedPattern:
            return Root(-1, code, 0, 0, (), ())
        strips, too_long = _lengths(own.general_desc)
        return Root(state, code, len(prefix or ""), len(international or ""), strips, too_long)


@lru_cache(maxsize=1)
def plans() -> NumberingPlans:
    """Return the tables of this process, filled as calling codes are met."""
    return NumberingPlans()


def _add(
    positions: Positions, pattern: str | None, mark: int, *, otherwise: int = 0, never_literal: bool = False
) -> str | None:
    """Lay out a pattern; returns the fixed string it stands for, if it does."""
    if not pattern:
        return None
    node = parse(pattern.replace("$", "") if otherwise else pattern)  # taken for more than it is, never for less
    fixed = None if "$" in pattern or never_literal else literal(node)
    positions.add(node, mark if fixed or not otherwise else otherwise)
    return fixed


def _describe(positions: Positions, metadata: Any, *, first: int) -> _Descriptions:
    """Lay out the descriptions of a region under marks of their own."""
    marks = iter(range(first, first + 16))

    def lay(description: Any) -> tuple[int, frozenset[int]]:
        pattern = description.national_number_pattern if description is not None else None
        if not pattern:
            return 0, frozenset()
        mark = 1 << next(marks)
        _add(positions, pattern, mark)
        return mark, frozenset(description.possible_length)

    leading = 0
    if metadata.leading_digits is not None:
        leading = 1 << next(marks)
        _add(positions, metadata.leading_digits, leading)
    return _Descriptions(
        leading,
        lay(metadata.general_desc),
        tuple(lay(getattr(metadata, name)) for name in _TYPES),
        lay(metadata.fixed_line),
        lay(metadata.mobile),
        bool(metadata.same_mobile_and_fixed_line_pattern),
    )


def _lengths(general: Any) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Return, by number of digits, the lengths that can stand alone and those that are too long."""
    possible, local = general.possible_length, general.possible_length_local_only
    too_long = tuple(n > max(possible) and n not in local for n in range(MAX_DIGITS + 1))
    strips = tuple(n not in local and (n in possible or n > max(possible)) for n in range(MAX_DIGITS + 1))
    return strips, too_long


class _States:
    """Turns positions into states, and adds them to the tables of all plans."""

    def __init__(
        self,
        rows: list[list[int]],
        out: list[bytes],
        linear: list[bool],
        positions: Positions,
        described: Sequence[_Descriptions],
        *,
        alone: bool,
    ) -> None:
        self._rows, self._out, self._linear = rows, out, linear
        self._positions, self._described, self._alone = positions, described, alone
        self._sticky = _STICKY
        for each in described:
            self._sticky |= each.leading
        self._known: dict[tuple[int, frozenset[int], int], int] = {}

    def build(self) -> int:
        """Make all states; returns the first one."""
        return self._state(0, frozenset((0,)), 0)

    def _state(self, depth: int, at: frozenset[int], flags: int) -> int:
        key = (depth if at else -1, at, flags)
        known = self._known.get(key)
        if known is not None:
            return known
        positions = self._positions
        marks = flags
        for position in at:
            marks |= positions.marks[position]
        answer = self._answer(depth, marks)
        if not at or depth == MAX_DIGITS:
            state = self._place([], bytes([answer]) * (MAX_DIGITS + 1), linear=True)
            self._rows[state] = [state] * 10
            self._known[key] = state
            return state
        following: list[list[int]] = [[] for _ in range(10)]
        for position in {q for p in at for q in positions.follow[p]}:
            for digit in positions.digits[position]:
                following[digit].append(position)
        row = [self._state(depth + 1, frozenset(each), marks & self._sticky) for each in following]
        one = row[0] if len(set(row)) == 1 and self._linear[row[0]] else None
        behind = bytes(MAX_DIGITS) if one is None else self._out[one][:MAX_DIGITS]
        state = self._place(row, bytes([answer]) + behind, linear=one is not None)
        self._known[key] = state
        return state

    def _place(self, row: list[int], out: bytes, *, linear: bool) -> int:
        self._rows.append(row)
        self._out.append(out)
        self._linear.append(linear)
        return len(self._rows) - 1

    def _answer(self, length: int, marks: int) -> int:
        """Facts about a number that ends here."""
        answer = self._class(length, marks)
        for mark, fact in (
            (_GENERAL, GENERAL), (_PREFIX, PREFIX), (_REWRITES, UNDECIDED),
            (_INTERNATIONAL, INTERNATIONAL), (_COUNTRY, COUNTRY),
        ):  # fmt: skip
            if marks & mark:
                answer |= fact
        return answer

    def _class(self, length: int, marks: int) -> int:
        """The class in the first region that claims the number, as phonenumbers finds it."""
        for region in self._described:
            found = _class_in(region, length, marks)
            if self._alone or (region.leading and marks & region.leading):
                return found
            if not region.leading and found != INVALID:
                return found
        return INVALID


def _class_in(region: _Descriptions, length: int, marks: int) -> int:
    def fits(description: tuple[int, frozenset[int]]) -> bool:
        mark, lengths = description
        return bool(marks & mark) and (not lengths or length in lengths)

    if not fits(region.general):
        return INVALID
    if any(map(fits, region.others)):
        return NOT_MOBILE
    if fits(region.fixed):
        return EITHER if region.same or fits(region.mobile) else NOT_MOBILE
    return MOBILE if not region.same and fits(region.mobile) else INVALID
