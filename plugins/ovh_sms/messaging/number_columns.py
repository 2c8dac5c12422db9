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
from ovh_sms.messaging.phone_numbers import normalise
from ovh_sms.messaging.plan_walker import Digits, PlanMatch, PlanWalker
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
_REASON_OF_KIND = np.array([_INVALID, _NOT_MOBILE, 0, _OPEN], dtype=np.uint8)
_PLUS, _DOT = ord("+"), ord(".")
_SHORTEST, _LONGEST, _LONGEST_TEXT = 5, 17, 40
_MOST_REMEMBERED = 100_000


class NumberColumn(NamedTuple):
    """A column of numbers.

    ``keys`` are E.164 digits as integers (0 for a reject), ``reasons`` indexes into REASONS, ``codes`` calling codes.
    """

    keys: Ints
    reasons: Bytes
    codes: Ints


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
        self._known: dict[str, tuple[int, int]] = {}
        kinds = np.full(256, 3, dtype=np.uint8)  # 0 digit, 1 punctuation, 2 plus, 3 anything else
        kinds[list(b"0123456789")] = 0
        kinds[list(b" -./()")] = 1
        kinds[ord("+")] = 2
        self._kinds = kinds

    def read(self, column: Any) -> NumberColumn:
        """Read a column of texts, a pyarrow string array without nulls."""
        count = len(column)
        offsets, data = string_buffers(column)
        keys = np.zeros(count, dtype=np.int64)
        reasons = np.full(count, _OPEN, dtype=np.uint8)
        codes = np.zeros(count, dtype=np.int64)
        reasons[offsets[1:] == offsets[:-1]] = _EMPTY
        rows, digits, plus = self._digits(offsets, data)
        if len(rows):
            keys[rows], reasons[rows], codes[rows] = self._by_tables(digits, plus)
        others = reasons == _OPEN
        others[rows] = False
        unusual = np.flatnonzero(others)
        if len(unusual):
            self._unusual(column, unusual, keys, reasons, codes)
        rest = np.flatnonzero(reasons == _OPEN)
        if len(rest):
            self._normalise(column, rest, keys, reasons)
            codes[rest] = self._walker.calling_codes(keys[rest])
        fiction = (keys // 10_000 == FICTION_RANGE) & (reasons != _OPEN)  # no valid number to phonenumbers
        reasons[fiction] = 0 if self._allow_fiction else _FICTION
        keys[reasons != 0] = 0
        return NumberColumn(keys, reasons, codes)

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

    def _by_tables(self, digits: Digits, plus: Any) -> tuple[Any, Any, Any]:
        """Read numbers by the tables; returns keys, reasons, which may still be open, and calling codes."""
        keys = np.zeros(len(plus), dtype=np.int64)
        reasons = np.full(len(plus), _OPEN, dtype=np.uint8)
        codes = np.zeros(len(plus), dtype=np.int64)

        def put(rows: Any, found: PlanMatch) -> None:
            keys[rows], codes[rows] = found.keys, found.codes
            reasons[rows] = self._reasons[found.kind]

        international, home = np.flatnonzero(plus), np.flatnonzero(~plus)
        if len(international):
            put(international, self._walker.international(digits.take(international)))
        if len(home):
            found = self._walker.national(digits.take(home), self._region)
            put(home, found)
            lost = (reasons[home] == _INVALID) & found.national & (keys[home] // 10_000 != FICTION_RANGE)
            rows = home[lost]
            for region in OVERSEAS_REGIONS if self._region == "FR" else ():
                if len(rows):  # as each overseas region would read them; the first that knows one decides
                    put(rows, self._walker.national(digits.take(rows), region))
                    rows = rows[reasons[rows] == _INVALID]
        return keys, reasons, codes

    def _unusual(self, column: Any, rows: Any, keys: Any, reasons: Any, codes: Any) -> None:
        """Read the rows with other characters: refused by their form, or numbers behind words."""
        texts = visible(column.take(of_integers(rows)))
        reasons[rows[integers_in(powers_of_ten(texts))]] = _DAMAGED
        reasons[rows[integers_in(refused(texts, self._region))]] = _INVALID
        left, digits, plus = self._digits(*string_buffers(without_words(texts)))
        fitting = reasons[rows[left]] == _OPEN
        left, digits, plus = rows[left[fitting]], digits.take(np.flatnonzero(fitting)), plus[fitting]
        if len(left):
            keys[left], reasons[left], codes[left] = self._by_tables(digits, plus)

    def _normalise(self, column: Any, rest: Any, keys: Any, reasons: Any) -> None:
        """Read the rows that the tables leave open."""
        known = self._known
        if len(known) > _MOST_REMEMBERED:
            self._known = known = {}
        for row, text in zip(rest.tolist(), column.take(of_integers(rest)).to_pylist(), strict=True):
            found = known.get(text)
            if found is None:
                e164, reason = normalise(
                    text.strip(), region=self._region, allow_fiction=True, also_accept=self._also_accept
                )
                found = (int(e164[1:]) if e164 else 0, _CODES[reason])
                known[text] = found
            keys[row], reasons[row] = found


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
