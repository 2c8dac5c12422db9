"""A block of rows, as every reader of contacts hands it to the block engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from ovh_sms.contacts.csv_records import Record


class RowBlock(NamedTuple):
    """Some rows of a contact list, in its order.

    :param table: strings without nulls; at least the number's column and those the message uses, by name.
    :param broken: broken rows, which are not in the table; their lines lie between those of the table.
    """

    lines: NDArray[np.int64]
    table: pa.RecordBatch
    broken: list[Record]
