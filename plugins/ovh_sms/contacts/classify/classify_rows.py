"""Classifies whole blocks of rows: accepted receivers with their cost, and rejects with their reasons.

Each block is first classified alone, in as many threads as pyarrow may use. Duplicates are then found in the blocks'
order, so that the result does not depend on threads.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ovh_sms.contacts.classify.classification_settings import ROUNDS, ClassificationRules
from ovh_sms.contacts.classify.column_values import ColumnValues, ValueReader, rows_by_replaced
from ovh_sms.contacts.classify.long_messages import reject_too_long
from ovh_sms.contacts.classify.number_set import NumberSet
from ovh_sms.contacts.classify.number_texts import NumberTexts
from ovh_sms.contacts.classify.numbers_by_country import NumbersByCountry
from ovh_sms.contacts.classify.row_ends import NO_END, RowEnds
from ovh_sms.contacts.classify.segment_counter import SegmentCounter
from ovh_sms.contacts.classify.suppression_files import HashedNumbers, suppressed_numbers
from ovh_sms.contacts.classify.value_changes import ValueChanges
from ovh_sms.contacts.classify.value_rules import ColumnUse, ValueChange
from ovh_sms.contacts.read.contact_file import RowBlock
from ovh_sms.contacts.read.used_columns import rule_key
from ovh_sms.messaging.arrow_arrays import of_integers
from ovh_sms.messaging.country_names import region_of
from ovh_sms.messaging.country_rules import codes_with_stop_clause
from ovh_sms.messaging.destinations import Destinations
from ovh_sms.messaging.number_columns import REASONS, NumberColumn, NumberReader
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.web_addresses import address_columns

_SUPPRESSED, DUPLICATE = REASONS.index(RejectReason.SUPPRESSED), REASONS.index(RejectReason.DUPLICATE)
_FAILED_BEFORE = REASONS.index(RejectReason.FAILED_BEFORE)
_UNREACHABLE = REASONS.index(RejectReason.UNREACHABLE)
_TOO_MANY_TEXTS = REASONS.index(RejectReason.TOO_MANY_TEXTS)
_INVALID = REASONS.index(RejectReason.INVALID_NUMBER)
_ALREADY_SENT, _MISREAD = REASONS.index(RejectReason.ALREADY_SENT), REASONS.index(RejectReason.MISREAD_TEXT)
_PLACEHOLDER = REASONS.index(RejectReason.LOOKS_LIKE_PLACEHOLDER)
_NO_CONSENT, _UNKNOWN_COUNTRY = (REASONS.index(RejectReason(each)) for each in ("no_consent", "unknown_country"))
_NO_END, _EXPIRED = REASONS.index(RejectReason.NO_VALID_UNTIL), REASONS.index(RejectReason.EXPIRED)
_NAMES = [reason.value if reason else "" for reason in REASONS]
_MOST_DIGITS = 18
#: Between a number and the country that it contradicts, as rejects show them.
BESIDE = " beside "


class ClassifiedBlock(NamedTuple):
    """A block of rows with their results.

    ``reasons`` are indexes into REASONS, ``fault`` is the used column at fault, -1 for the number's, or
    :meth:`.ClassificationRules.fault_of` a rule's column. ``clause`` marks the rows whose message gets the STOP clause.
    ``ends`` are the seconds since 1970 until which each row's message is of use; ``None`` without a column for that.
    ``zones`` is the index of each accepted row's time zones; ``None`` if they do not matter. ``cuts`` keeps the rows
    apart that must not share a batch; ``None`` if all may. ``without_plus`` is the number column's own.
    """

    block: RowBlock
    keys: Any
    reasons: Any
    fault: Any
    values: list[ColumnValues]
    clause: Any
    destinations: Any
    segments: Any
    ends: Any = None
    zones: Any = None
    cuts: Any = None
    without_plus: Any = None


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
        self._by_country = NumbersByCountry(options, calling_codes=rules.calling_codes)
        addresses = address_columns(rules.message).inside
        uses = (
            ColumnUse(in_address=name in addresses, path=addresses.get(name, False), columns=rules.columns)
            for name in rules.used
        )
        self._values = [ValueReader(options, use) for use in uses]
        self._ends = RowEnds(options) if rules.end_key is not None else None
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
        keys, reasons, codes, without_plus = self._read_numbers(block)
        candidates = np.flatnonzero(reasons == 0)
        reasons[candidates[self._suppressed.contains(keys[candidates])]] = _SUPPRESSED
        if self._hashed:
            hashed = np.fromiter(map(self._hashed.contains, keys[candidates].tolist()), dtype=np.bool_)
            reasons[candidates[hashed]] = _SUPPRESSED
        if self.rules.opted_out:
            left = np.flatnonzero(reasons == 0)
            reasons[left[self.rules.opted_out.contains(keys[left])]] = _SUPPRESSED
        if self.rules.dead:
            left = np.flatnonzero(reasons == 0)
            reasons[left[self.rules.dead.contains(keys[left])]] = _FAILED_BEFORE
        if self.rules.unreachable:
            left = np.flatnonzero(reasons == 0)
            reasons[left[self.rules.unreachable.contains(keys[left])]] = _UNREACHABLE
        fault = np.full(len(keys), -1, dtype=np.int16)
        self._check_rules(block, reasons, fault)
        ends = self._read_ends(block, reasons, fault)
        values = []
        for at, (name, reader) in enumerate(zip(self.rules.used, self._values, strict=True)):
            found = reader.read(strings_in(block.table, name))
            values.append(found)
            if found.reasons.any():
                wrong = (reasons == 0) & (found.reasons != 0)
                reasons[wrong], fault[wrong] = found.reasons[wrong], at
        _reject_pairs_of_sharps(values, self._counter.times, reasons, fault)
        self._count_changes(values)
        clause = codes_with_stop_clause(codes) & self.rules.stop_clause
        segments = self._counter.segments(keys, values, clause)
        reject_too_long(segments, values, self._counter.times, reasons, fault)
        return ClassifiedBlock(
            block,
            keys,
            reasons,
            fault,
            values,
            clause,
            destinations=self._destinations.of(keys, np.where(reasons == 0, codes, 0)),
            segments=segments,
            ends=ends,
            without_plus=without_plus,
        )

    def _read_numbers(self, block: RowBlock) -> NumberColumn:
        numbers = strings_in(block.table, self.rules.number_column)
        if self.rules.country_key is None:
            return self._numbers.read(numbers)
        return self._by_country.read(numbers, strings_in(block.table, self.rules.country_key))

    def _check_rules(self, block: RowBlock, reasons: Any, fault: Any) -> None:
        """Reject rows without consent, and name the cells of the rules that reject rows."""
        rules = self.rules
        if rules.country_key is not None:
            fault[reasons == _UNKNOWN_COUNTRY] = rules.fault_of(rules.country_key)
        lacking = rules.consent.without_consent(block) if rules.consent else None
        if lacking is None:
            return
        without = (reasons == 0) & (lacking >= 0)
        reasons[without] = _NO_CONSENT
        for at in np.unique(lacking[without]).tolist():
            fault[without & (lacking == at)] = rules.fault_of(rule_key(at))

    def _read_ends(self, block: RowBlock, reasons: Any, fault: Any) -> Any:
        """Read until when each row's message is of use, and reject the rows that do not say it."""
        key = self.rules.end_key
        if self._ends is None or key is None:
            return None
        ends = self._ends.read(strings_in(block.table, key))
        without = (reasons == 0) & (ends == NO_END)
        reasons[without], fault[without] = _NO_END, self.rules.fault_of(key)
        return ends

    def _count_changes(self, values: list[ColumnValues]) -> None:
        if self._changes is None:
            return
        replaced = rows_by_replaced(values)
        changed = {name: _rows_by_change(found) for name, found in zip(self.rules.used, values, strict=True)}
        with self._counting:
            self._changes.add(replaced, changed)


