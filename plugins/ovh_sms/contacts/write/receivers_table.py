"""The accepted receivers as Parquet: for questions about a campaign, with the cost of each message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

#: Columns of the table beside the receiver's number and values.
DETAILS = ("sms_line", "sms_segments", "sms_calling_code")


class RowDetails(NamedTuple):
    """Line, segments and calling code of many rows, an array of integers each."""

    lines: Any
    segments: Any
    calling_codes: Any


class ReceiversTable:
    """A Parquet file of receivers: number, the used values, and the row's line, segments and calling code."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self.path = path
        details = zip(detail_columns(columns), (pa.int64(), pa.int32(), pa.int16()), strict=True)
        self._schema = pa.schema([*((name, pa.string()) for name in columns), *details])
        self._writer: Any = parquet.ParquetWriter(
            path, self._schema, compression="lz4", use_dictionary=list(columns[1:]), write_statistics=False
        )

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
        self._writer.close()


def detail_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the detail columns, distinct from the contact list's own.

    :returns: :data:`DETAILS`, each with ``_`` behind it as often as the list has a column of that name.
    """
    return tuple(_distinct(name, columns) for name in DETAILS)


def _distinct(name: str, columns: Sequence[str]) -> str:
    return _distinct(f"{name}_", columns) if name in columns else name
