"""A CSV file in OVH's form that knows its own digest."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO


class HashedCsv:
    """A CSV file in OVH's form (``;``, UTF-8, minimal quotes) that knows its own digest.

    :param path: the file; it is made anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sha = hashlib.sha256()
        self._file: BinaryIO = path.open("wb")
        self._writer = csv.writer(self, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)

    def row(self, values: Sequence[object]) -> None:
        """Write one row.

        :param values: its fields.
        """
        self._writer.writerow(values)

    def rows(self, rows: Sequence[Sequence[object]]) -> None:
        """Write many rows at once.

        :param rows: the fields of each.
        """
        text = io.StringIO()
        csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_MINIMAL).writerows(rows)
        self.write(text.getvalue())

    def block(self, lines: memoryview) -> None:
        """Write lines that each start with a line break instead of ending with one.

        :param lines: UTF-8, quoted where need be.
        """
        self._put(lines[1:])
        self._put(b"\n")

    def write(self, text: str) -> int:
        """Write text as it is; what the csv module calls.

        :param text: whole lines.
        :returns: bytes written.
        """
        data = text.encode("utf-8", "replace")
        self._put(data)
        return len(data)

    def close(self) -> None:
        """Bring everything down to the disk; may be repeated."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    @property
    def digest(self) -> str:
        """SHA-256 of what was written, hexadecimal."""
        return self._sha.hexdigest()

    def _put(self, data: bytes | memoryview) -> None:
        self._sha.update(data)
        self._file.write(data)
