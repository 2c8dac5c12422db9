"""Removes the quotes from a block of CSV lines, so that most lines can be cut at their separators alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ovh_sms.contacts.read.csv_blocks import LineBlock
from ovh_sms.contacts.read.csv_records import Record, RecordReader, RowForm

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


class Lines(NamedTuple):
    """Lines without quotes, and the records of all others.

    :param data: bytes of the plain lines.
    :param left: bytes of the block's end that need more lines, and how many lines they are.
    """

    data: bytes
    numbers: Any
    records: list[Record]
    left: tuple[bytes, int]


class LineSorter:
    """Separates lines that can be cut at their separators from those that cannot."""

    def __init__(self, form: RowForm) -> None:
        self._form, self._byte = form, ord(form.separator)

    def sort(self, block: LineBlock) -> Lines:
        """Sort the lines of a block.

        :param block: whole lines without a lone ``\\r``.
        """
        data = np.frombuffer(block.data, dtype=np.uint8)
        ends = np.flatnonzero(data == _NEWLINE) + 1
        if not len(ends) or ends[-1] < len(data):
            ends = np.append(ends, len(data))
        starts = np.concatenate(([0], ends[:-1]))
        separators = np.flatnonzero(data == self._byte)
        cuts = np.searchsorted(separators, ends)
        inside = np.diff(cuts, prepend=0)
        plain = inside == self._form.fields - 1
        quotes = np.flatnonzero(data == _QUOTE)
        plain[self._hard_lines(data, ends, separators, quotes)] = False
        matters = ~plain & (inside == 0)
        matters[np.searchsorted(ends, quotes, side="right")] = True
        self._exclude_neighbours(block, plain, matters & ~plain, np.flatnonzero(_filled(data, starts, ends)))
        records, end = self._read(block, starts, ends, plain)
        keep = np.repeat(plain, ends - starts)
        keep[quotes] = False
        rest = len(starts) - end
        cut = int(starts[end]) if rest else len(data)
        return Lines(data[keep].tobytes(), np.flatnonzero(plain) + block.line, records, (block.data[cut:], rest))

    def stands_alone(self, block: LineBlock) -> bool:
        """Return whether the lines around a block do not matter for its own: no row begins or ends in them."""
        form = self._form
        if not form.used or form.width == 1:
            return True
        return not block.after_remnant and (
            not block.ahead or ('"' not in block.ahead and form.separator in block.ahead)
        )

    def _exclude_neighbours(self, block: LineBlock, plain: Any, matters: Any, rows: Any) -> None:
        """Read the lines beside a field alone, or beside quotes that are not plain, one by one: they may be one row.

        :param matters: such lines.
        :param rows: lines that are not blank.
        """
        if not self._form.used or not len(rows):
            return
        together = matters[rows]
        plain[rows[1:][together[:-1]]] = False
        plain[rows[:-1][together[1:]]] = False
        if not self.stands_alone(block):
            plain[rows[[0, -1]]] = False

    def _hard_lines(self, data: Any, ends: Any, separators: Any, quotes: Any) -> Any:
        """Lines with a quote that is not alone around a whole field without separators."""
        if not len(quotes):
            return quotes
        before = np.where(quotes > 0, data[quotes - 1], _NEWLINE)
        after = np.append(data, _NEWLINE)[quotes + 1]
        opens = (before == self._byte) | (before == _NEWLINE)
        closes = (after == self._byte) | (after == _NEWLINE) | (after == _RETURN)
        line = np.searchsorted(ends, quotes, side="right")
        first = np.searchsorted(line, line)  # of the quotes of this line
        second = (np.arange(len(quotes)) - first) % 2 == 1
        fine = np.where(second, closes & ~opens, opens & ~closes)
        last = np.append(line[1:] != line[:-1], True)
        fine &= second | ~last  # an odd number of quotes
        closing = np.flatnonzero(second)
        inside = np.searchsorted(separators, quotes[closing]) - np.searchsorted(separators, quotes[closing - 1])
        fine[closing[inside > 0]] = False
        return np.unique(line[~fine])

    def _read(self, block: LineBlock, starts: Any, ends: Any, plain: Any) -> tuple[list[Record], int]:
        """Read the other lines one by one; returns their records and the first unfinished line."""
        records: list[Record] = []
        hard = np.flatnonzero(~plain).tolist()
        reader, first, behind = None, 0, 0
        while True:
            at = behind
            if reader is None or not reader.swallowed:
                following = bisect_left(hard, behind)
                if following == len(hard):
                    return records, len(starts)
                at = hard[following]
            if reader is None or at != behind:
                texts = _texts(block.data, starts, ends, at)
                reader, first = RecordReader(texts, self._form.separator, self._form, ahead=block.ahead), at
                reader.after_remnant = block.after_remnant and not at
            record = reader.step()
            if reader.ran_out and not block.last:
                plain[at:] = False
                return records, at
            behind = first + reader.taken
            plain[at:behind] = False
            if not record.blank:
                records.append(record._replace(line=block.line + at))


def _filled(data: Any, starts: Any, ends: Any) -> Any:
    """Return which lines hold more than their terminator."""
    first = data[starts]
    return (first != _NEWLINE) & ((first != _RETURN) | (ends - starts > 2))


def _texts(data: bytes, starts: Any, ends: Any, at: int) -> Iterator[str]:
    for line in range(at, len(starts)):
        yield data[starts[line] : ends[line]].decode("utf-8")
