"""Tells how far a long preparation is."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Progress is told after so many rows, or after so many seconds.
PROGRESS_ROWS, PROGRESS_SECONDS = 50_000, 1.0

#: Called with rows read and rows rejected so far.
Progress = Callable[[int, int], None]


class Telling:
    """Passes progress on, but not too often.

    :param progress: called with rows read and rows rejected so far, or None.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._told, self._due = 0, time.monotonic() + PROGRESS_SECONDS

    def __call__(self, rows: int, rejected: int) -> None:
        """Tell, if it is time to.

        :param rows: rows read so far.
        :param rejected: rows rejected so far.
        """
        if self._progress and (rows - self._told >= PROGRESS_ROWS or time.monotonic() >= self._due):
            self._progress(rows, rejected)
            self._told, self._due = rows, time.monotonic() + PROGRESS_SECONDS

    def last(self, rows: int, rejected: int) -> None:
        """Tell how it ended.

        :param rows: rows read.
        :param rejected: rows rejected.
        """
        if self._progress:
            self._progress(rows, rejected)
