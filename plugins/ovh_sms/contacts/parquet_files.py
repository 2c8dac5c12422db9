"""Rows of a Parquet file as lines of a CSV list, a batch of columns at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ovh_sms.contacts.cells import cell_text
from ovh_sms.contacts.workbooks import damaged

if TYPE_CHECKING:
    from ovh_sms.contacts.convert import LocalList

_BUFFER_BYTES = 1 << 20  # else whole row groups are held
#: Bytes of texts that :func:`~ovh_sms.contacts.cells.cell_text` leaves as they are and that need no quotes.
_PLAIN = bytes(byte for byte in range(32, 127) if byte not in b';"')


def parquet_columns(source: LocalList) -> list[str]:
    """Name the columns of a file that can stand in a message; lists and structures cannot.

    :param source: a local Parquet file.
    :returns: the names, in the file's order; some may be empty.
    :raises ContactsError: the file is damaged.
    """
    with _Reading(source) as file:
        return [file.schema_arrow.names[at] for at in _flat(file)]


def parquet_lines(source: LocalList, *, rows: int) -> Iterator[tuple[bytes, int]]:
    """Yield the rows of a file in the form that :func:`~ovh_sms.contacts.convert.write_rows` gives them.

    :param source: a local Parquet file.
    :param rows: rows of a batch at most.
    :returns: lines in UTF-8, and how many they are.
    :raises ContactsError: the file is damaged.
    """
    with _Reading(source) as file:
        columns = _flat(file)
        for batch in file.iter_batches(batch_size=rows) if columns else ():
            yield _lines([batch.column(at) for at in columns]), batch.num_rows


class _Reading:
    """An open Parquet file; what goes wrong with it is told as an error of the list."""

    def __init__(self, source: LocalList) -> None:
        self._source = source

    def __enter__(self) -> Any:
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(self._source.path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        except Exception as error:
            self._tell(error)
            raise
        return self._file

    def __exit__(self, _: object, error: BaseException | None, *rest: object) -> None:
        self._file.close()
        self._tell(error)

    def _tell(self, error: BaseException | None) -> None:
        import pyarrow as pa

        if isinstance(error, pa.ArrowException | OSError | ValueError | OverflowError):
            raise damaged(self._source, "a Parquet file", error) from None


def _flat(file: Any) -> list[int]:
    import pyarrow as pa

    return [at for at, kind in enumerate(file.schema_arrow.types) if not pa.types.is_nested(kind)]


def _lines(columns: list[Any]) -> bytes:
    """Join columns to lines."""
    import pyarrow.compute as pc

    from ovh_sms.messaging.arrays import of_texts
    from ovh_sms.messaging.bulk import string_buffers

    separator, end, nothing = (of_texts([text])[0] for text in (";", "\n", ""))
    texts = [_texts(column) for column in columns]
    if len(texts) == 1:  # a blank line would be no row
        texts.append(nothing)
    lines = pc.binary_join_element_wise(*texts, separator)
    return bytes(string_buffers(pc.binary_join_element_wise(lines, end, nothing))[1])


def _texts(column: Any) -> Any:
    """Write a column's values as they stand in a CSV list; where it can be, each distinct one once."""
    import pyarrow as pa

    from ovh_sms.messaging.arrays import of_texts

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
    """Tell whether texts need neither quotes nor any change."""
    from ovh_sms.messaging.bulk import string_buffers

    return not string_buffers(column)[1].tobytes().translate(None, _PLAIN)


def _field(value: object) -> str:
    text = cell_text(value)
    return '"' + text.replace('"', '""') + '"' if ";" in text or '"' in text else text
