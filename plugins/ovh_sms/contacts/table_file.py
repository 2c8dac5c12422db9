"""The accepted receivers as Parquet: for questions about a campaign, with what each message costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ovh_sms.contacts.judge import Accepted
from ovh_sms.messaging.numbers import calling_code

#: What a row of the table tells beside the receiver's number and values.
FACTS = ("sms_line", "sms_parts", "sms_calling_code")

_ROWS = 10_000


class TableFile:
    """A Parquet file of receivers: number, the used values, and the row's line, parts and calling code.

    :param path: the file; it is made anew.
    :param columns: columns of the prepared list, ``number`` first.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self.path = path
        facts = zip(fact_names(columns), (pa.int64(), pa.int32(), pa.int16()), strict=True)
        self._schema = pa.schema([*((name, pa.string()) for name in columns), *facts])
        self._writer: Any = parquet.ParquetWriter(
            path, self._schema, compression="lz4", use_dictionary=list(columns[1:]), write_statistics=False
        )
        self._rows: list[Accepted] = []

    def row(self, row: Accepted) -> None:
        """Add one receiver.

        :param row: the accepted row.
        """
        self._rows.append(row)
        if len(self._rows) >= _ROWS:
            self._flush()

    def batch(self, texts: Sequence[Any], *, lines: Any, parts: Any, codes: Any) -> None:
        """Add many receivers at once.

        :param texts: numbers and used values, arrays of strings.
        :param lines: line of each row, array of integers; so are the next two.
        :param parts: parts of each row's message.
        :param codes: calling code of each row.
        """
        import pyarrow as pa

        from ovh_sms.messaging.arrays import of_integers

        types = self._schema.types[len(texts) :]
        facts = [
            of_integers(values).cast(kind) for values, kind in zip((lines, parts, codes), types, strict=True)
        ]
        self._writer.write_batch(pa.record_batch([*texts, *facts], schema=self._schema))

    def close(self) -> None:
        """Bring everything down to the disk; may be repeated."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import numpy as np

        from ovh_sms.messaging.arrays import of_texts

        rows, self._rows = self._rows, []
        columns = zip(*((row.number, *row.values) for row in rows), strict=True)
        self.batch(
            [of_texts(column) for column in columns],
            lines=np.array([row.line for row in rows]),
            parts=np.array([row.size.parts for row in rows]),
            codes=np.array([calling_code(row.number) for row in rows]),
        )


def fact_names(columns: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of facts, apart from the list's own.

    :param columns: columns of the prepared list.
    :returns: :data:`FACTS`, each with ``_`` behind it as often as the list has a column of that name.
    """
    return tuple(_apart(fact, columns) for fact in FACTS)


def _apart(name: str, columns: Sequence[str]) -> str:
    return _apart(f"{name}_", columns) if name in columns else name
