"""What every source of contacts hands to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from ovh_sms.contacts.records import Record


class RowBlock(NamedTuple):
    """Some rows of a list, in its order.

    :param lines: line (or row) number of each row of the table, ascending, int64.
    :param table: strings without nulls; at least the number's column and those the message uses, by name.
    :param odd: broken rows, which stand in no table; their lines lie between those of the table.
    """

    lines: NDArray[np.int64]
    table: pa.RecordBatch
    odd: list[Record]
