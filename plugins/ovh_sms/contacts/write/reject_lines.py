"""Lines of the rejects file for a whole block at once, byte for byte as the csv module writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.write.prepared_files import MAX_SHOWN, reject_line
from ovh_sms.messaging.arrow_arrays import of_integers, of_texts
from ovh_sms.messaging.number_columns import REASONS, string_buffers

_NAMES = of_texts([reason.value if reason else "" for reason in REASONS])
#: Bytes of values that need neither quotes nor a change: those of most rejected numbers.
_SIMPLE = np.zeros(256, dtype=np.bool_)
_SIMPLE[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz +-./()")] = True
_DIGIT = np.zeros(256, dtype=np.bool_)
_DIGIT[list(b"0123456789")] = True
_PHONE = _DIGIT.copy()
_PHONE[list(b" .()")] = True


def reject_lines(lines: Any, columns: Sequence[str], column: Any, values: Any, reasons: Any) -> Any:
    """Write the rejected rows of a block as lines of CSV.

    :param lines: line of each row in the contact list, array of integers.
    :param column: index of the column at fault, for each row.
    :param values: the value at fault, array of strings.
    :param reasons: index into REASONS, for each row.
    :returns: array of strings, each behind a line break.
    """
    values = pc.utf8_trim(values, " ")
    shown = [
        pc.binary_join_element_wise(_text("\n"), pc.cast(of_integers(lines), pa.string()), _text("")),
        of_texts([_field(name) for name in columns]).take(of_integers(column)),
        values,
        _NAMES.take(of_integers(reasons)),
    ]
    written = pc.binary_join_element_wise(*shown, _text(";"))
    hard = np.flatnonzero(~_simple(*string_buffers(values)))
    if not len(hard):
        return written
    rows = zip(
        lines[hard].tolist(),
        [columns[at] for at in column[hard].tolist()],
        values.take(of_integers(hard)).to_pylist(),
        [_NAMES[at].as_py() for at in reasons[hard].tolist()],
        strict=True,
    )
    slow = of_texts(["\n" + reject_line(line, name, value.strip(), why) for line, name, value, why in rows])
    # the slow ones behind the others, each then taken from where it is
    place = np.arange(len(written), dtype=np.int64)
    place[hard] = len(written) + np.arange(len(hard))
    return pa.concat_arrays([written, slow]).take(of_integers(place))


def in_order(block: Any, lines: Any, others: Sequence[tuple[int, str]]) -> Any:
    """Merge further rejects, each with its line in the contact list, into those of a block."""
    order = np.argsort(np.concatenate([lines, np.array([line for line, _ in others])]), kind="stable")
    return pa.concat_arrays([block, of_texts(["\n" + text for _, text in others])]).take(of_integers(order))


def _simple(offsets: Any, data: Any) -> Any:
    """Return which values can be written as they are: short, of common characters, no formula in a spreadsheet."""
    odd = np.flatnonzero(~_SIMPLE[data])
    simple = np.diff(np.searchsorted(odd, offsets)) == 0
    length = np.diff(offsets)
    simple &= length <= MAX_SHOWN
    filled = np.flatnonzero(simple & (length > 0))
    first = data[offsets[filled]]
    signed = filled[(first == ord("+")) | (first == ord("-"))]
    behind = np.minimum(offsets[signed] + 1, len(data) - 1)
    others = np.flatnonzero(~_PHONE[data])  # strokes and letters may compute
    alone = np.diff(np.searchsorted(others, offsets))[signed] == 1
    simple[signed] = (length[signed] > 1) & _DIGIT[data[behind]] & alone
    return simple


def _field(name: str) -> str:
    """A column's name as the csv module writes it inside a row."""
    return reject_line(0, name, "", "").split(";", 1)[1].rsplit(";;", 1)[0]


def _text(text: str) -> Any:
    return of_texts([text])[0]
