"""Counts the parts of merged messages without writing them: a constant and the lengths of the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ovh_sms.contacts.values import Values
from ovh_sms.messaging.merge import occurrences, render
from ovh_sms.messaging.parts import (
    GSM7_EXTENSION,
    GSM7_ONE_PART,
    GSM7_PER_PART,
    STOP_CLAUSE_CHARACTERS,
    UNICODE_ONE_PART,
    UNICODE_PER_PART,
    is_gsm7,
    measure,
)

_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)
_NUMBER = "number"


class MessageCounter:
    """Counts the parts of one campaign's messages.

    :param message: the campaign's message.
    :param used: names of the columns it uses, without ``number``.
    """

    def __init__(self, message: str, used: Sequence[str]) -> None:
        self._message, self._used = message, tuple(used)
        times = occurrences(message)
        self._times = [times[name] for name in used]
        self._number_times = times[_NUMBER]
        constant = render(message, dict.fromkeys((*used, _NUMBER), ""))
        #: Values hold GSM-7 characters only, so the message's own text decides.
        self.unicode = not is_gsm7(constant)
        wide = [c > "\uffff" if self.unicode else c in GSM7_EXTENSION for c in constant]
        self._pairs = sum(wide)
        self._length = len(constant) + self._pairs
        self._one = UNICODE_ONE_PART if self.unicode else GSM7_ONE_PART
        self._per = UNICODE_PER_PART if self.unicode else GSM7_PER_PART

    def parts(self, keys: Any, values: Sequence[Values], clause: Any) -> Any:
        """Count the parts of each row.

        :param keys: E.164 digits.
        :param values: the used columns.
        :param clause: whether the row's message gets the STOP clause, array of bool.
        :returns: parts, array of int64.
        """
        total = np.full(len(keys), self._length, dtype=np.int64)
        total += clause * STOP_CLAUSE_CHARACTERS
        pairs = np.full(len(keys), self._pairs, dtype=np.int64)
        if self._number_times:
            total += self._number_times * (np.searchsorted(_POWERS, keys, side="right") + 2)
        for times, column in zip(self._times, values, strict=True):
            total += times * column.characters.astype(np.int64)
            if not self.unicode:
                total += times * column.pairs.astype(np.int64)
                pairs += times * column.pairs.astype(np.int64)
        parts = -(-total // self._per)
        # a character of two units that does not fit moves to the next part; each part can lose one unit
        unsure = (pairs > 0) & (total + parts - 1 > parts * self._per) & (total > self._one)
        parts[total <= self._one] = 1
        for row in np.flatnonzero(unsure).tolist():
            parts[row] = self._measure(row, keys, values, bool(clause[row]))
        return parts

    def _measure(self, row: int, keys: Any, values: Sequence[Values], clause: bool) -> int:
        texts = {name: column.texts[row].as_py() for name, column in zip(self._used, values, strict=True)}
        merged = render(self._message, {**texts, _NUMBER: f"+{keys[row]}"})
        return measure(merged, stop_clause=clause).parts
