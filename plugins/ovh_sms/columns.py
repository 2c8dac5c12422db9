"""Columns of values, in which most values come again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def converted(values: Sequence[Any], convert: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Convert the values of a column, each different value once.

    :param values: hashable ones; equal ones are converted alike.
    """
    known = {value: convert(value) for value in set(values)}
    return tuple(map(known.__getitem__, values))
