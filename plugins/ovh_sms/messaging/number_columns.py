"""Whole columns of phone numbers at once, with the results of :func:`ovh_sms.messaging.phone_numbers.normalise`.

Digits and common punctuation are read by the tables of :mod:`ovh_sms.messaging.plan_tables`, most other texts refused
by their form (:mod:`ovh_sms.messaging.unusual_numbers`). What these leave open goes to ``normalise`` itself, each
distinct text once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ovh_sms.messaging.arrow_arrays import integers_in, of_integers
from ovh_sms.messaging.country_rules import FICTION_RANGE, OVERSEAS_REGIONS
from ovh_sms.messaging.home_typos import home_typos
from ovh_sms.messaging.phone_numbers import FEWEST_WITHOUT_PLUS, MOST_WITHOUT_PLUS, NumberWithoutPlus, normalise
from ovh_sms.messaging.plan_tables import MOBILE
from ovh_sms.messaging.plan_walker import OPEN, Digits, PlanMatch, PlanWalker
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.unusual_numbers import powers_of_ten, refused, visible, without_words

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

#: Reject reasons by their index in :class:`NumberColumn`; 0 is a number that can receive SMS.
REASONS: tuple[RejectReason | None, ...] = (None, *RejectReason)
_CODES = {reason: code for code, reason in enumerate(REASONS)}
_INVALID, _NOT_MOBILE = _CODES[RejectReason.INVALID_NUMBER], _CODES[RejectReason.NOT_MOBILE]
_DAMAGED = _CODES[RejectReason.SPREADSHEET_DAMAGE]
_EMPTY, _FICTION = _CODES[RejectReason.NO_NUMBER], _CODES[RejectReason.FICTION_NUMBER]
_OPEN = 255
#: Reasons by the kinds of :mod:`ovh_sms.messaging.plan_walker`.
_REASON_OF_KIND = np.array([_INVALID, _NOT_MOBILE, 0, 0, _OPEN], dtype=np.uint8)
_PLUS, _DOT = ord("+"), ord(".")
_SHORTEST, _LONGEST, _LONGEST_TEXT = 5, 17, 40
_MOST_REMEMBERED = 100_000


class NumberColumn(NamedTuple):
    """A column of numbers.

    ``keys`` are E.164 digits as integers (0 for a reject), ``reasons`` indexes into REASONS, ``codes`` calling codes.
    ``without_plus`` marks accepted numbers that were read as another country's from their digits alone.
    """

    keys: Ints
    reasons: Bytes
    codes: Ints
    without_plus: Any

    def put(self, rows: Any, others: NumberColumn) -> None:
        """Write the results of other rows to some of these."""
        for own, other in zip(self, others, strict=True):
            own[rows] = other


class NumberReader:
    """Reads columns of phone numbers; safe to use from several threads."""

    def __init__(self, region: str, *, allow_fiction: bool, also_accept: Collection[str] = ()) -> None:
        self._region = region
        self._allow_fiction = allow_fiction
        self._also_accept = also_accept
        self._reasons = _REASON_OF_KIND.copy()
        if also_accept:  # the tables know a number as valid and not mobile, but not its type
            self._reasons[_REASON_OF_KIND == _NOT_MOBILE] = _OPEN
        self._walker = PlanWalker()
        self._known: dict[str, tuple[int, int, bool]] = {}
        kinds = np.full(256, 3, dtype=np.uint8)  # 0 digit, 1 punctuation, 2 plus, 3 anything else
        kinds[list(b"0123456789")] = 0
        kinds[list(b" -./()")] = 1
        kinds[ord("+")] = 2
        self._kinds = kinds

    def read(self, column: Any) -> NumberColumn:
        """Read a column of texts, a pyarrow string array without nulls."""
        offsets, data = string_buffers(column)
        found = _open_column(len(column))
        keys, reasons, codes, _ = found
        reasons[offsets[1:] == offsets[:-1]] = _EMPTY
        rows, digits, plus = self._digits(offsets, data)
        if len(rows):
            found.put(rows, self._by_tables(digits, plus))
        others = reasons == _OPEN
        others[rows] = False
        unusual = np.flatnonzero(others)
        if len(unusual):
            self._unusual(column, unusual, found)
        rest = np.flatnonzero(reasons == _OPEN)
        if len(rest):
            self._normalise(column, rest, found)
            codes[rest] = self._walker.calling_codes(keys[rest])
        fiction = (keys // 10_000 == FICTION_RANGE) & (reasons != _OPEN)  # no valid number to phonenumbers
        reasons[fiction] = 0 if self._allow_fiction else _FICTION
        keys[reasons != 0] = 0
        found.without_plus[reasons != 0] = False
        return found

    def _digits(self, offsets: Any, data: Any) -> tuple[Any, Digits, Any]:
        """Find the rows of digits with common punctuation; returns them, their digits, and the pluses."""
        starts, ends = offsets[:-1], offsets[1:]
        length = ends - starts
        kinds = self._kinds[data]
        other = np.flatnonzero(kinds)
        before = np.searchsorted(other, offsets).astype(np.int32)  # characters that are no digits
        found = length - np.diff(before)
        fits = (found >= _SHORTEST) & (found <= _LONGEST) & (length <= _LONGEST_TEXT)
        plus = np.zeros(len(starts), dtype=np.bool_)
        odd = other[kinds[other] >= 2]
        if len(odd):
            plus[fits] = data[starts[fits]] == _PLUS
            fits &= np.diff(np.searchsorted(odd, offsets)) == plus
        dots = other[data[other] == _DOT]
        if len(dots):  # 639980012.0 went through floating point: normalise() knows
            fits &= np.diff(np.searchsorted(dots, offsets)) != 1
        rows = np.flatnonzero(fits)
        return rows, Digits(data[kinds == 0] - 48, starts[rows] - before[rows], found[rows]), plus[rows]

    def _by_tables(self, digits: Digits, plus: Any) -> NumberColumn:
        """Read numbers by the tables; their reasons may still be open."""
        found = _open_column(len(plus))
        keys, reasons, codes, _ = found

        def put(rows: Any, match: PlanMatch) -> None:
            keys[rows], codes[rows] = match.keys, match.codes
            reasons[rows] = self._reasons[match.kind]

        international, home = np.flatnonzero(plus), np.flatnonzero(~plus)
        if len(international):
            put(international, self._walker.international(digits.take(international)))
        if len(home):
            match = self._walker.national(digits.take(home), self._region)
            put(home, match)
            lost = (reasons[home] == _INVALID) & match.national & (keys[home] // 10_000 != FICTION_RANGE)
            national = rows = home[lost]
            for region in OVERSEAS_REGIONS if self._region == "FR" else ():
                if len(rows):  # as each overseas region would read them; the first that knows one decides
                    put(rows, self._walker.national(digits.take(rows), region))
                    rows = rows[reasons[rows] == _INVALID]
            self._without_plus(digits, national[reasons[national] == _INVALID], found)
        return found

    def _without_plus(self, digits: Digits, rows: Any, found: NumberColumn) -> None:
        """Read the mobile numbers of other countries among the digits that are no number of the region."""
        count = digits.count[rows]
        first = digits.values[digits.start[rows]]
        rows = rows[(count >= FEWEST_WITHOUT_PLUS) & (count <= MOST_WITHOUT_PLUS) & (first > 0)]
        if not len(rows):
            return
        match, whole = self._walker.international(digits.take(rows)), self._walker.values(digits.take(rows))
        mobile = (match.kind == MOBILE) | (match.keys // 10_000 == FICTION_RANGE)
        mobile &= match.keys == whole
        found.reasons[rows[match.kind == OPEN]] = _OPEN
        rows, keys, codes = rows[mobile], match.keys[mobile], match.codes[mobile]
        certain = ~home_typos(self._region).find(*digits.take(rows))
        rows = rows[certain]
        found.keys[rows], found.codes[rows] = keys[certain], codes[certain]
        found.reasons[rows], found.without_plus[rows] = 0, True

    def _unusual(self, column: Any, rows: Any, found: NumberColumn) -> None:
        """Read the rows with other characters: refused by their form, or numbers behind words."""
        texts = visible(column.take(of_integers(rows)))
        found.reasons[rows[integers_in(powers_of_ten(texts))]] = _DAMAGED
        found.reasons[rows[integers_in(refused(texts, self._region))]] = _INVALID
        left, digits, plus = self._digits(*string_buffers(without_words(texts)))
        fitting = found.reasons[rows[left]] == _OPEN
        left, digits, plus = rows[left[fitting]], digits.take(np.flatnonzero(fitting)), plus[fitting]
        if len(left):
            found.put(left, self._by_tables(digits, plus))

    def _normalise(self, column: Any, rest: Any, found: NumberColumn) -> None:
        """Read the rows that the tables leave open."""
        known = self._known
        if len(known) > _MOST_REMEMBERED:
            self._known = known = {}
        for row, text in zip(rest.tolist(), column.take(of_integers(rest)).to_pylist(), strict=True):
            read = known.get(text)
            if read is None:
                number = normalise(text.strip(), region=self._region, allow_fiction=True, also_accept=self._also_accept)
                key = int(number.e164[1:]) if number.e164 else 0
                read = known[text] = key, _CODES[number.reason], isinstance(number, NumberWithoutPlus)
            found.keys[row], found.reasons[row], found.without_plus[row] = read


def _open_column(rows: int) -> NumberColumn:
    """A column before its numbers are read."""
    reasons = np.full(rows, _OPEN, dtype=np.uint8)
    keys, codes = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    return NumberColumn(keys, reasons, codes, np.zeros(rows, dtype=np.bool_))


def string_buffers(column: Any) -> tuple[Any, Any]:
    """Return a string array's memory.

    :returns: offsets (one more than rows, starting at 0) and bytes, without copies if possible.
    """
    _, offsets_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    if data_buffer is None:
        return offsets, np.zeros(0, dtype=np.uint8)
    data = np.frombuffer(data_buffer, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return (offsets - offsets[0] if offsets[0] else offsets), data
