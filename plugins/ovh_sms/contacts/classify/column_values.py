"""Values of one used column: trimmed, checked, measured and written in OVH's form, a block at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.classify.value_rules import NONE_REPLACED, ColumnUse, ReadValue, Replaced, ValueChange, read_value
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.arrow_arrays import integers_in, of_integers, of_texts
from ovh_sms.messaging.number_columns import REASONS, string_buffers
from ovh_sms.messaging.segments import GSM7_BASIC

_MOST_REMEMBERED = 50_000
#: Bytes that are one character and one septet, need no quotes, are no blank, and begin or end no text for programs.
_PLAIN = np.zeros(256, dtype=np.bool_)
_PLAIN[[ord(c) for c in GSM7_BASIC if " " < c <= "~" and c not in ';"#&<%=$']] = True
_SPACE = 32
#: Pairs of bytes that are one character and one septet; every character of the basic table fits two bytes.
#: Without ``Å`` and ``Γ``, with which misread texts begin: ``Å¡`` is š, ``Γ¥ñ`` a heart.
_TWO_BYTES = np.zeros(1 << 16, dtype=np.bool_)
_TWO_BYTES[[int.from_bytes(c.encode(), "big") for c in GSM7_BASIC if c > "~" and c not in "ÅΓ"]] = True


class ReplacedSets(NamedTuple):
    """The characters replaced in each row of a column: ``rows`` are indexes into ``sets``."""

    sets: list[Replaced]
    rows: Any


@dataclass(frozen=True)
class ColumnValues:
    """The values of a column.

    ``texts`` are trimmed and changed as asked, ``written`` also quoted if need be. ``characters`` counts each
    character once, ``pairs`` those of two septets. ``reasons`` are indexes into REASONS, 0 for a good value.
    ``replaced`` is None if no character was, ``sharps`` if no value holds a ``#``, ``changes`` if no value was changed;
    they are flags of :class:`~ovh_sms.contacts.classify.value_rules.ValueChange`.
    """

    texts: Any
    written: Any
    characters: Any
    pairs: Any
    reasons: Any
    replaced: ReplacedSets | None = None
    sharps: Any = None
    changes: Any = None

    def changed(self, change: ValueChange) -> Any:
        """Return which values were changed so, an array of bool; ``None`` if no value was."""
        found = None if self.changes is None else (self.changes & change) != 0
        return found if found is not None and found.any() else None


class ValueReader:
    """Reads one used column; remembers the values it has met. Safe to use from several threads."""

    def __init__(self, options: ContactOptions, use: ColumnUse | None = None) -> None:
        self._options, self._use = options, use or ColumnUse()
        self._missing = of_texts(sorted(options.missing))
        self._empty = read_value("", options, self._use)
        self._known: dict[str, ReadValue] = {}

    def read(self, column: Any) -> ColumnValues:
        """Read a block of values.

        :param column: a pyarrow string array without nulls.
        """
        offsets, data = string_buffers(column)
        missing = pc.is_in(column, self._missing) if len(self._missing) else None
        if missing is not None and missing.true_count:
            found = self.read(pc.if_else(missing, _text(""), column))
            changes = np.zeros(len(column), dtype=np.int32) if found.changes is None else found.changes
            marks = np.where(missing.to_numpy(zero_copy_only=False), np.int32(ValueChange.MISSING), 0)
            return replace(found, changes=changes | marks)
        if _is_plain(offsets, data) and not self._use.in_address:
            return self._plain(column, np.diff(offsets))
        coded = pc.dictionary_encode(column)
        words, where = coded.dictionary, integers_in(coded.indices)
        easy = _easy(*string_buffers(words)) & (not self._use.in_address)
        hard = np.flatnonzero(~easy)
        results = [self._result(value) for value in words.take(of_integers(hard)).to_pylist()]
        texts, written = [each.text for each in results], [each.written for each in results]
        changed = _replace(column, words, where, hard, texts)

        def spread(known: Any, values: Sequence[int]) -> Any:
            known[hard] = values
            return known[where]

        nothing = np.zeros(len(words), dtype=np.int32)
        sharps, changes = [each.sharps for each in results], [int(each.changes) for each in results]
        return ColumnValues(
            changed,
            changed if texts == written else _replace(column, words, where, hard, written),
            spread(integers_in(pc.utf8_length(words)).copy(), [each.characters for each in results]),
            spread(nothing.copy(), [each.pairs for each in results]),
            spread(nothing.astype(np.uint8), [REASONS.index(each.reason) for each in results]),
            _sets(results, hard, where, len(words)) if self._options.transliterate else None,
            spread(nothing.copy(), sharps) if any(sharps) else None,
            spread(nothing.copy(), changes) if any(changes) else None,
        )

    def _plain(self, column: Any, characters: Any) -> ColumnValues:
        """Read plain values: at most the empty ones among them are rejected or changed."""
        nothing = np.zeros(len(column), dtype=np.uint8)
        empty = self._empty
        if not (empty.reason or empty.changes) or characters.all():
            return ColumnValues(column, column, characters, nothing, nothing)
        gaps = characters == 0
        if empty.reason:
            reason = np.uint8(REASONS.index(empty.reason))
            return ColumnValues(column, column, characters, nothing, np.where(gaps, reason, nothing))
        at = pc.equal(column, _text(""))
        texts, written = (pc.if_else(at, _text(each), column) for each in (empty.text, empty.written))
        return ColumnValues(
            texts,
            written,
            np.where(gaps, np.int32(empty.characters), characters),
            np.where(gaps, np.int32(empty.pairs), 0),
            nothing,
            changes=np.where(gaps, np.int32(empty.changes), 0),
        )

    def _result(self, value: str) -> ReadValue:
        known = self._known.get(value)
        if known is None:
            if len(self._known) > _MOST_REMEMBERED:
                self._known = {}
            known = self._known[value] = read_value(value, self._options, self._use)
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


def _sets(results: list[ReadValue], hard: Any, where: Any, words: int) -> ReplacedSets | None:
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


def _text(text: str) -> Any:
    return of_texts([text])[0]  # pyarrow.scalar imports pandas
