"""Values of one column the message uses: trimmed, checked, measured and written in OVH's form, a batch at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from ovh_sms.messaging.arrays import integers_in, of_texts
from ovh_sms.messaging.bulk import REASONS, string_buffers
from ovh_sms.messaging.parts import GSM7_BASIC, GSM7_EXTENSION, is_gsm7
from ovh_sms.messaging.reasons import RejectReason

_BROKEN, _NOT_GSM7 = REASONS.index(RejectReason.BROKEN_ROW), REASONS.index(RejectReason.NOT_GSM7)
_MOST_REMEMBERED = 200_000
#: Bytes that are one character and one septet, need no quotes and are no blank.
_PLAIN = np.zeros(256, dtype=np.bool_)
_PLAIN[[ord(c) for c in GSM7_BASIC if " " < c <= "~" and c not in ';"']] = True
_SPACE = 32


class Values(NamedTuple):
    """A column of values.

    ``texts`` are trimmed, ``written`` also quoted where need be; ``characters`` are counted with one each,
    ``pairs`` are those that take two septets; ``reasons`` are indexes into REASONS, 0 where a value is fine.
    """

    texts: Any
    written: Any
    characters: Any
    pairs: Any
    reasons: Any


class _Fact(NamedTuple):
    text: str
    written: str
    characters: int
    pairs: int
    reason: int


class ValueReader:
    """Reads one used column; remembers the values it has met. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, _Fact] = {}

    def read(self, column: Any) -> Values:
        """Read a batch of values.

        :param column: a pyarrow string array without nulls.
        :returns: its values and what is known about them.
        """
        offsets, data = string_buffers(column)
        if _is_plain(offsets, data):
            nothing = np.zeros(len(column), dtype=np.uint8)
            return Values(column, column, np.diff(offsets), nothing, nothing)
        coded = pc.dictionary_encode(column)
        facts = [self._fact(value) for value in coded.dictionary.to_pylist()]
        rows = coded.indices
        texts = [fact.text for fact in facts]
        written = [fact.written for fact in facts]
        spread = _spread(texts, rows)
        where = integers_in(rows)
        return Values(
            spread,
            spread if texts == written else _spread(written, rows),
            np.array([fact.characters for fact in facts], dtype=np.int32)[where],
            np.array([fact.pairs for fact in facts], dtype=np.int32)[where],
            np.array([fact.reason for fact in facts], dtype=np.uint8)[where],
        )

    def _fact(self, value: str) -> _Fact:
        known = self._known.get(value)
        if known is None:
            if len(self._known) > _MOST_REMEMBERED:
                self._known = {}
            known = self._known[value] = _look(value)
        return known


def _is_plain(offsets: Any, data: Any) -> bool:
    """Tell whether no value needs more than its number of bytes to be known."""
    fine = _PLAIN[data]
    if fine.all():
        return True
    if not (fine | (data == _SPACE)).all():
        return False
    filled = np.flatnonzero(
        offsets[1:] > offsets[:-1]
    )  # blanks inside are fine, at the ends they are trimmed
    return bool(fine[offsets[filled]].all() and fine[offsets[filled + 1] - 1].all())


def _look(value: str) -> _Fact:
    """Find out about one value, as the row engine does."""
    text = value.strip()
    reason = 0
    if "\n" in text or "\r" in text:
        reason = _BROKEN
    elif not is_gsm7(text):
        reason = _NOT_GSM7
    written = '"' + text.replace('"', '""') + '"' if ";" in text or '"' in text else text
    return _Fact(text, written, len(text), sum(c in GSM7_EXTENSION for c in text), reason)


def _spread(texts: list[str], rows: Any) -> Any:
    return of_texts(texts).take(rows)
