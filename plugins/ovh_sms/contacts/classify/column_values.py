"""Values of one used column: trimmed, checked, measured and written in OVH's form, a block at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.classify.value_changes import NONE_REPLACED, Replaced, change, readable
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.csv_records import is_number_like
from ovh_sms.messaging.arrow_arrays import integers_in, of_integers, of_texts
from ovh_sms.messaging.misread_text import find_misread
from ovh_sms.messaging.number_columns import REASONS, string_buffers
from ovh_sms.messaging.phone_numbers import is_cell_error
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import GSM7_BASIC, GSM7_EXTENSION, is_gsm7

_LINE_BREAK, _NOT_GSM7 = REASONS.index(RejectReason.LINE_BREAK), REASONS.index(RejectReason.NOT_GSM7)
_MISREAD = REASONS.index(RejectReason.MISREAD_TEXT)
_EMPTY, _DAMAGED = REASONS.index(RejectReason.EMPTY_VALUE), REASONS.index(RejectReason.SPREADSHEET_DAMAGE)
_MOST_REMEMBERED = 50_000
#: Bytes that are one character and one septet, need no quotes, are no blank and begin no spreadsheet's error.
_PLAIN = np.zeros(256, dtype=np.bool_)
_PLAIN[[ord(c) for c in GSM7_BASIC if " " < c <= "~" and c not in ';"#']] = True
_SPACE = 32
#: Pairs of bytes that are one character and one septet; every character of the basic table fits two bytes.
_TWO_BYTES = np.zeros(1 << 16, dtype=np.bool_)
_TWO_BYTES[[int.from_bytes(c.encode(), "big") for c in GSM7_BASIC if c > "~" and c != "Å"]] = True  # Å¡ is š misread


class ReplacedSets(NamedTuple):
    """The characters replaced in each row of a column: ``rows`` are indexes into ``sets``."""

    sets: list[Replaced]
    rows: Any


class ColumnValues(NamedTuple):
    """The values of a column.

    ``texts`` are trimmed and changed as asked, ``written`` also quoted if need be. ``characters`` counts each
    character once, ``pairs`` those of two septets. ``reasons`` are indexes into REASONS, 0 for a good value.
    ``replaced`` is None if no character was; ``filled`` marks the empty values that got the campaign's text,
    ``repaired`` those in which misread characters were repaired; None if the options change none.
    """

    texts: Any
    written: Any
    characters: Any
    pairs: Any
    reasons: Any
    replaced: ReplacedSets | None = None
    filled: Any | None = None
    repaired: Any | None = None


class _ValueResult(NamedTuple):
    text: str
    written: str
    characters: int
    pairs: int
    reason: int
    replaced: Replaced
    filled: bool
    repaired: bool


class ValueReader:
    """Reads one used column; remembers the values it has met. Safe to use from several threads."""

    def __init__(self, options: ContactOptions) -> None:
        self._options = options
        self._empty = _read_value("", options)
        self._known: dict[str, _ValueResult] = {}

    def read(self, column: Any) -> ColumnValues:
        """Read a block of values.

        :param column: a pyarrow string array without nulls.
        """
        offsets, data = string_buffers(column)
        if _is_plain(offsets, data):
            return self._plain(column, np.diff(offsets))
        coded = pc.dictionary_encode(column)
        words, where = coded.dictionary, integers_in(coded.indices)
        hard = np.flatnonzero(~_easy(*string_buffers(words)))
        results = [self._result(value) for value in words.take(of_integers(hard)).to_pylist()]
        texts, written = [each.text for each in results], [each.written for each in results]
        changed = _replace(column, words, where, hard, texts)

        def spread(known: Any, values: Sequence[int]) -> Any:
            known[hard] = values
            return known[where]

        nothing = np.zeros(len(words), dtype=np.int32)
        filled, repaired = [each.filled for each in results], [each.repaired for each in results]
        return ColumnValues(
            changed,
            changed if texts == written else _replace(column, words, where, hard, written),
            spread(integers_in(pc.utf8_length(words)).copy(), [each.characters for each in results]),
            spread(nothing.copy(), [each.pairs for each in results]),
            spread(nothing.astype(np.uint8), [each.reason for each in results]),
            _sets(results, hard, where, len(words)) if self._options.transliterate else None,
            spread(nothing.astype(np.bool_), filled) if any(filled) else None,
            spread(nothing.astype(np.bool_), repaired) if any(repaired) else None,
        )

    def _plain(self, column: Any, characters: Any) -> ColumnValues:
        """Read plain values: at most the empty ones among them are rejected or changed."""
        nothing = np.zeros(len(column), dtype=np.uint8)
        empty = self._empty
        if not (empty.reason or empty.filled) or characters.all():
            return ColumnValues(column, column, characters, nothing, nothing)
        gaps = characters == 0
        if empty.reason:
            return ColumnValues(column, column, characters, nothing, np.where(gaps, np.uint8(empty.reason), nothing))
        at = pc.equal(column, of_texts([""])[0])
        texts, written = (pc.if_else(at, of_texts([each])[0], column) for each in (empty.text, empty.written))
        return ColumnValues(
            texts,
            written,
            np.where(gaps, np.int32(empty.characters), characters),
            np.where(gaps, np.int32(empty.pairs), 0),
            nothing,
            filled=gaps,
        )

    def _result(self, value: str) -> _ValueResult:
        known = self._known.get(value)
        if known is None:
            if len(self._known) > _MOST_REMEMBERED:
                self._known = {}
            known = self._known[value] = _read_value(value, self._options)
        return known


def _is_plain(offsets: Any, data: Any) -> bool:
    """Return whether every value can be measured by its number of bytes."""
    fine = _PLAIN[data]
    if fine.all():
        return True
    if not (fine | (data == _SPACE)).all():
        return False
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])  # blanks inside are fine, at the ends they are trimmed
    return bool(fine[offsets[filled]].all() and fine[offsets[filled + 1] - 1].all())


def _easy(offsets: Any, data: Any) -> Any:
    """Return which values are one septet a character, need neither quotes nor trimming, and are not empty."""
    fine = _PLAIN[data]
    inside = fine | (data == _SPACE)
    two = np.flatnonzero(_TWO_BYTES[(data[:-1].astype(np.uint16) << 8) | data[1:]])
    for place in (two, two + 1):
        fine[place] = inside[place] = True
    easy = np.diff(np.searchsorted(np.flatnonzero(~inside), offsets)) == 0
    easy &= offsets[1:] > offsets[:-1]
    rows = np.flatnonzero(easy)
    easy[rows] = fine[offsets[rows]] & fine[offsets[rows + 1] - 1]
    return easy


def _read_value(value: str, options: ContactOptions) -> _ValueResult:
    """Read one value by the rules."""
    text, repaired = readable(value, options)
    changed, replaced, filled = change(text, options)
    reason = 0
    if "\n" in text and (options.line_breaks == "reject" or _may_be_taken_for_rows(text)):
        reason = _LINE_BREAK
    elif is_cell_error(text):
        reason = _DAMAGED
    elif find_misread(text):
        reason = _MISREAD
    elif not changed and options.empty == "reject":
        text, reason = changed, _EMPTY
    else:
        text = changed or options.empty_text or ""
        if not is_gsm7(text):
            reason = _NOT_GSM7
    pairs = 0 if GSM7_EXTENSION.isdisjoint(text) else sum(c in GSM7_EXTENSION for c in text)
    quoted = ";" in text or '"' in text or "\n" in text
    written = '"' + text.replace('"', '""') + '"' if quoted else text
    return _ValueResult(text, written, len(text), pairs, reason, replaced, filled, repaired)


def _may_be_taken_for_rows(text: str) -> bool:
    """Return whether a reader that ignores quotes, as OVH's may, would take a line of a value for a receiver."""
    return any(is_number_like(line.partition(";")[0]) for line in text.split("\n")[1:])


