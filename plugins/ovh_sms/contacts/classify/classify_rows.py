"""Classifies whole blocks of rows: accepted receivers with their cost, and rejects with their reasons.

Each block is first classified alone, in as many threads as pyarrow may use. Duplicates, files and totals then take
the blocks in order, so that the result does not depend on threads.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.classify.classification_settings import ClassificationRules
from ovh_sms.contacts.classify.column_values import ColumnValues, ValueReader, rows_by_replaced
from ovh_sms.contacts.classify.list_totals import BlockCounts, ListTotals, MisreadValue
from ovh_sms.contacts.classify.number_set import NumberSet
from ovh_sms.contacts.classify.segment_counter import SegmentCounter
from ovh_sms.contacts.classify.suppression_files import HashedNumbers, suppressed_numbers
from ovh_sms.contacts.classify.value_changes import ValueChanges
from ovh_sms.contacts.read.row_block import RowBlock
from ovh_sms.contacts.write.batch_writer import ReceiverBlock
from ovh_sms.contacts.write.prepared_files import PreparedFiles, reject_line
from ovh_sms.contacts.write.receivers_table import RowDetails
from ovh_sms.contacts.write.reject_lines import in_order, reject_lines
from ovh_sms.messaging.arrow_arrays import of_integers, of_texts
from ovh_sms.messaging.country_rules import codes_with_stop_clause
from ovh_sms.messaging.destinations import Destinations
from ovh_sms.messaging.misread_text import find_misread
from ovh_sms.messaging.number_columns import REASONS, NumberReader
from ovh_sms.messaging.reject_reasons import RejectReason

_SUPPRESSED, _DUPLICATE = REASONS.index(RejectReason.SUPPRESSED), REASONS.index(RejectReason.DUPLICATE)
_ALREADY_SENT, _MISREAD = REASONS.index(RejectReason.ALREADY_SENT), REASONS.index(RejectReason.MISREAD_TEXT)
_NAMES = [reason.value if reason else "" for reason in REASONS]
_MOST_DIGITS = 18


class ClassifiedBlock(NamedTuple):
    """A block of rows with their results; duplicates are not yet among them.

    ``reasons`` are indexes into REASONS, ``fault`` is the used column at fault, -1 for the number's.
    """

    block: RowBlock
    keys: Any
    reasons: Any
    fault: Any
    values: list[ColumnValues]
    calling_codes: Any
    destinations: Any
    segments: Any


class BlockClassifier:
    """Classifies blocks, each of them once; any thread may use it.

    :param changes: counts the values changed by the options, if given.
    """

    def __init__(self, rules: ClassificationRules, changes: ValueChanges | None = None) -> None:
        options = rules.options
        self.rules = rules
        self._numbers = NumberReader(
            options.region, allow_fiction=options.allow_fiction, also_accept=options.also_accept
        )
        self._values = [ValueReader(options) for _ in rules.used]
        self._changes, self._counting = changes, Lock()
        self._destinations = Destinations()
        self._counter = SegmentCounter(rules.message, rules.used)
        self.unicode = self._counter.unicode
        self._suppressed = NumberSet()
        listed = suppressed_numbers(rules.suppressed, region=options.region)
        known = [key for key in listed if key < 10**_MOST_DIGITS]
        self._suppressed.add(np.array(known, dtype=np.int64))
        self._hashed = HashedNumbers(rules.suppressed)

    def classify(self, block: RowBlock) -> ClassifiedBlock:
        """Classify the rows of a block, duplicates excepted."""
        keys, reasons, codes = self._numbers.read(_strings(block.table, self.rules.number_column))
        candidates = np.flatnonzero(reasons == 0)
        reasons[candidates[self._suppressed.contains(keys[candidates])]] = _SUPPRESSED
        if self._hashed:
            hashed = np.fromiter(map(self._hashed.contains, keys[candidates].tolist()), dtype=np.bool_)
            reasons[candidates[hashed]] = _SUPPRESSED
        fault = np.full(len(keys), -1, dtype=np.int16)
        values = []
        for at, (name, reader) in enumerate(zip(self.rules.used, self._values, strict=True)):
            found = reader.read(_strings(block.table, name))
            values.append(found)
            if found.reasons.any():
                wrong = (reasons == 0) & (found.reasons != 0)
                reasons[wrong], fault[wrong] = found.reasons[wrong], at
        self._count_changes(values)
        clause = codes_with_stop_clause(codes) & self.rules.stop_clause
        return ClassifiedBlock(
            block,
            keys,
            reasons,
            fault,
            values,
            codes,
            destinations=self._destinations.of(keys, np.where(reasons == 0, codes, 0)),
            segments=self._counter.segments(keys, values, clause),
        )

    def _count_changes(self, values: list[ColumnValues]) -> None:
        if self._changes is None:
            return
        replaced = rows_by_replaced(values)
        filled = {name: found.filled for name, found in zip(self.rules.used, values, strict=True)}
        repaired = {name: found.repaired for name, found in zip(self.rules.used, values, strict=True)}
        with self._counting:
            self._changes.add(replaced, filled, repaired)


def classify_blocks(
    blocks: Iterable[Callable[[], RowBlock]],
    classifier: BlockClassifier,
    files: PreparedFiles,
    progress: Callable[[int, int], None],
) -> ListTotals:
    """Classify, write and count every row.

    :param blocks: a function for each block, in order, that returns its rows.
    :param progress: called after each block with rows read and rows rejected so far.
    """
    totals = ListTotals(classifier.rules.used)
    accepted_numbers = NumberSet()
    threads = pa.cpu_count()
    for classified in _in_order(lambda block: classifier.classify(block()), blocks, threads=threads):
        candidates = np.flatnonzero(classified.reasons == 0)
        later = candidates[~accepted_numbers.add(classified.keys[candidates])]
        classified.reasons[later] = _DUPLICATE
        _reject_already_sent(classified, classifier.rules)
        accepted = np.flatnonzero(classified.reasons == 0)
        totals.rows += len(classified.keys) + len(classified.block.broken)
        totals.first_misread = totals.first_misread or _first_misread(classified, classifier.rules)
        while len(accepted):
            some, accepted = np.split(accepted, [files.batches.room(len(accepted))])
            _accept(classified, some, files, totals, unicode=classifier.unicode)
        _reject(classified, classifier.rules, files)
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


def _reject_already_sent(classified: ClassifiedBlock, rules: ClassificationRules) -> None:
    """Reject the rows left that another run has sent to."""
    rows = np.flatnonzero(classified.reasons == 0)
    if rules.already_sent is None or not len(rows):
        return
    index = of_integers(rows)
    columns = {name: each.texts.take(index) for name, each in zip(rules.used, classified.values, strict=True)}
    classified.reasons[rows[rules.already_sent.rejects(classified.keys[rows], columns)]] = _ALREADY_SENT


def _accept(classified: ClassifiedBlock, rows: Any, files: PreparedFiles, totals: ListTotals, *, unicode: bool) -> None:
    """Write and count accepted rows that go to one batch."""
    every = len(rows) == len(classified.keys)
    index = None if every else of_integers(rows)

    def only(column: Any) -> Any:
        return column if index is None else column.take(index)

    keys = pc.cast(of_integers(classified.keys[rows]), pa.string())
    numbers = pc.binary_join_element_wise(_text("+"), keys, _text(""))
    texts = [only(values.texts) for values in classified.values]
    written = [
        text if values.written is values.texts else only(values.written)
        for text, values in zip(texts, classified.values, strict=True)
    ]
    lines = pc.binary_join_element_wise(_text("\n"), numbers, _text(""))
    shown = pc.binary_join_element_wise(lines, *written, _text(";")) if written else lines
    details = RowDetails(
        lines=classified.block.lines[rows],
        segments=classified.segments[rows],
        calling_codes=classified.calling_codes[rows],
    )
    batch = files.batches.add_block(ReceiverBlock(_bytes(shown), [numbers, *texts], details))
    counts = BlockCounts(
        destinations=classified.destinations[rows],
        segments=details.segments,
        lines=details.lines,
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


def _values_at_fault(classified: ClassifiedBlock, rules: ClassificationRules, rows: Any, fault: Any) -> Any:
    """The value at fault of each rejected row: mostly the number, as it stands in the contact list."""
    numbers = _strings(classified.block.table, rules.number_column).take(of_integers(rows))
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


def _strings(table: Any, name: str) -> Any:
    column = table.column(name)
    return column if column.type == pa.string() else column.cast(pa.string())


def _bytes(column: Any) -> memoryview:
    """The texts of a column one behind the other."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(data)[ends[column.offset] : ends[column.offset + len(column)]]


def _in_order(work: Callable[[Any], Any], items: Iterable[Any], *, threads: int) -> Iterator[Any]:
    """Do work for each item in some threads; the results come in the items' order, few of them at a time."""
    if threads < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(max_workers=threads) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
