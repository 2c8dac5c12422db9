"""Columns of values, in which most values come again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def converted(values: Sequence[Any], convert: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Convert the values of a column, each different value once.

    :param values: hashable ones; equal ones are converted alike.
    """
    known = {value: convert(value) for value in set(values)}
    return tuple(map(known.__getitem__, values))


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Return each value of a column once, in their order. Numpy's own way, a hash table, takes a hundred times as long.

    :param values: integers.
    """
    import numpy as np

    ordered = np.sort(values, kind="stable")
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]
