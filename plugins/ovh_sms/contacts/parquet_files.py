"""Rows of a Parquet file as lines of a CSV list, a block of columns at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ovh_sms.contacts.cell_text import cell_text
from ovh_sms.contacts.contact_file import ContactFile

_BUFFER_BYTES = 1 << 20  # else whole row groups are held
#: Bytes of texts that :func:`~ovh_sms.contacts.cell_text.cell_text` leaves as they are and that need no quotes.
_PLAIN = bytes(byte for byte in range(32, 127) if byte not in b';"')


def parquet_columns(file: ContactFile) -> list[str]:
    """Return the names of the columns a message can use; lists and structures are left out.

    :returns: the names in the file's order; some may be empty.
    :raises ContactsError: the file is damaged.
    """
    with _OpenParquet(file) as parquet:
        return [parquet.schema_arrow.names[at] for at in _flat(parquet)]


def parquet_lines(file: ContactFile, *, rows: int) -> Iterator[tuple[bytes, int]]:
    """Yield the rows of a file as :func:`~ovh_sms.contacts.csv_copy.write_rows` writes them.

    :param rows: rows of a block at most.
    :raises ContactsError: the file is damaged.
    """
    with _OpenParquet(file) as parquet:
        columns = _flat(parquet)
        for block in parquet.iter_batches(batch_size=rows) if columns else ():
            yield _lines([block.column(at) for at in columns]), block.num_rows


class _OpenParquet:
    """An open Parquet file; errors of reading it are raised as errors of the contact list."""

    def __init__(self, file: ContactFile) -> None:
        self._file = file

    def __enter__(self) -> Any:
        import pyarrow.parquet as pq

        try:
            self._parquet = pq.ParquetFile(self._file.path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        except Exception as error:
            self._raise_damaged(error)
            raise
        return self._parquet

    def __exit__(self, _: object, error: BaseException | None, *rest: object) -> None:
        self._parquet.close()
        self._raise_damaged(error)

    def _raise_damaged(self, error: BaseException | None) -> None:
        import pyarrow as pa

        if isinstance(error, pa.ArrowException | OSError | ValueError | OverflowError):
            raise self._file.damaged("a Parquet file", error) from None


def _flat(file: Any) -> list[int]:
    import pyarrow as pa

    return [at for at, kind in enumerate(file.schema_arrow.types) if not pa.types.is_nested(kind)]


def _lines(columns: list[Any]) -> bytes:
    import pyarrow.compute as pc

    from ovh_sms.messaging.arrow_arrays import of_texts
    from ovh_sms.messaging.number_columns import string_buffers

    separator, end, nothing = (of_texts([text])[0] for text in (";", "\n", ""))
    texts = [_texts(column) for column in columns]
    if len(texts) == 1:  # a blank line would be no row
        texts.append(nothing)
    lines = pc.binary_join_element_wise(*texts, separator)
    return bytes(string_buffers(pc.binary_join_element_wise(lines, end, nothing))[1])


def _texts(column: Any) -> Any:
    """Write a column's values as they stand in a CSV list, each distinct one once if possible."""
    import pyarrow as pa

    from ovh_sms.messaging.arrow_arrays import of_texts

    if pa.types.is_integer(column.type):
        return column.cast(pa.string()).fill_null("")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        filled = column.cast(pa.string()).fill_null("")
        if _is_plain(filled):
            return filled
    try:
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    except pa.ArrowNotImplementedError:
        return of_texts([_field(value) for value in column.to_pylist()])
    written = of_texts([_field(value) for value in coded.dictionary.to_pylist()])
    return written.take(coded.indices).fill_null("")


def _is_plain(column: Any) -> bool:
    """Return whether texts need neither quotes nor any change."""
    from ovh_sms.messaging.number_columns import string_buffers

    return not string_buffers(column)[1].tobytes().translate(None, _PLAIN)


def _field(value: object) -> str:
    text = cell_text(value)
    return '"' + text.replace('"', '""') + '"' if ";" in text or '"' in text else text
