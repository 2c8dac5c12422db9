"""The accepted receivers as Parquet: for questions about a campaign, with the cost of each message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ovh_sms.contacts.classified_rows import AcceptedRow
from ovh_sms.messaging.phone_numbers import calling_code

#: Columns of the table beside the receiver's number and values.
DETAILS = ("sms_line", "sms_segments", "sms_calling_code")

_ROWS = 10_000


class RowDetails(NamedTuple):
    """Line, segments and calling code of many rows, an array of integers each."""

    lines: Any
    segments: Any
    calling_codes: Any


class ReceiversTable:
    """A Parquet file of receivers: number, the used values, and the row's line, segments and calling code.

    :param path: the file; an existing one is replaced.
    :param columns: columns of the prepared list, ``number`` first.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self.path = path
        details = zip(detail_columns(columns), (pa.int64(), pa.int32(), pa.int16()), strict=True)
        self._schema = pa.schema([*((name, pa.string()) for name in columns), *details])
        self._writer: Any = parquet.ParquetWriter(
            path, self._schema, compression="lz4", use_dictionary=list(columns[1:]), write_statistics=False
        )
        self._rows: list[AcceptedRow] = []

    def add(self, row: AcceptedRow) -> None:
        """Add one receiver."""
        self._rows.append(row)
        if len(self._rows) >= _ROWS:
            self._flush()

    def add_block(self, texts: Sequence[Any], details: RowDetails) -> None:
        """Add many receivers at once.

        :param texts: numbers and used values, arrays of strings.
        """
        import pyarrow as pa

        from ovh_sms.messaging.arrow_arrays import of_integers

        types = self._schema.types[len(texts) :]
        numbers = [of_integers(values).cast(kind) for values, kind in zip(details, types, strict=True)]
        self._writer.write_batch(pa.record_batch([*texts, *numbers], schema=self._schema))

    def close(self) -> None:
        """Write everything to the disk; may be repeated."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import numpy as np

        from ovh_sms.messaging.arrow_arrays import of_texts

        rows, self._rows = self._rows, []
        columns = zip(*((row.number, *row.values) for row in rows), strict=True)
        details = RowDetails(
            lines=np.array([row.line for row in rows]),
            segments=np.array([row.size.segments for row in rows]),
            calling_codes=np.array([calling_code(row.number) for row in rows]),
        )
        self.add_block([of_texts(column) for column in columns], details)


def detail_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the detail columns, distinct from the contact list's own.

    :param columns: columns of the prepared list.
    :returns: :data:`DETAILS`, each with ``_`` behind it as often as the list has a column of that name.
    """
    return tuple(_distinct(name, columns) for name in DETAILS)


def _distinct(name: str, columns: Sequence[str]) -> str:
    return _distinct(f"{name}_", columns) if name in columns else name
