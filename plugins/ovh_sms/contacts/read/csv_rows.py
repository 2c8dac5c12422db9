"""Rows of a CSV file as blocks of columns."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ovh_sms.contacts.read.contact_file import RowBlock
from ovh_sms.contacts.read.contact_table import ContactTable
from ovh_sms.contacts.read.csv_blocks import BlockReader, LineBlock, has_lone_return
from ovh_sms.contacts.read.csv_quotes import Lines, LineSorter
from ovh_sms.contacts.read.csv_records import Record, RecordReader, RowForm
from ovh_sms.messaging.arrow_arrays import of_integers, of_texts
from ovh_sms.messaging.number_columns import string_buffers

_RECORDS = 10_000
_NEWLINE = 10
#: First bytes of fields that may be blank: ASCII's blanks, and the first of those of two and three bytes.
_NO_NUMBER_BEGINS = np.zeros(256, dtype=np.bool_)
_NO_NUMBER_BEGINS[[*range(33), 0xC2, *range(0xE1, 0xE4)]] = True
_SURROGATES = re.compile("[\ud800-\udfff]")


def csv_row_blocks(
    table: ContactTable, needed: Mapping[str, int], *, checked: bool
) -> Iterator[Callable[[], RowBlock]]:
    """Read the rows of an open contact list.

    :param table: the contact list; its own records are not read.
    :param needed: the columns to read, the number's first, with their positions.
    :param checked: whether the file's bytes are known to fit its encoding.
    :returns: for each block, in order, a function that returns its rows; any thread may call it.
    """
    form = table.form
    cutter = _Cutter(form, needed)
    blocks = BlockReader(table.path, table.encoding, form, checked=checked, skip=table.header_lines)
    sorter = LineSorter(form)
    for block in blocks:
        if b'"' not in block.data:
            yield partial(cutter.cut, block, sorter)
            continue
        if has_lone_return(block.data):
            lines, left = cutter.read_all(block)
        else:
            lines = sorter.sort(block)
            left = lines.left
        if left[1]:
            blocks.put_back(*left)
        yield partial(cutter.merge, lines, block)


def record_row_blocks(table: ContactTable, needed: Mapping[str, int]) -> Iterator[Callable[[], RowBlock]]:
    """Read the rows of an open contact list one by one: slower, for any encoding and separator."""
    while records := list(islice(table.records, _RECORDS)):
        whole = [record for record in records if not record.broken]
        broken = [record for record in records if record.broken]
        numbers = np.array([record.line for record in whole], dtype=np.int64)
        columns = [of_texts([_readable(record.fields[index]) for record in whole]) for index in needed.values()]
        yield partial(RowBlock, numbers, pa.RecordBatch.from_arrays(columns, names=list(needed)), broken)


def _readable(text: str) -> str:
    """Replace lone surrogates, which some decoders let through and UTF-8 cannot write."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


