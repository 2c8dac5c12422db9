"""Writes and counts classified rows: accepted ones to the prepared list, the others to the rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.classify.classification_settings import ClassificationRules
from ovh_sms.contacts.classify.classify_rows import BESIDE, ClassifiedBlock, strings_in
from ovh_sms.contacts.classify.list_totals import BlockCounts, ListTotals, MisreadValue
from ovh_sms.contacts.classify.long_messages import TOO_LONG, described_value
from ovh_sms.contacts.classify.second_header import other_header
from ovh_sms.contacts.classify.segment_counter import SegmentCounter
from ovh_sms.contacts.write.prepared_files import MAX_SHOWN, PreparedFiles, reject_line
from ovh_sms.messaging.arrow_arrays import integers_in, of_integers, of_texts
from ovh_sms.messaging.misread_text import find_misread
from ovh_sms.messaging.number_columns import REASONS, string_buffers
from ovh_sms.messaging.plain_message import plain_message, unicode_characters
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import not_gsm7
from ovh_sms.messaging.unusual_numbers import made_up

_INVALID = REASONS.index(RejectReason.INVALID_NUMBER)
_MISREAD, _NOT_GSM7 = REASONS.index(RejectReason.MISREAD_TEXT), REASONS.index(RejectReason.NOT_GSM7)
_WRONG_COUNTRY = REASONS.index(RejectReason.WRONG_COUNTRY)
_NAMES = [reason.value if reason else "" for reason in REASONS]
_SHOWN_NAMES = of_texts(_NAMES)
#: Bytes of values that need neither quotes nor a change: those of most rejected numbers.
_SIMPLE = np.zeros(256, dtype=np.bool_)
_SIMPLE[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz +-./()@,:?!'&_|#*")] = True
_SIMPLE[0xC3], _SIMPLE[0x80:0xC0] = True, True  # accented Latin letters
_DIGIT = np.zeros(256, dtype=np.bool_)
_DIGIT[list(b"0123456789")] = True
_PHONE = _DIGIT.copy()
_PHONE[list(b" .()")] = True


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
    plain = SegmentCounter(plain_message(rules.message), rules.used) if unicode_characters(rules.message) else None
    for classified in blocks:
        if observe:
            observe(classified)
        accepted = np.flatnonzero(classified.reasons == 0)
        totals.rows += len(classified.keys) + len(classified.block.broken)
        invalid = np.flatnonzero(classified.reasons == _INVALID)
        totals.other_header = totals.other_header or other_header(classified.block, invalid, rules)
        totals.first_misread = totals.first_misread or _first_misread(classified, rules)
        gsm7 = plain and plain.segments(classified.keys, classified.values, classified.clause)
        _keep_keys(classified, accepted, rules, files)
        for cut, rows in _by_cut(classified, accepted):
            _accept_all(classified, rows, cut, files, totals, gsm7)
        _reject(classified, rules, files)
        _count_characters(classified, totals)
        progress(totals.rows, files.rejected.total())
    return totals


def _keep_keys(classified: ClassifiedBlock, accepted: Any, rules: ClassificationRules, files: PreparedFiles) -> None:
    """Keep the keys of accepted receivers, if the campaign names their column."""
    if rules.receiver_key is None:
        return
    keys = strings_in(classified.block.table, rules.receiver_key).take(of_integers(accepted)).to_pylist()
    numbers = (f"+{digits}" for digits in classified.keys[accepted].tolist())
    files.add_keys((number, (key or "").strip()) for number, key in zip(numbers, keys, strict=True))


def _by_cut(classified: ClassifiedBlock, rows: Any) -> Iterator[tuple[int, Any]]:
    """The rows of each cut of the list."""
    if classified.cuts is None:
        yield 0, rows
        return
    cuts = classified.cuts[rows]
    for cut in np.unique(cuts).tolist():
        yield cut, rows[cuts == cut]


def _first_misread(classified: ClassifiedBlock, rules: ClassificationRules) -> MisreadValue | None:
    """The first value of a block that is UTF-8 read in another encoding."""
    rows = np.flatnonzero(classified.reasons == _MISREAD)
    if not len(rows):
        return None
    at, row = int(classified.fault[rows[0]]), int(rows[0])
    text = classified.values[at].texts[row].as_py()
    return MisreadValue(int(classified.block.lines[row]), rules.header[at], find_misread(text))


def _accept_all(
    classified: ClassifiedBlock, rows: Any, cut: int, files: PreparedFiles, totals: ListTotals, gsm7_segments: Any
) -> None:
    """Write and count accepted rows of one cut, which may need several batches."""
    while len(rows):
        some, rows = np.split(rows, [files.batches.room(len(rows), cut)])
        _accept(classified, some, cut, files, totals, gsm7_segments)


def _accept(
    classified: ClassifiedBlock, rows: Any, cut: int, files: PreparedFiles, totals: ListTotals, gsm7_segments: Any
) -> None:
    """Write and count accepted rows that go to one batch."""
    every = len(rows) == len(classified.keys)
    index = None if every else of_integers(rows)

    def only(column: Any) -> Any:
        return column if index is None else column.take(index)

    keys = pc.cast(of_integers(classified.keys[rows]), pa.string())
    written = [only(values.written) for values in classified.values]
    lines = pc.binary_join_element_wise(_text("\n+"), keys, _text(""))
    shown = pc.binary_join_element_wise(lines, *written, _text(";")) if written else lines
    batch = files.batches.add_block(_bytes(shown), len(rows), cut)
    counts = BlockCounts(
        destinations=classified.destinations[rows],
        segments=classified.segments[rows],
        lines=classified.block.lines[rows],
        gsm7_segments=None if gsm7_segments is None else gsm7_segments[rows],
        without_plus=classified.without_plus[rows],
        made_up=made_up(classified.keys[rows]),
        empty=[int(np.count_nonzero(values.characters[rows] == 0)) for values in classified.values],
        ends=None if classified.ends is None else classified.ends[rows],
        zones=None if classified.zones is None else classified.zones[rows],
    )
    totals.add_block(counts, batch)
    if files.sample is not None:
        first = files.batches.accepted(batch) - len(rows)
        files.sample.add(classified.keys[rows], batch, first, counts.destinations, counts.segments, counts.ends)


def _reject(classified: ClassifiedBlock, rules: ClassificationRules, files: PreparedFiles) -> None:
    """Write and count the rejected rows of a block, in the file's order."""
    rows = np.flatnonzero(classified.reasons != 0)
    lines, reasons = classified.block.lines[rows], classified.reasons[rows]
    columns = [*rules.header, rules.number_column, *rules.rule_columns.values()]
    fault = classified.fault[rows].astype(np.int64)
    fault[fault < 0] = len(rules.used)  # the number's
    found = _reject_lines(lines, columns, fault, _values_at_fault(classified, rules, rows, fault), reasons)
    counts = Counter({_NAMES[at]: times for at, times in enumerate(np.bincount(reasons).tolist()) if times})
    broken = classified.block.broken
    if broken:
        faults = [each.fault.value if each.fault else "" for each in broken]
        shown = [(each.line, " | ".join(each.fields), why) for each, why in zip(broken, faults, strict=True)]
        found = _in_order(found, lines, [(line, reject_line(line, "", text, why)) for line, text, why in shown])
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
    numbers = _beside_countries(classified, rules, rows, numbers)
    texts = {at: column.texts for at, column in enumerate(classified.values)}
    table = classified.block.table
    texts |= {rules.fault_of(key): strings_in(table, key) for key in rules.rule_columns}
    values = {at: column.take(of_integers(rows[fault == at])) for at, column in texts.items()}
    if not any(len(each) for each in values.values()):
        return numbers
    place = np.arange(len(rows), dtype=np.int64)
    end = len(rows)
    for at, each in values.items():
        place[fault == at] = end + np.arange(len(each))
        end += len(each)
    long = np.flatnonzero(classified.reasons[rows] == TOO_LONG)
    place[long] = end + np.arange(len(long))
    described = of_texts([described_value(classified, rules, at) for at in rows[long].tolist()])
    return pa.concat_arrays([numbers, *values.values(), described]).take(of_integers(place))


