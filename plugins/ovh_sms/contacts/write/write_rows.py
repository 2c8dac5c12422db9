"""Writes and counts classified rows: accepted ones to the prepared list, the others to the rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.classify.classification_settings import ClassificationRules
from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock, strings_in
from ovh_sms.contacts.classify.list_totals import BlockCounts, ListTotals, MisreadValue
from ovh_sms.contacts.write.prepared_files import PreparedFiles, reject_line
from ovh_sms.contacts.write.reject_lines import in_order, reject_lines
from ovh_sms.messaging.arrow_arrays import integers_in, of_integers, of_texts
from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.misread_text import find_misread
from ovh_sms.messaging.number_columns import REASONS
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import is_gsm7, not_gsm7

_MISREAD, _NOT_GSM7 = REASONS.index(RejectReason.MISREAD_TEXT), REASONS.index(RejectReason.NOT_GSM7)
_NAMES = [reason.value if reason else "" for reason in REASONS]


def write_rows(
    blocks: Iterable[ClassifiedBlock],
    rules: ClassificationRules,
    files: PreparedFiles,
    progress: Callable[[int, int], None],
    observe: Callable[[ClassifiedBlock], None] | None = None,
) -> ListTotals:
    """Write and count every row.

    :param progress: called after each block with rows read and rows rejected so far.
    :param observe: called with each block, in order, once all its reasons are known.
    """
    totals = ListTotals(rules.used)
    unicode = not is_gsm7(render(rules.message, dict.fromkeys((*rules.used, "number"), "")))
    for classified in blocks:
        if observe:
            observe(classified)
        accepted = np.flatnonzero(classified.reasons == 0)
        totals.rows += len(classified.keys) + len(classified.block.broken)
        totals.first_misread = totals.first_misread or _first_misread(classified, rules)
        while len(accepted):
            some, accepted = np.split(accepted, [files.batches.room(len(accepted))])
            _accept(classified, some, files, totals, unicode=unicode)
        _reject(classified, rules, files)
        _count_characters(classified, totals)
        progress(totals.rows, files.rejected.total())
    return totals


def _first_misread(classified: ClassifiedBlock, rules: ClassificationRules) -> MisreadValue | None:
    """The first value of a block that is UTF-8 read in another encoding."""
    rows = np.flatnonzero(classified.reasons == _MISREAD)
    if not len(rows):
        return None
    at, row = int(classified.fault[rows[0]]), int(rows[0])
    text = classified.values[at].texts[row].as_py()
    return MisreadValue(int(classified.block.lines[row]), rules.used[at], find_misread(text))


def _accept(classified: ClassifiedBlock, rows: Any, files: PreparedFiles, totals: ListTotals, *, unicode: bool) -> None:
    """Write and count accepted rows that go to one batch."""
    every = len(rows) == len(classified.keys)
    index = None if every else of_integers(rows)

    def only(column: Any) -> Any:
        return column if index is None else column.take(index)

    keys = pc.cast(of_integers(classified.keys[rows]), pa.string())
    written = [only(values.written) for values in classified.values]
    lines = pc.binary_join_element_wise(_text("\n+"), keys, _text(""))
    shown = pc.binary_join_element_wise(lines, *written, _text(";")) if written else lines
    batch = files.batches.add_block(_bytes(shown), len(rows))
    counts = BlockCounts(
        destinations=classified.destinations[rows],
        segments=classified.segments[rows],
        lines=classified.block.lines[rows],
        unicode=unicode,
        empty=[int(np.count_nonzero(values.characters[rows] == 0)) for values in classified.values],
    )
    totals.add_block(counts, batch)


def _reject(classified: ClassifiedBlock, rules: ClassificationRules, files: PreparedFiles) -> None:
    """Write and count the rejected rows of a block, in the file's order."""
    rows = np.flatnonzero(classified.reasons != 0)
    lines, reasons = classified.block.lines[rows], classified.reasons[rows]
    columns = [*rules.used, rules.number_column]
    fault = classified.fault[rows].astype(np.int64)
    fault[fault < 0] = len(rules.used)  # the number's
    found = reject_lines(lines, columns, fault, _values_at_fault(classified, rules, rows, fault), reasons)
    counts = Counter({_NAMES[at]: times for at, times in enumerate(np.bincount(reasons).tolist()) if times})
    broken = classified.block.broken
    if broken:
        faults = [each.fault.value if each.fault else "" for each in broken]
        shown = [(each.line, " | ".join(each.fields), why) for each, why in zip(broken, faults, strict=True)]
        found = in_order(found, lines, [(line, reject_line(line, "", text, why)) for line, text, why in shown])
        counts.update(faults)
    if len(found):
        files.reject_block(_bytes(found), counts)


def _count_characters(classified: ClassifiedBlock, totals: ListTotals) -> None:
    """Count the rows rejected for a character, each character of a value once."""
    rows = np.flatnonzero(classified.reasons == _NOT_GSM7)
    for at, values in enumerate(classified.values):
        own = rows[classified.fault[rows] == at]
        if not len(own):
            continue
        coded = pc.dictionary_encode(values.texts.take(of_integers(own)))
        times = np.bincount(integers_in(coded.indices), minlength=len(coded.dictionary)).tolist()
        for value, count in zip(coded.dictionary.to_pylist(), times, strict=True):
            totals.rejected_characters.update(dict.fromkeys(not_gsm7(value), count))


def _values_at_fault(classified: ClassifiedBlock, rules: ClassificationRules, rows: Any, fault: Any) -> Any:
    """The value at fault of each rejected row: mostly the number, as it stands in the contact list."""
    numbers = strings_in(classified.block.table, rules.number_column).take(of_integers(rows))
    values = [column.texts.take(of_integers(rows[fault == at])) for at, column in enumerate(classified.values)]
    if not any(len(each) for each in values):
        return numbers
    place = np.arange(len(rows), dtype=np.int64)
    end = len(rows)
    for at, each in enumerate(values):
        place[fault == at] = end + np.arange(len(each))
        end += len(each)
    return pa.concat_arrays([numbers, *values]).take(of_integers(place))


def _text(text: str) -> Any:
    return of_texts([text])[0]  # pyarrow.scalar imports pandas


def _bytes(column: Any) -> memoryview:
    """The texts of a column one behind the other."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(data)[ends[column.offset] : ends[column.offset + len(column)]]
