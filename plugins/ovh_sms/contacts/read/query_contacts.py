"""Rows of a query as blocks of text columns, as they come from the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import Any

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.cell_text import CellForm
from ovh_sms.contacts.read.contact_file import ContactFile, RowOpener
from ovh_sms.contacts.read.csv_records import Record
from ovh_sms.contacts.read.header import MOST_ABOVE, read_header
from ovh_sms.contacts.read.parquet_files import name_columns
from ovh_sms.contacts.read.row_block import ContactRows, RowBlock
from ovh_sms.messaging.mail_merge import check_placeholders

#: Rows that are fetched at once.
BLOCK_ROWS = 10_000


@contextmanager
def open_query(file: ContactFile, rows: RowOpener, options: ContactOptions, message: str) -> Iterator[ContactRows]:
    """Open the rows of a query as a contact list: the first one holds the names of the columns, in line 1.

    :raises ContactsError: it is no contact list.
    """
    form = CellForm.of(options)
    digest = hashlib.sha256()
    with rows() as values:
        names = name_columns([str(name or "") for name in next(values)])
        first = list(islice(values, MOST_ABOVE))
        header = read_header(
            names,
            path=file.path,
            line=1,
            number_column=options.number_column,
            separator_found=False,
            rows=[Record(line, list(map(form.text, row))) for line, row in enumerate(first, 2)],
            region=options.region,
        )
        yield ContactRows(
            path=file.path,
            encoding="utf-8",
            certainty=1.0,
            separator=";",
            header_line=1,
            columns=header.columns,
            number_index=header.number_index,
            used=check_placeholders(message, header.columns),
            blocks=partial(_row_blocks, chain(first, values), form, digest),
            digest=digest.hexdigest,
        )


def _row_blocks(
    rows: Iterator[Sequence[Any]], form: CellForm, digest: Any, needed: Mapping[str, int]
) -> Iterator[Callable[[], RowBlock]]:
    line = 2
    while block := list(islice(rows, BLOCK_ROWS)):
        texts = [_texts([row[at] for row in block], form) for at in needed.values()]
        for column in texts:
            digest.update("\x1f".join(column).encode("utf-8", "replace"))
        yield partial(_row_block, line, list(needed), texts)
        line += len(block)


def _texts(values: list[Any], form: CellForm) -> list[str]:
    """Write a column's values as texts; plain ones stay as they are."""
    if set(map(type, values)) == {str} and "".join(values).isprintable():
        return values
    return list(map(form.text, values))


def _row_block(line: int, names: list[str], texts: Sequence[Sequence[str]]) -> RowBlock:
    import numpy as np
    import pyarrow as pa

    from ovh_sms.messaging.arrow_arrays import of_texts

    table = pa.RecordBatch.from_arrays([of_texts(column) for column in texts], names=names)
    return RowBlock(np.arange(line, line + table.num_rows, dtype=np.int64), table, [])
