"""Decides on whole batches of contacts: who gets an SMS, what it costs, and why the others get none.

The verdicts are those of :mod:`ovh_sms.contacts.judge`, which decides row by row. What can be told about a batch by
itself is found in as many threads as pyarrow may use; duplicates, files and totals then take the batches in order,
so that the result does not depend on threads.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.changes import Changes
from ovh_sms.contacts.judge import suppressed_numbers
from ovh_sms.contacts.numberset import NumberSet
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.outputs import Outputs, reject_line
from ovh_sms.contacts.reject_lines import in_order, reject_lines
from ovh_sms.contacts.row_blocks import RowBlock
from ovh_sms.contacts.sizes import MessageCounter
from ovh_sms.contacts.tally import Tally
from ovh_sms.contacts.values import ValueReader, Values, rows_by_replaced
from ovh_sms.messaging.arrays import of_integers, of_texts
from ovh_sms.messaging.bulk import REASONS, NumberReader
from ovh_sms.messaging.numbers import FRANCE
from ovh_sms.messaging.places import Places
from ovh_sms.messaging.reasons import RejectReason

_SUPPRESSED, _DUPLICATE = REASONS.index(RejectReason.SUPPRESSED), REASONS.index(RejectReason.DUPLICATE)
_NAMES = [reason.value if reason else "" for reason in REASONS]
_MOST_DIGITS = 18


class _Judged(NamedTuple):
    """What can be told about a batch by itself; ``fault`` is the column at fault, -1 for the number's."""

    batch: RowBlock
    keys: Any
    reasons: Any
    fault: Any
    values: list[Values]
    codes: Any
    places: Any
    parts: Any


class BatchJudge:
    """Judges batches, each of them once; any thread may use it.

    :param number_column: name of the number's column.
    :param used: names of the columns the message uses, without ``number``.
    :param message: the campaign's message.
    :param stop_clause: whether OVH appends the STOP clause for French receivers.
    :param options: which numbers get an SMS, and what becomes of values.
    :param suppressed: numbers that get no SMS, in any form.
    :param changes: counts what the options change in values, where given.
    """

    def __init__(
        self,
        *,
        number_column: str,
        used: Sequence[str],
        message: str,
        stop_clause: bool,
        options: ContactOptions,
        suppressed: Collection[str],
        changes: Changes | None = None,
    ) -> None:
        self.number_column, self.used = number_column, tuple(used)
        self._stop_clause = stop_clause
        self._numbers = NumberReader(
            options.region, allow_fiction=options.allow_fiction, also_accept=options.also_accept
        )
        self._values = [ValueReader(options) for _ in used]
        self._changes, self._counting = changes, Lock()
        self._places = Places()
        self._counter = MessageCounter(message, used)
        self.unicode = self._counter.unicode
        self._suppressed = NumberSet()
        listed = suppressed_numbers(suppressed, region=options.region)
        known = [key for key in listed if key < 10**_MOST_DIGITS]
        self._suppressed.add(np.array(known, dtype=np.int64))

    def judge(self, batch: RowBlock) -> _Judged:
        """Find what can be told about a batch by itself.

        :param batch: some rows.
        :returns: the batch and its verdicts, duplicates not yet among them.
        """
        keys, reasons, codes = self._numbers.read(_strings(batch.table, self.number_column))
        stopped = np.flatnonzero(reasons == 0)
        stopped = stopped[self._suppressed.contains(keys[stopped])]
        reasons[stopped] = _SUPPRESSED
        fault = np.full(len(keys), -1, dtype=np.int16)
        values = []
        for at, (name, reader) in enumerate(zip(self.used, self._values, strict=True)):
            found = reader.read(_strings(batch.table, name))
            values.append(found)
            if found.reasons.any():
                wrong = (reasons == 0) & (found.reasons != 0)
                reasons[wrong], fault[wrong] = found.reasons[wrong], at
        if self._changes is not None:
            replaced = rows_by_replaced(values)
            filled = {name: found.filled for name, found in zip(self.used, values, strict=True)}
            with self._counting:
                self._changes.add(replaced, filled)
        clause = (codes == FRANCE) & self._stop_clause
        return _Judged(
            batch,
            keys,
            reasons,
            fault,
            values,
            codes,
            places=self._places.of(keys, np.where(reasons == 0, codes, 0)),
            parts=self._counter.parts(keys, values, clause),
        )


