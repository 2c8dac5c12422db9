"""A CSV file in OVH's form that computes its own digest."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO


class HashedCsv:
    """A CSV file in OVH's form (``;``, UTF-8, minimal quotes) that computes its own digest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sha = hashlib.sha256()
        self._file: BinaryIO = path.open("wb")
        self._writer = csv.writer(self, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)

    def row(self, values: Sequence[object]) -> None:
        """Write one row."""
        self._writer.writerow(values)

    def block(self, lines: memoryview) -> None:
        """Write lines in UTF-8 that each start with a line break instead of ending with one."""
        self._put(lines[1:])
        self._put(b"\n")

    def write(self, text: str) -> int:
        """Write whole lines as they are; called by the csv module."""
        data = text.encode("utf-8", "replace")
        self._put(data)
        return len(data)

    def close(self) -> None:
        """Write everything to the disk; may be repeated."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes written, hexadecimal."""
        return self._sha.hexdigest()

    def _put(self, data: bytes | memoryview) -> None:
        self._sha.update(data)
        self._file.write(data)
