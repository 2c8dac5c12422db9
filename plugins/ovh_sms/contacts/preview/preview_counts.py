"""Counts for a preview beside the manifest's, read from the prepared list and its rejects a chunk at a time."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ovh_sms.contacts.classify.list_totals import BlockCounts, ListTotals
from ovh_sms.contacts.read.contact_table import MAX_LINE_CHARACTERS
from ovh_sms.messaging.country_rules import FICTION_RANGE, codes_with_stop_clause
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import not_gsm7

#: Bytes read at once.
CHUNK_BYTES = 4 << 20
_REJECTS = ("line", "column", "value", "reason")


class ReceiverCounts(NamedTuple):
    """Receivers of fiction, and the cost of another message; its totals are empty if none was given."""

    fiction: int
    totals: ListTotals


def first_rows(path: Path, count: int) -> list[dict[str, str]]:
    """Read the values of a prepared list's first receivers, by column."""
    # A list may hold longer values than Python's own limit, and transliteration makes them longer still.
    csv.field_size_limit(8 * MAX_LINE_CHARACTERS)
    with path.open(encoding="utf-8", newline="") as handle:
        return list(islice(csv.DictReader(handle, delimiter=";"), count))


def count_receivers(
    path: Path, *, used: Sequence[str], message: str | None = None, stop_clause: bool = False
) -> ReceiverCounts:
    """Count receivers of fiction, and the segments of another message than the list was prepared for.

    :param used: the prepared list's columns behind ``number``.
    :param message: the other message, of the same columns; None for none.
    :returns: the counts; memory does not grow with the list.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from ovh_sms.contacts.classify.column_values import ValueReader
    from ovh_sms.contacts.classify.segment_counter import SegmentCounter
    from ovh_sms.contacts.options import ContactOptions
    from ovh_sms.messaging.arrow_arrays import integers_in
    from ovh_sms.messaging.destinations import Destinations
    from ovh_sms.messaging.plan_walker import PlanWalker

    counter = SegmentCounter(message, used) if message is not None else None
    readers = [ValueReader(ContactOptions()) for _ in used]  # the values are changed already
    walker, destinations, totals, fiction = PlanWalker(), Destinations(), ListTotals(used), 0
    names = [f"c{at}" for at in range(len(used) + 1)]
    for table in _tables(path, names, names if counter else names[:1]):
        keys = integers_in(pc.cast(pc.utf8_slice_codeunits(table.column(0), 1), pa.int64()))
        fiction += int(np.count_nonzero(keys // 10_000 == FICTION_RANGE))
        if counter is None or not len(keys):
            continue
        values = [reader.read(column) for reader, column in zip(readers, table.columns[1:], strict=True)]
        codes = walker.calling_codes(keys)
        totals.rows += len(keys)
        totals.add_block(
            BlockCounts(
                destinations=destinations.of(keys, codes),
                segments=counter.segments(keys, values, codes_with_stop_clause(codes) & stop_clause),
                lines=np.zeros(len(keys), dtype=np.int64),
                unicode=counter.unicode,
                empty=[0] * len(used),
            )
        )
    return ReceiverCounts(fiction, totals)


def rejected_characters(path: Path) -> dict[str, int]:
    """Count the rows rejected for a character, by character, the commonest first.

    A row with two such characters counts for both.
    """
    import pyarrow.compute as pc

    from ovh_sms.messaging.arrow_arrays import integers_in, of_texts

    reason = of_texts([RejectReason.NOT_GSM7.value])[0]
    found: Counter[str] = Counter()
    for table in _tables(path, _REJECTS, _REJECTS[2:]):
        values = table.column(0).filter(pc.equal(table.column(1), reason)).dictionary_encode()
        rows = integers_in(values.indices)
        for value, times in zip(values.dictionary.to_pylist(), _times(rows), strict=True):
            for character in not_gsm7(value):
                found[character] += times
    return dict(found.most_common())


def _times(indices: Any) -> list[int]:
    import numpy as np

    return np.bincount(indices).tolist() if len(indices) else []


def _tables(path: Path, names: Sequence[str], wanted: Sequence[str]) -> Iterator[Any]:
    """Read a file written by this package, without its header, as record batches of the wanted columns."""
    import pyarrow as pa
    import pyarrow.csv

    parse = pa.csv.ParseOptions(delimiter=";", newlines_in_values=True, invalid_row_handler=lambda _: "skip")
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), include_columns=list(wanted), check_utf8=False
    )
    with path.open("rb") as handle:
        for chunk in _chunks(handle):
            read = pa.csv.ReadOptions(use_threads=False, block_size=len(chunk) + 1, column_names=list(names))
            table = pa.csv.read_csv(io.BytesIO(chunk), read_options=read, parse_options=parse, convert_options=convert)
            yield from table.combine_chunks().to_batches()


def _chunks(handle: BinaryIO) -> Iterator[bytes]:
    """Cut a file behind whole records; the header is left out."""
    kept, header = b"", True
    while chunk := handle.read(CHUNK_BYTES):
        data = kept + chunk
        cut = _records_end(data)
        kept, data = data[cut:], data[:cut]
        if header and data:
            data, header = data[_header_end(data) :], False
        if data:
            yield data
    if kept and not header:
        yield kept


def _records_end(data: bytes) -> int:
    """End of the last whole record: at a line end outside quotes; 0 if there is none."""
    end = len(data)
    while end := data.rfind(b"\n", 0, end) + 1:
        if data.count(b'"', 0, end) % 2 == 0:
            return end
        end -= 1
    return 0


def _header_end(data: bytes) -> int:
    """End of the first record, which may hold quotes but is whole."""
    end = 0
    while True:
        end = data.find(b"\n", end) + 1
        if data.count(b'"', 0, end) % 2 == 0:
            return end