def classified_rows(blocks: Iterable[Callable[[], RowBlock]], classifier: BlockClassifier) -> Iterator[ClassifiedBlock]:
    """Classify every row; the blocks come in the list's order, with all reasons.

    :param blocks: a function for each block, in order, that returns its rows.
    """
    rules, accepted_numbers = classifier.rules, NumberSet()
    texts = NumberTexts.of(rules) if rules.options.duplicates == "number_and_text" else None
    _import_for_threads(rules)
    for classified in _in_order(lambda block: classifier.classify(block()), blocks, threads=pa.cpu_count()):
        classified = _with_zones(classified, classifier.rules)
        candidates = np.flatnonzero(classified.reasons == 0)
        if texts is None:
            later = candidates[~accepted_numbers.add(classified.keys[candidates])]
            classified.reasons[later] = DUPLICATE
        else:
            classified = _reject_same_texts(classified, candidates, texts)
        _reject_already_sent(classified, rules)
        yield classified


def _with_zones(classified: ClassifiedBlock, rules: ClassificationRules) -> ClassifiedBlock:
    """Find the time zones of the rows, and reject those to which nothing can be sent at a fit hour."""
    if rules.row_zones is None:
        return classified
    rows = np.flatnonzero(classified.reasons == 0)
    zones = np.zeros(len(classified.keys), dtype=np.int32)
    zones[rows], reasons = rules.row_zones.read(classified.keys[rows], classified.destinations[rows])
    classified.reasons[rows] = reasons
    if classified.ends is not None and rules.end_key is not None:
        late = rows[(reasons == 0) & rules.row_zones.leave_after(zones[rows], classified.ends[rows])]
        classified.reasons[late], classified.fault[late] = _EXPIRED, rules.fault_of(rules.end_key)
    return classified._replace(zones=zones, cuts=zones * ROUNDS if rules.row_zones.cut_the_list else None)


