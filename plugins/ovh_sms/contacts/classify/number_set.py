"""Sets of tens of millions of phone numbers: one bit for a French mobile number, eight bytes for any other."""

from __future__ import annotations

from typing import Any

import numpy as np

#: +33 6 and +33 7, all of them: 25 MB of bits.
_BASE, _BITS = 33_600_000_000, 200_000_000


class NumberSet:
    """Numbers as integers (E.164 digits), tested and added by whole arrays."""

    def __init__(self) -> None:
        self._words: Any = None
        self._runs: list[Any] = []

    def contains(self, keys: Any) -> Any:
        """Return which numbers are in the set."""
        found = np.zeros(len(keys), dtype=np.bool_)
        bits = keys - _BASE
        dense = (bits >= 0) & (bits < _BITS)
        if self._words is not None:
            rows = bits[dense].astype(np.uint64)
            found[dense] = self._words[rows >> np.uint64(6)] >> (rows & np.uint64(63)) & np.uint64(1)
        if self._runs and not dense.all():
            other = np.flatnonzero(~dense)
            found[other] = self._in_runs(keys[other])
        return found

    def add(self, keys: Any) -> Any:
        """Add numbers.

        :returns: array of bool: True if this is the first time the number is added.
        """
        first = ~self.contains(keys)
        first[_repeated(keys)] = False
        new = np.sort(keys[first])
        low, high = np.searchsorted(new, (_BASE, _BASE + _BITS))
        if high > low:
            self._set_bits((new[low:high] - _BASE).astype(np.uint64))
        if high - low < len(new):
            self._add_run(np.concatenate((new[:low], new[high:])))
        return first

    def _set_bits(self, bits: Any) -> None:
        if self._words is None:
            self._words = np.zeros(_BITS // 64, dtype=np.uint64)
        words = (bits >> np.uint64(6)).astype(np.int64)
        start = np.flatnonzero(np.concatenate(([True], words[1:] != words[:-1])))
        masks = np.bitwise_or.reduceat(np.uint64(1) << (bits & np.uint64(63)), start)
        self._words[words[start]] |= masks

    def _in_runs(self, keys: Any) -> Any:
        order = np.argsort(keys)  # neighbours are in the same memory
        ordered = keys[order]
        hits = np.zeros(len(keys), dtype=np.bool_)
        for run in self._runs:
            at = np.searchsorted(run, ordered)
            at[at == len(run)] = 0
            hits |= run[at] == ordered
        found = np.empty_like(hits)
        found[order] = hits
        return found

    def _add_run(self, run: Any) -> None:
        """Keep few sorted runs: a run is merged with its neighbour once they are of like size."""
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate((self._runs.pop(), run)), kind="stable")
        self._runs.append(run)


def _repeated(keys: Any) -> Any:
    """Rows whose number stands in an earlier row of the same array."""
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return twice[:0].astype(np.int64)
    twice = np.unique(twice)
    at = np.searchsorted(twice, keys)
    at[at == len(twice)] = 0
    rows = np.flatnonzero(twice[at] == keys)
    _, first = np.unique(keys[rows], return_index=True)
    later = np.ones(len(rows), dtype=np.bool_)
    later[first] = False
    return rows[later]