def run(
    batches: Iterable[Callable[[], RowBlock]],
    judge: BatchJudge,
    outputs: Outputs,
    told: Callable[[int, int], None],
) -> Tally:
    """Judge, write and count every row.

    :param batches: for each batch, in order, how to get it.
    :param judge: what can be told about a batch by itself.
    :param outputs: receives the rows.
    :param told: called behind each batch with rows read and rows rejected so far.
    :returns: the totals.
    """
    tally = Tally(judge.used)
    seen = NumberSet()
    for judged in _in_order(lambda batch: judge.judge(batch()), batches, threads=pa.cpu_count()):
        candidates = np.flatnonzero(judged.reasons == 0)
        later = candidates[~seen.add(judged.keys[candidates])]
        judged.reasons[later] = _DUPLICATE
        accepted = np.flatnonzero(judged.reasons == 0)
        tally.rows += len(judged.keys) + len(judged.batch.odd)
        if len(accepted):
            _accept(judged, accepted, outputs, tally, unicode=judge.unicode)
        _reject(judged, judge, outputs)
        told(tally.rows, outputs.rejected.total())
    return tally


def _accept(judged: _Judged, rows: Any, outputs: Outputs, tally: Tally, *, unicode: bool) -> None:
    """Write and count the accepted rows of a batch, piece by piece."""
    while len(rows):
        some, rows = np.split(rows, [outputs.batches.room(len(rows))])
        _accept_some(judged, some, outputs, tally, unicode=unicode)


def _accept_some(judged: _Judged, rows: Any, outputs: Outputs, tally: Tally, *, unicode: bool) -> None:
    """Write and count accepted rows that go to one piece of the list."""
    every = len(rows) == len(judged.keys)
    index = None if every else of_integers(rows)

    def only(column: Any) -> Any:
        return column if index is None else column.take(index)

    keys = pc.cast(of_integers(judged.keys[rows]), pa.string())
    numbers = pc.binary_join_element_wise(_text("+"), keys, _text(""))
    texts = [only(values.texts) for values in judged.values]
    written = [
        text if values.written is values.texts else only(values.written)
        for text, values in zip(texts, judged.values, strict=True)
    ]
    lines = pc.binary_join_element_wise(_text("\n"), numbers, _text(""))
    shown = pc.binary_join_element_wise(lines, *written, _text(";")) if written else lines
    facts = {
        "lines": judged.batch.lines[rows],
        "parts": judged.parts[rows],
        "codes": judged.codes[rows],
    }
    batch = outputs.batches.add_block(_bytes(shown), [numbers, *texts], facts=facts, count=len(rows))
    tally.add_batch(
        places=judged.places[rows],
        parts=facts["parts"],
        lines=facts["lines"],
        unicode=unicode,
        empty=[int(np.count_nonzero(values.characters[rows] == 0)) for values in judged.values],
        batch=batch,
    )


def _reject(judged: _Judged, judge: BatchJudge, outputs: Outputs) -> None:
    """Write and count the rejected rows of a batch, in the file's order."""
    rows = np.flatnonzero(judged.reasons != 0)
    lines, reasons = judged.batch.lines[rows], judged.reasons[rows]
    columns = [*judge.used, judge.number_column]
    fault = judged.fault[rows].astype(np.int64)
    fault[fault < 0] = len(judge.used)  # the number's
    found = reject_lines(lines, columns, fault, _at_fault(judged, judge, rows, fault), reasons)
    counts = Counter({_NAMES[at]: times for at, times in enumerate(np.bincount(reasons).tolist()) if times})
    odd = judged.batch.odd
    if odd:
        broken = RejectReason.BROKEN_ROW.value
        written = [(each.line, reject_line(each.line, "", " | ".join(each.fields), broken)) for each in odd]
        found = in_order(found, lines, written)
        counts[broken] += len(odd)
    if len(found):
        outputs.reject_block(_bytes(found), counts)


def _at_fault(judged: _Judged, judge: BatchJudge, rows: Any, fault: Any) -> Any:
    """The value at fault of each rejected row: mostly the number, as it stands in the list."""
    numbers = _strings(judged.batch.table, judge.number_column).take(of_integers(rows))
    values = [column.texts.take(of_integers(rows[fault == at])) for at, column in enumerate(judged.values)]
    if not any(len(each) for each in values):
        return numbers
    place = np.arange(len(rows), dtype=np.int64)
    end = len(rows)
    for at, each in enumerate(values):
        place[fault == at] = end + np.arange(len(each))
        end += len(each)
    return pa.concat_arrays([numbers, *values]).take(of_integers(place))


def _text(text: str) -> Any:
    return of_texts([text])[0]  # pyarrow.scalar looks for pandas, too


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