class _Cutter:
    """Cuts lines into the needed columns."""

    def __init__(self, form: RowForm, needed: Mapping[str, int]) -> None:
        self._form, self._needed = form, list(needed)
        self._at = list(needed.values())
        self._names = [f"c{at}" for at in range(form.fields)]
        extra = self._names[form.width :]
        include = list(dict.fromkeys([*(self._names[at] for at in self._at), *extra]))
        self._extra = [include.index(name) for name in extra]
        self._found = [include.index(self._names[at]) for at in self._at]
        self._parse = pa.csv.ParseOptions(delimiter=form.separator, quote_char=False, double_quote=False)
        self._convert = pa.csv.ConvertOptions(
            column_types=dict.fromkeys(include, pa.string()), include_columns=include, check_utf8=False
        )

    def cut(self, block: LineBlock, sorter: LineSorter) -> RowBlock:
        """Cut a block without quotes; the sorter is used if a line is not as wide as the header."""
        lines = block.lines
        found = self._columns(block.data, lines) if sorter.stands_alone(block) else None
        if found is None:
            return self.merge(sorter.sort(block))
        numbers = np.arange(block.line, block.line + lines, dtype=np.int64)
        return self._row_block(*self._filled(block.data, numbers, found), [])

    def merge(self, lines: Lines, block: LineBlock | None = None) -> RowBlock:
        """Cut plain lines and merge the records into them that were read one by one.

        :param block: the block they were made from, if quotes were removed from it: a broken row keeps them.
        """
        found = self._columns(lines.data, len(lines.numbers))
        if found is None and block is not None:
            left = lines.left[0]
            whole_lines = block.data[: len(block.data) - len(left)]
            ahead = next(iter(_python_lines(left.decode("utf-8"))), block.ahead)
            return self.merge(self.read_all(block._replace(data=whole_lines, last=True, ahead=ahead))[0])
        if found is None:
            return self.merge(self._one_by_one(lines))
        whole = [record for record in lines.records if not record.broken]
        broken = [record for record in lines.records if record.broken]
        numbers, found = self._filled(lines.data, lines.numbers.astype(np.int64), found)
        if whole:
            numbers = np.concatenate((numbers, np.array([record.line for record in whole], dtype=np.int64)))
            order = np.argsort(numbers)
            numbers = numbers[order]
            found = [
                pa.concat_arrays([column, of_texts([record.fields[at] for record in whole])]).take(of_integers(order))
                for at, column in zip(self._at, found, strict=True)
            ]
        return self._row_block(numbers, found, broken)

    def read_all(self, block: LineBlock) -> tuple[Lines, tuple[bytes, int]]:
        """Read every line of a block one by one.

        :returns: their records, and the end of the block that needs more lines.
        """
        texts = _python_lines(block.data.decode("utf-8"))
        reader = RecordReader(texts, self._form.separator, self._form, ahead=block.ahead)
        reader.after_remnant = block.after_remnant
        records: list[Record] = []
        done = 0
        while done < len(texts):
            record = reader.step()
            if reader.ran_out and not block.last:
                break
            done = reader.taken
            if not record.blank:
                records.append(record._replace(line=record.line + block.line - 1))
        left = "".join(texts[done:]).encode("utf-8"), len(texts) - done
        return Lines(b"", np.zeros(0, dtype=np.int64), records, left), left

    def _one_by_one(self, lines: Lines) -> Lines:
        """Read lines one by one that seemed plain and are not."""
        texts = _python_lines(lines.data.decode("utf-8"))
        reader = RecordReader(texts, self._form.separator, self._form)
        numbers = lines.numbers.tolist()
        read = [record._replace(line=numbers[record.line - 1]) for record in reader]
        merged = sorted([*lines.records, *read], key=lambda record: record.line)
        return Lines(b"", np.zeros(0, dtype=np.int64), merged, lines.left)

    def _columns(self, data: bytes, lines: int) -> list[Any] | None:
        """Cut lines at their separators; None if they are not all alike."""
        if not data:
            return [of_texts([]) for _ in self._at] if not lines else None
        options = pa.csv.ReadOptions(use_threads=False, block_size=len(data) + 4, column_names=self._names, skip_rows=0)
        if data.startswith(codecs.BOM_UTF8):  # pyarrow drops one at the start, which here may be any line's
            data = codecs.BOM_UTF8 + data
        try:
            read = pa.csv.read_csv(
                pa.BufferReader(data), read_options=options, parse_options=self._parse, convert_options=self._convert
            )
        except pa.ArrowInvalid:
            return None
        if read.num_rows != lines:
            return None
        columns = [_one(column) for column in read.columns]
        if any(not _blank(columns[at]) for at in self._extra):
            return None
        return [columns[at] for at in self._found]

    def _filled(self, data: bytes, numbers: Any, columns: list[Any]) -> tuple[Any, list[Any]]:
        """Leave out lines of nothing but separators and blanks."""
        offsets, texts = string_buffers(columns[0])
        no_number = np.flatnonzero(np.diff(offsets) == 0)
        filled = np.flatnonzero(np.diff(offsets))
        no_number = np.append(no_number, filled[_NO_NUMBER_BEGINS[texts[offsets[filled]]]])
        if not len(no_number):
            return numbers, columns
        ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE)
        keep = np.ones(len(numbers), dtype=np.bool_)
        for at in no_number.tolist():
            line = data[ends[at - 1] + 1 if at else 0 : ends[at] if at < len(ends) else len(data)]
            keep[at] = bool(line.decode("utf-8").replace(self._form.separator, "").strip())
        if keep.all():
            return numbers, columns
        rows = of_integers(np.flatnonzero(keep))
        return numbers[keep], [column.take(rows) for column in columns]

    def _row_block(self, numbers: Any, columns: list[Any], broken: list[Record]) -> RowBlock:
        return RowBlock(numbers, pa.RecordBatch.from_arrays(columns, names=list(self._needed)), broken)


def _python_lines(text: str) -> list[str]:
    """Split at line ends as a text file does; ``str.splitlines`` knows more kinds of them."""
    import io

    return list(io.StringIO(text, newline=""))


def _one(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _blank(column: Any) -> bool:
    return pc.max(pc.binary_length(column)).as_py() in (0, None) or not any(
        value.strip() for value in column.unique().to_pylist()
    )
