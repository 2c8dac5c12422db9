"""Rows of a Parquet file as blocks of text columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.cell_text import CellForm
from ovh_sms.contacts.read.contact_file import ContactFile, ContactRows, RowBlock
from ovh_sms.contacts.read.csv_records import Record
from ovh_sms.contacts.read.header import MOST_ABOVE, read_header
from ovh_sms.contacts.read.used_columns import used_columns
from ovh_sms.errors import ContactsError

#: Rows and bytes of a block at most; and how much is read at once, as else whole row groups are held.
_BLOCK_ROWS, _BLOCK_BYTES, _BUFFER_BYTES = 100_000, 8 << 20, 1 << 20
#: Bytes of texts that :meth:`.CellForm.text` leaves as they are: ASCII and Latin letters.
_PLAIN = bytes([*range(0x20, 0x7F), *range(0x80, 0xC0), 0xC3, 0xC4, 0xC5])


@contextmanager
def open_parquet(file: ContactFile, options: ContactOptions, message: str) -> Iterator[ContactRows]:
    """Open a Parquet file as a contact list; columns of lists and structures are left out.

    :raises ContactsError: the file is damaged, or no contact list.
    """
    with _open(file) as parquet:
        at = _flat(parquet)
        names = name_columns([parquet.schema_arrow.names[each] for each in at])
        form = CellForm.of(options)
        header_of = partial(
            read_header,
            names,
            path=file.path,
            line=1,
            number_column=options.number_column,
            separator_found=False,
            region=options.region,
        )
        try:
            header = header_of()
        except ContactsError:  # the first rows may decide; else they say whether the names may be shown
            header = header_of(rows=_first_rows(file, parquet, at, form))
        yield ContactRows(
            path=file.path,
            kind="parquet",
            columns=header.columns,
            number_index=header.number_index,
            used=used_columns(message, header, options),
            blocks=partial(_row_blocks, file, parquet, at, form),
        )


def parquet_rows(file: ContactFile, options: ContactOptions) -> Iterator[tuple[int, list[str]]]:
    """Yield the names of the columns, then the rows as texts, each with its line."""
    with _open(file) as parquet:
        at = _flat(parquet)
        form, line = CellForm.of(options), 1
        yield line, list(name_columns([parquet.schema_arrow.names[each] for each in at]))
        for block in _blocks(file, parquet, parquet.schema_arrow.names) if at else ():
            with _reading(file):
                columns = [column_texts(block.column(each), form).to_pylist() for each in at]
            for row in zip(*columns, strict=True):
                line += 1
                yield line, list(row)


def name_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Give nameless columns of a query or a Parquet file a name: ``column_3`` for the third."""
    return tuple(name if name.strip() else f"column_{at}" for at, name in enumerate(columns, 1))


def _first_rows(file: ContactFile, parquet: Any, at: Sequence[int], form: CellForm) -> list[Record]:
    """The first rows, as texts."""
    with _reading(file):
        block = next(parquet.iter_batches(batch_size=MOST_ABOVE), None) if at else None
        if block is None:
            return []
        rows = zip(*(column_texts(block.column(each), form).to_pylist() for each in at), strict=True)
    return [Record(line, list(row)) for line, row in enumerate(rows, 2)]


@contextmanager
def _open(file: ContactFile) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with _reading(file):
        parquet = pq.ParquetFile(file.path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    with parquet:
        yield parquet


@contextmanager
def _reading(file: ContactFile) -> Iterator[None]:
    """Raise the errors of reading a Parquet file as one of the contact list."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise file.damaged("a Parquet file", error) from None


def _blocks(file: ContactFile, parquet: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Read columns; the errors of their users are not those of the file."""
    with _reading(file):
        blocks = parquet.iter_batches(batch_size=_block_rows(parquet), columns=list(columns))
    while True:
        with _reading(file):
            block = next(blocks, None)
        if block is None:
            return
        yield block


def _block_rows(parquet: Any) -> int:
    """Return how many rows a block may have, by their mean size."""
    described = parquet.metadata
    size: int = sum(described.row_group(at).total_byte_size for at in range(described.num_row_groups))
    rows: int = described.num_rows
    return max(min(_BLOCK_ROWS, _BLOCK_BYTES * rows // max(size, 1)), 100)


def _flat(file: Any) -> list[int]:
    import pyarrow as pa

    return [at for at, kind in enumerate(file.schema_arrow.types) if not pa.types.is_nested(kind)]


def _row_blocks(
    file: ContactFile, parquet: Any, at: Sequence[int], form: CellForm, needed: Mapping[str, int]
) -> Iterator[Callable[[], RowBlock]]:
    """Read the needed columns alone: others are never unpacked."""
    own = [parquet.schema_arrow.names[at[position]] for position in needed.values()]
    line = 2
    for block in _blocks(file, parquet, own):
        columns = [block.column(block.schema.names.index(name)) for name in own]
        yield partial(_row_block, file, columns, line, list(needed), form)
        line += block.num_rows


def _row_block(file: ContactFile, columns: Sequence[Any], line: int, names: list[str], form: CellForm) -> RowBlock:
    import numpy as np
    import pyarrow as pa

    with _reading(file):
        table = pa.RecordBatch.from_arrays([column_texts(column, form) for column in columns], names=names)
    return RowBlock(np.arange(line, line + table.num_rows, dtype=np.int64), table, [])


def column_texts(column: Any, form: CellForm) -> Any:
    """Write a column's values as texts, each distinct one once if possible."""
    import pyarrow as pa

    from ovh_sms.messaging.arrow_arrays import of_texts

    if pa.types.is_integer(column.type):
        return _filled(column.cast(pa.string()))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        filled = _filled(column.cast(pa.string()))
        if _is_plain(filled):
            return filled
    try:
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    except pa.ArrowNotImplementedError:
        return of_texts([form.text(value) for value in _values(column)])
    written = of_texts([form.text(value) for value in _values(coded.dictionary)])
    return _filled(written.take(coded.indices))


def _filled(column: Any) -> Any:
    """Write nothing for missing values; a plain text instead of pyarrow's would import pandas."""
    from ovh_sms.messaging.arrow_arrays import of_texts

    return column.fill_null(of_texts([""])[0]) if column.null_count else column


def _values(column: Any) -> Iterator[object]:
    """The values of a column; a short floating point number as the shortest one that means it."""
    import numpy as np
    import pyarrow as pa

    if column.type not in (pa.float16(), pa.float32()):
        yield from column.to_pylist()
        return
    kind = np.float16 if column.type == pa.float16() else np.float32
    for value in column.to_pylist():
        yield value if value is None or value.is_integer() else Decimal(str(kind(value)))


def _is_plain(column: Any) -> bool:
    """Return whether texts need no change."""
    import pyarrow as pa

    from ovh_sms.messaging.number_columns import string_buffers

    if string_buffers(column)[1].tobytes().translate(None, _PLAIN):
        return False
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
