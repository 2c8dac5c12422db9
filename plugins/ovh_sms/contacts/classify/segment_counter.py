"""Counts the segments of merged messages without writing them: a constant and the lengths of the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ovh_sms.contacts.classify.column_values import ColumnValues
from ovh_sms.messaging.mail_merge import occurrences, render
from ovh_sms.messaging.segments import (
    GSM7_EXTENSION,
    GSM7_ONE_SEGMENT,
    GSM7_PER_SEGMENT,
    STOP_CLAUSE_CHARACTERS,
    UNICODE_ONE_SEGMENT,
    UNICODE_PER_SEGMENT,
    is_gsm7,
    measure,
)

_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)
_NUMBER = "number"


class SegmentCounter:
    """Counts the segments of one campaign's messages."""

    def __init__(self, message: str, used: Sequence[str]) -> None:
        self._message, self._used = message, tuple(used)
        times = occurrences(message)
        #: How often the message uses each column.
        self.times = [times[name] for name in used]
        self._number_times = times[_NUMBER]
        constant = render(message, dict.fromkeys((*used, _NUMBER), ""))
        #: ColumnValues hold GSM-7 characters only, so the message's own text decides.
        self.unicode = not is_gsm7(constant)
        wide = [c > "\uffff" if self.unicode else c in GSM7_EXTENSION for c in constant]
        self._pairs = sum(wide)
        self._length = len(constant) + self._pairs
        self._one = UNICODE_ONE_SEGMENT if self.unicode else GSM7_ONE_SEGMENT
        self._per = UNICODE_PER_SEGMENT if self.unicode else GSM7_PER_SEGMENT

    def segments(self, keys: Any, values: Sequence[ColumnValues], clause: Any) -> Any:
        """Count the segments of each row.

        :param keys: E.164 digits.
        :param clause: whether the row's message gets the STOP clause, array of bool.
        :returns: array of int64.
        """
        total = np.full(len(keys), self._length, dtype=np.int64)
        total += clause * STOP_CLAUSE_CHARACTERS
        pairs = np.full(len(keys), self._pairs, dtype=np.int64)
        if self._number_times:
            total += self._number_times * (np.searchsorted(_POWERS, keys, side="right") + 2)
        for times, column in zip(self.times, values, strict=True):
            total += times * column.characters.astype(np.int64)
            if not self.unicode:
                total += times * column.pairs.astype(np.int64)
                pairs += times * column.pairs.astype(np.int64)
        segments = -(-total // self._per)
        # a character of two units that does not fit moves to the next segment; each segment can lose one unit
        unsure = (pairs > 0) & (total + segments - 1 > segments * self._per) & (total > self._one)
        segments[total <= self._one] = 1
        for row in np.flatnonzero(unsure).tolist():
            segments[row] = self._measure(row, keys, values, bool(clause[row]))
        return segments

    def _measure(self, row: int, keys: Any, values: Sequence[ColumnValues], clause: bool) -> int:
        texts = {name: column.texts[row].as_py() for name, column in zip(self._used, values, strict=True)}
        merged = render(self._message, {**texts, _NUMBER: f"+{keys[row]}"})
        return measure(merged, stop_clause=clause).segments