def _beside_countries(classified: ClassifiedBlock, rules: ClassificationRules, rows: Any, numbers: Any) -> Any:
    """The numbers of rejected rows; those that contradict their row's country stand beside it."""
    wrong = np.flatnonzero(classified.reasons[rows] == _WRONG_COUNTRY)
    if not len(wrong) or rules.country_key is None:
        return numbers
    countries = strings_in(classified.block.table, rules.country_key).take(of_integers(rows[wrong]))
    both = pc.binary_join_element_wise(numbers.take(of_integers(wrong)), countries, _text(BESIDE))
    place = np.arange(len(rows), dtype=np.int64)
    place[wrong] = len(rows) + np.arange(len(wrong))
    return pa.concat_arrays([numbers, both]).take(of_integers(place))


def _text(text: str) -> Any:
    return of_texts([text])[0]  # pyarrow.scalar imports pandas


def _bytes(column: Any) -> memoryview:
    """The texts of a column one behind the other."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(data)[ends[column.offset] : ends[column.offset + len(column)]]


def _reject_lines(lines: Any, columns: Sequence[str], column: Any, values: Any, reasons: Any) -> Any:
    """Write the rejected rows of a block as lines of CSV.

    :param lines: line of each row in the contact list, array of integers.
    :param column: index of the column at fault, for each row.
    :param values: the value at fault, array of strings.
    :param reasons: index into REASONS, for each row.
    :returns: array of strings, each behind a line break.
    """
    values = pc.utf8_trim(values, " ")
    shown = [
        pc.binary_join_element_wise(_text("\n"), pc.cast(of_integers(lines), pa.string()), _text("")),
        of_texts([_field(name) for name in columns]).take(of_integers(column)),
        values,
        _SHOWN_NAMES.take(of_integers(reasons)),
    ]
    written = pc.binary_join_element_wise(*shown, _text(";"))
    hard = np.flatnonzero(~_simple(*string_buffers(values)))
    if not len(hard):
        return written
    rows = zip(
        lines[hard].tolist(),
        [columns[at] for at in column[hard].tolist()],
        values.take(of_integers(hard)).to_pylist(),
        [_NAMES[at] for at in reasons[hard].tolist()],
        strict=True,
    )
    slow = of_texts(["\n" + reject_line(line, name, value.strip(), why) for line, name, value, why in rows])
    # the slow ones behind the others, each then taken from where it is
    place = np.arange(len(written), dtype=np.int64)
    place[hard] = len(written) + np.arange(len(hard))
    return pa.concat_arrays([written, slow]).take(of_integers(place))


def _in_order(block: Any, lines: Any, others: Sequence[tuple[int, str]]) -> Any:
    """Merge further rejects, each with its line in the contact list, into those of a block."""
    order = np.argsort(np.concatenate([lines, np.array([line for line, _ in others])]), kind="stable")
    return pa.concat_arrays([block, of_texts(["\n" + text for _, text in others])]).take(of_integers(order))


def _simple(offsets: Any, data: Any) -> Any:
    """Return which values can be written as they are: short, of common characters, no formula in a spreadsheet."""
    odd = np.flatnonzero(~_SIMPLE[data])
    simple = np.diff(np.searchsorted(odd, offsets)) == 0
    length = np.diff(offsets)
    simple &= length <= MAX_SHOWN
    filled = np.flatnonzero(simple & (length > 0))
    first = data[offsets[filled]]
    simple[filled[first == ord("@")]] = False
    signed = filled[(first == ord("+")) | (first == ord("-"))]
    behind = np.minimum(offsets[signed] + 1, len(data) - 1)
    others = np.flatnonzero(~_PHONE[data])  # strokes and letters may compute
    alone = np.diff(np.searchsorted(others, offsets))[signed] == 1
    simple[signed] = (length[signed] > 1) & _DIGIT[data[behind]] & alone
    return simple


def _field(name: str) -> str:
    """A column's name as the csv module writes it inside a row."""
    return reject_line(0, name, "", "").split(";", 1)[1].rsplit(";;", 1)[0]