def _reject_same_texts(classified: ClassifiedBlock, rows: Any, texts: NumberTexts) -> ClassifiedBlock:
    """Reject the rows whose number gets the same text already, and cut the others by their rounds."""
    found = texts.add(classified.keys[rows], columns_of(classified, texts.used, rows))
    classified.reasons[rows[found.same]] = DUPLICATE
    classified.reasons[rows[found.too_many]] = _TOO_MANY_TEXTS
    if not found.rounds.any():
        return classified
    cuts = np.zeros(len(classified.keys), dtype=np.int64) if classified.cuts is None else classified.cuts.copy()
    cuts[rows] += found.rounds
    return classified._replace(cuts=cuts)


def columns_of(classified: ClassifiedBlock, used: Sequence[str], rows: Any) -> dict[str, Any]:
    """Return the values of some rows that their messages use, by the column's name at OVH."""
    index = of_integers(rows)
    return {name: each.texts.take(index) for name, each in zip(used, classified.values, strict=True)}


def _rows_by_change(values: ColumnValues) -> Counter[ValueChange]:
    found = ((change, values.changed(change)) for change in ValueChange)
    return Counter({change: int(np.count_nonzero(rows)) for change, rows in found if rows is not None})


def _reject_pairs_of_sharps(values: Sequence[ColumnValues], times: Sequence[int], reasons: Any, fault: Any) -> None:
    """Reject the rows whose text would hold two sharps: OVH could take what stands between for a placeholder."""
    together = 0
    for at, (column, often) in enumerate(zip(values, times, strict=True)):
        if column.sharps is not None:
            together = together + column.sharps * often
            wrong = (reasons == 0) & (together > 1)
            reasons[wrong], fault[wrong] = _PLACEHOLDER, at


def _reject_already_sent(classified: ClassifiedBlock, rules: ClassificationRules) -> None:
    """Reject the rows left that another run has sent to."""
    rows = np.flatnonzero(classified.reasons == 0)
    if rules.already_sent is None or not len(rows):
        return
    columns = columns_of(classified, rules.used, rows)
    classified.reasons[rows[rules.already_sent.rejects(classified.keys[rows], columns)]] = _ALREADY_SENT


def strings_in(table: Any, name: str) -> Any:
    """Return a column of a block as an array of strings."""
    column = table.column(name)
    return column if column.type == pa.string() else column.cast(pa.string())


def _import_for_threads(rules: ClassificationRules) -> None:
    """Import what the threads use: two that import one package at once may wait for each other, which is an error."""
    if rules.opted_out or rules.dead or rules.unreachable or rules.already_sent is not None:
        import_module("pandas.util")
    if rules.country_key is not None:
        region_of("France")  # babel imports more packages as it reads the names of countries


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
