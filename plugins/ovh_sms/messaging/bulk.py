"""Whole columns of phone numbers at once, with the verdicts :func:`ovh_sms.messaging.numbers.normalise` would give.

Digits and common punctuation are decided by the tables of :mod:`ovh_sms.messaging.plans`; whatever else stands
in a row, and whatever the tables leave open, goes to ``normalise`` itself, each distinct text once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ovh_sms.messaging.numbers import OVERSEAS_REGIONS, normalise
from ovh_sms.messaging.reasons import RejectReason
from ovh_sms.messaging.walk import Digits, Walker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

#: Verdicts by their code in :class:`Numbers`; 0 is a number that can receive SMS.
REASONS: tuple[RejectReason | None, ...] = (None, *RejectReason)
_CODES = {reason: code for code, reason in enumerate(REASONS)}
_INVALID, _NOT_MOBILE = _CODES[RejectReason.INVALID_NUMBER], _CODES[RejectReason.NOT_MOBILE]
_EMPTY, _FICTION = _CODES[RejectReason.NO_NUMBER], _CODES[RejectReason.FICTION_NUMBER]
_OPEN = 255
_FICTION_RANGE = 3363998  # and four digits
_SHORTEST, _LONGEST, _LONGEST_TEXT = 5, 17, 40
_MOST_REMEMBERED = 100_000


class Numbers(NamedTuple):
    """A column of verdicts: E.164 digits as integers (0 where refused) and the index of the reason in REASONS."""

    keys: Ints
    reasons: Bytes


class NumberReader:
    """Reads columns of phone numbers; safe to use from several threads.

    :param region: region of national forms.
    :param allow_fiction: accept +33 6 39 98 xx xx.
    """

    def __init__(self, region: str, *, allow_fiction: bool) -> None:
        import numpy as np

        self._np = np
        self._region = region
        self._allow_fiction = allow_fiction
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
        np = self._np
        count = len(column)
        offsets, data = string_buffers(column)
        keys = np.zeros(count, dtype=np.int64)
        verdicts = np.full(count, _OPEN, dtype=np.uint8)
        verdicts[offsets[1:] == offsets[:-1]] = _EMPTY
        rows, digits, plus = self._digits(offsets, data)
        if len(rows):
            keys[rows], verdicts[rows] = self._decide(digits, plus)
        rest = np.flatnonzero(verdicts == _OPEN)
        if len(rest):
            self._ask(column, rest, keys, verdicts)
        fiction = (keys // 10_000 == _FICTION_RANGE) & (verdicts != _OPEN)  # no valid number to phonenumbers
        verdicts[fiction] = 0 if self._allow_fiction else _FICTION
        keys[verdicts != 0] = 0
        return Numbers(keys, verdicts)

    def calling_codes(self, keys: Any) -> Any:
        """Tell calling codes.

        :param keys: E.164 digits as integers.
        :returns: their calling codes, 0 where there is none.
        """
        return self._walker.calling_codes(keys)

    def _digits(self, offsets: Any, data: Any) -> tuple[Any, Digits, Any]:
        """Find the rows that are digits with common punctuation; returns them, their digits, and the pluses."""
        np = self._np
        starts, ends = offsets[:-1], offsets[1:]
        kinds = self._kinds[data]
        is_digit = kinds == 0
        before = np.zeros(len(data) + 1, dtype=np.int32)
        np.cumsum(is_digit, out=before[1:])
        found = before[ends] - before[starts]
        length = ends - starts
        fits = (found >= _SHORTEST) & (found <= _LONGEST) & (length <= _LONGEST_TEXT)
        odd = np.flatnonzero(kinds >= 2)
        plus = np.zeros(len(starts), dtype=np.bool_)
        if len(odd):
            row = np.searchsorted(starts, odd, side="right") - 1
            lead = (odd == starts[row]) & (kinds[odd] == 2)
            plus[row[lead]] = True
            fits[row[~lead]] = False
        # 639980012.0 went through floating point: normalise() knows
        marks = length - found - plus
        single = np.flatnonzero(fits & (marks == 1))
        if len(single):
            end = ends[single]
            dot = (data[end - 2] == 46) | (data[end - 3] == 46) | (data[end - 1] == 46)
            fits[single[dot]] = False
        rows = np.flatnonzero(fits)
        return rows, Digits(data[is_digit] - 48, before[starts[rows]], found[rows]), plus[rows]

    def _decide(self, digits: Digits, plus: Any) -> tuple[Any, Any]:
        """Decide by the tables; returns keys and verdicts, which may still be open."""
        np = self._np
        walker = self._walker
        keys = np.zeros(len(plus), dtype=np.int64)
        verdicts = np.full(len(plus), _OPEN, dtype=np.uint8)
        abroad = np.flatnonzero(plus)
        if len(abroad):
            keys[abroad], verdicts[abroad] = _verdicts(walker.international(digits.take(abroad)))
        home = np.flatnonzero(~plus)
        if len(home):
            found = walker.national(digits.take(home), self._region)
            keys[home], verdicts[home] = _verdicts(found)
            if self._region == "FR":
                fiction = keys[home] // 10_000 == _FICTION_RANGE
                lost = home[(verdicts[home] == _INVALID) & found.national & ~fiction]
                if len(lost):
                    keys[lost], verdicts[lost] = self._overseas(digits.take(lost))
        return keys, verdicts

    def _overseas(self, digits: Digits) -> tuple[Any, Any]:
        """Read French national numbers as each overseas region would; the first that knows one decides."""
        np = self._np
        keys = np.zeros(len(digits.count), dtype=np.int64)
        verdicts = np.full(len(keys), _INVALID, dtype=np.uint8)
        for region in OVERSEAS_REGIONS:
            left = np.flatnonzero(verdicts == _INVALID)
            if not len(left):
                break
            keys[left], verdicts[left] = _verdicts(self._walker.national(digits.take(left), region))
        return keys, verdicts

    def _ask(self, column: Any, rest: Any, keys: Any, verdicts: Any) -> None:
        """Ask normalise() about the rows the tables do not decide."""
        known = self._known
        if len(known) > _MOST_REMEMBERED:
            self._known = known = {}
        for row, text in zip(rest.tolist(), column.take(rest).to_pylist(), strict=True):
            found = known.get(text)
            if found is None:
                e164, reason = normalise(text.strip(), region=self._region, allow_fiction=True)
                found = (int(e164[1:]) if e164 else 0, _CODES[reason])
                known[text] = found
            keys[row], verdicts[row] = found


def string_buffers(column: Any) -> tuple[Any, Any]:
    """Show a string array's memory.

    :param column: a pyarrow string array.
    :returns: offsets (one more than rows, starting at 0) and bytes, without copies where possible.
    """
    import numpy as np

    _, offsets_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    if data_buffer is None:
        return offsets, np.zeros(0, dtype=np.uint8)
    data = np.frombuffer(data_buffer, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return (offsets - offsets[0] if offsets[0] else offsets), data


def _verdicts(found: Any) -> tuple[Any, Any]:
    """Turn what a walk found into keys and verdicts."""
    import numpy as np

    by_kind = np.array([_INVALID, _NOT_MOBILE, 0, _OPEN], dtype=np.uint8)
    return found.keys, by_kind[found.kind]
