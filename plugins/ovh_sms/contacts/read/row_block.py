"""Blocks of rows, as every reader of contacts hands them to the block engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from ovh_sms.contacts.read.csv_records import Record


class RowBlock(NamedTuple):
    """Some rows of a contact list, in its order.

    :param table: strings without nulls; at least the number's column and those the message uses, by name.
    :param broken: rows that cannot be read or are hidden, which are not in the table; their lines lie between those
        of the table.
    """

    lines: NDArray[np.int64]
    table: pa.RecordBatch
    broken: list[Record]


@dataclass(frozen=True, kw_only=True)
class ContactRows:
    """An open contact list of any kind, with its rows still to be read, once.

    :param columns: the trimmed names in the list's order; ``number_index`` is the number's position in them.
    :param certainty: certainty of the encoding, from 0 to 1.
    :param header_line: line of the header.
    :param used: position of the column that each placeholder of the message means.
    :param blocks: given the columns that are needed, with their positions, yields for each block, in order, a
        function that returns its rows; any thread may call it.
    :param digest: called behind the last block, returns the SHA-256 of the rows; None if they are those of a file.
    """

    path: Path
    encoding: str
    certainty: float
    separator: str
    header_line: int
    columns: tuple[str, ...]
    number_index: int
    used: Mapping[str, int]
    blocks: Callable[[Mapping[str, int]], Iterator[Callable[[], RowBlock]]]
    digest: Callable[[], str] | None = None
