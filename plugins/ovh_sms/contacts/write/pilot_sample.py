"""The people of a list who get the message first: a sample of all of it, the same in each preparation of a run."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

#: Shifts and factors of SplitMix64.
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


@dataclass(frozen=True, kw_only=True)
class PilotRequest:
    """A sample that is wanted.

    :param count: rows in it.
    :param salt: names the run: the same one draws the same people, another one others.
    """

    count: int
    salt: str


@dataclass(frozen=True)
class SampledRow:
    """A row of the sample: its place in the list, and what it costs.

    :param batch: index of the batch that it was written to.
    :param position: its place in that batch, from 0.
    :param end: when its message is of no use any more, in seconds since 1970; 0: nobody says so.
    """

    batch: int
    position: int
    destination: int
    segments: int
    end: int


class PilotSample:
    """Draws the sample while the rows are written, in one pass: those whose numbers have the smallest digests.

    The order of the list does not matter: a sorted list gives no sample of one town or one age.
    """

    def __init__(self, wanted: PilotRequest) -> None:
        self._count = wanted.count
        self._salt = int.from_bytes(hashlib.sha256(wanted.salt.encode()).digest()[:8])
        self._drawn: Any = None
        self._seen = 0

    def add(self, keys: Any, batch: int, position: int, destinations: Any, segments: Any, ends: Any) -> None:
        """Take rows into account that were written to one batch.

        :param keys: E.164 digits, array of integers.
        :param position: place of the first one in the batch.
        """
        import numpy as np

        size = len(keys)
        self._seen += size
        digests = _mixed(keys.astype(np.uint64) ^ np.uint64(self._salt))
        columns = (digests, np.full(size, batch), np.arange(position, position + size), destinations, segments)
        last = np.zeros(size) if ends is None else ends
        added = np.stack([np.asarray(each, dtype=np.uint64) for each in (*columns, last)])
        drawn = added if self._drawn is None else np.concatenate([self._drawn, added], axis=1)
        if drawn.shape[1] > self._count:
            # Equal digests, as of two messages to one number, are ordered by their place in the list.
            drawn = drawn[:, np.lexsort((drawn[2], drawn[1], drawn[0]))[: self._count]]
        self._drawn = drawn

    def rows(self) -> list[SampledRow]:
        """Return the sample in the order of the list; nobody if the list has no more rows than that."""
        import numpy as np

        if self._seen <= self._count:
            return []
        order = np.lexsort((self._drawn[2], self._drawn[1]))
        return [SampledRow(*map(int, each)) for each in self._drawn[1:, order].T.tolist()]


def sizes_of(rows: list[SampledRow]) -> Counter[tuple[int, int]]:
    """Count rows by destination and segments."""
    return Counter((each.destination, each.segments) for each in rows)


def _mixed(values: Any) -> Any:
    """Digests of 64 bits, by SplitMix64."""
    import numpy as np

    for shift, factor in _MIX:
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values ^ (values >> np.uint64(31))