def rows_by_replaced(columns: Sequence[ColumnValues]) -> Counter[tuple[str, str]]:
    """Count the rows in which a character was replaced, in any of the used columns of a block."""
    changed = [column.replaced for column in columns if column.replaced]
    counts: Counter[tuple[str, str]] = Counter()
    if not changed:
        return counts
    sets, rows = changed[0]
    for others, their_rows in changed[1:]:
        both, rows = np.unique(rows * len(others) + their_rows, return_inverse=True)
        pairs = (divmod(at, len(others)) for at in both.tolist())
        sets = [sets[one] | others[other] for one, other in pairs]
    for each, times in zip(sets, np.bincount(rows, minlength=len(sets)).tolist(), strict=True):
        for pair in each:
            counts[pair] += times
    return counts


def _sets(results: list[_ValueResult], hard: Any, where: Any, words: int) -> ReplacedSets | None:
    """The characters replaced in each row, from the distinct values that are not easy."""
    sets = dict.fromkeys((NONE_REPLACED, *(each.replaced for each in results)))
    if len(sets) == 1:
        return None
    numbered = {each: at for at, each in enumerate(sets)}
    known = np.zeros(words, dtype=np.int64)
    known[hard] = [numbered[each.replaced] for each in results]
    return ReplacedSets(list(sets), known[where])


def _replace(column: Any, words: Any, where: Any, hard: Any, texts: list[str]) -> Any:
    """Return a column with other texts in place of the hard ones among its distinct values."""
    if not texts:
        return column
    place = np.arange(len(words), dtype=np.int64)
    place[hard] = len(words) + np.arange(len(hard))
    return pa.concat_arrays([words, of_texts(texts)]).take(of_integers(place[where]))
