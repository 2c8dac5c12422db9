"""Whole columns of phone numbers at once, with the verdicts :func:`ovh_sms.messaging.numbers.normalise` would give.

Digits and common punctuation are decided by the tables of :mod:`ovh_sms.messaging.plans`; whatever else stands
in a row, and whatever the tables leave open, goes to ``normalise`` itself, each distinct text once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ovh_sms.messaging.arrays import of_integers
from ovh_sms.messaging.numbers import OVERSEAS_REGIONS, normalise
from ovh_sms.messaging.reasons import RejectReason
from ovh_sms.messaging.walk import Digits, Found, Walker

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

#: Verdicts by their code in :class:`Numbers`; 0 is a number that can receive SMS.
REASONS: tuple[RejectReason | None, ...] = (None, *RejectReason)
_CODES = {reason: code for code, reason in enumerate(REASONS)}
_INVALID, _NOT_MOBILE = _CODES[RejectReason.INVALID_NUMBER], _CODES[RejectReason.NOT_MOBILE]
_EMPTY, _FICTION = _CODES[RejectReason.NO_NUMBER], _CODES[RejectReason.FICTION_NUMBER]
_OPEN = 255
#: Verdicts by the kinds of :mod:`ovh_sms.messaging.walk`.
_VERDICTS = np.array([_INVALID, _NOT_MOBILE, 0, _OPEN], dtype=np.uint8)
_FICTION_RANGE = 3363998  # and four digits
_PLUS, _DOT = ord("+"), ord(".")
_SHORTEST, _LONGEST, _LONGEST_TEXT = 5, 17, 40
_MOST_REMEMBERED = 100_000


class Numbers(NamedTuple):
    """A column of verdicts.

    ``keys`` are E.164 digits as integers (0 where refused), ``reasons`` indexes into REASONS, ``codes`` calling codes.
    """

    keys: Ints
    reasons: Bytes
    codes: Ints


class NumberReader:
    """Reads columns of phone numbers; safe to use from several threads.

    :param region: region of national forms.
    :param allow_fiction: accept +33 6 39 98 xx xx.
    :param also_accept: types beside mobile that get an SMS.
    """

    def __init__(self, region: str, *, allow_fiction: bool, also_accept: Collection[str] = ()) -> None:
        self._region = region
        self._allow_fiction = allow_fiction
        self._also_accept = also_accept
        self._verdicts = _VERDICTS.copy()
        if also_accept:  # the tables tell that a number is valid and not mobile, but not its type
            self._verdicts[_VERDICTS == _NOT_MOBILE] = _OPEN
        self._walker = Walker()
        self._known: dict[str, tuple[int, int]] = {}
        kinds = np.full(256, 3, dtype=np.uint8)  # 0 digit, 1 punctuation, 2 plus, 3 anything else
        kinds[list(b"0123456789")] = 0
        kinds[list(b" -./()")] = 1
        kinds[ord("+")] = 2
        self._kinds = kinds

    def read(self, column: Any) -> Numbers:
        """Decide on a column of texts.

        :param column: a pyarrow string array without nulls.
        :returns: keys and reasons, as long as the column.
        """
        count = len(column)
        offsets, data = string_buffers(column)
        keys = np.zeros(count, dtype=np.int64)
        verdicts = np.full(count, _OPEN, dtype=np.uint8)
        codes = np.zeros(count, dtype=np.int64)
        verdicts[offsets[1:] == offsets[:-1]] = _EMPTY
        rows, digits, plus = self._digits(offsets, data)
        if len(rows):
            keys[rows], verdicts[rows], codes[rows] = self._decide(digits, plus)
        rest = np.flatnonzero(verdicts == _OPEN)
        if len(rest):
            self._ask(column, rest, keys, verdicts)
            codes[rest] = self._walker.calling_codes(keys[rest])
        fiction = (keys // 10_000 == _FICTION_RANGE) & (verdicts != _OPEN)  # no valid number to phonenumbers
        verdicts[fiction] = 0 if self._allow_fiction else _FICTION
        keys[verdicts != 0] = 0
        return Numbers(keys, verdicts, codes)

    def _digits(self, offsets: Any, data: Any) -> tuple[Any, Digits, Any]:
        """Find the rows that are digits with common punctuation; returns them, their digits, and the pluses."""
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

    def _decide(self, digits: Digits, plus: Any) -> tuple[Any, Any, Any]:
        """Decide by the tables; returns keys, verdicts, which may still be open, and calling codes."""
        keys = np.zeros(len(plus), dtype=np.int64)
        verdicts = np.full(len(plus), _OPEN, dtype=np.uint8)
        codes = np.zeros(len(plus), dtype=np.int64)

        def put(rows: Any, found: Found) -> None:
            keys[rows], codes[rows] = found.keys, found.codes
            verdicts[rows] = self._verdicts[found.kind]

        abroad, home = np.flatnonzero(plus), np.flatnonzero(~plus)
        if len(abroad):
            put(abroad, self._walker.international(digits.take(abroad)))
        if len(home):
            found = self._walker.national(digits.take(home), self._region)
            put(home, found)
            lost = (verdicts[home] == _INVALID) & found.national & (keys[home] // 10_000 != _FICTION_RANGE)
            rows = home[lost]
            for region in OVERSEAS_REGIONS if self._region == "FR" else ():
                if len(rows):  # as each overseas region would read them; the first that knows one decides
                    put(rows, self._walker.national(digits.take(rows), region))
                    rows = rows[verdicts[rows] == _INVALID]
        return keys, verdicts, codes

    def _ask(self, column: Any, rest: Any, keys: Any, verdicts: Any) -> None:
        """Ask normalise() about the rows the tables do not decide."""
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
            keys[row], verdicts[row] = found


def string_buffers(column: Any) -> tuple[Any, Any]:
    """Show a string array's memory.

    :param column: a pyarrow string array.
    :returns: offsets (one more than rows, starting at 0) and bytes, without copies where possible.
    """
    _, offsets_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    if data_buffer is None:
        return offsets, np.zeros(0, dtype=np.uint8)
    data = np.frombuffer(data_buffer, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return (offsets - offsets[0] if offsets[0] else offsets), data
