"""Writes the prepared list and the rejects; a folder never shows half of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Self

from ovh_sms.contacts.judge import Accepted, Rejected
from ovh_sms.contacts.prepared import LIST_NAME, MANIFEST_NAME, REJECTS_NAME, PreparedList

#: A rejected value is shown up to this many characters.
MAX_SHOWN = 200
_RISKY = frozenset("=@\t\r+-")


class Outputs:
    """The files of one preparation, under temporary names until :meth:`publish`.

    :param folder: where they go; it is made if need be.
    :param used_columns: columns of the prepared list, ``number`` first.

    Used as a context manager: what was not published is removed.
    """

    def __init__(self, folder: Path, used_columns: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.list_path = folder / LIST_NAME
        self.rejects_path = folder / REJECTS_NAME
        self.manifest_path = folder / MANIFEST_NAME
        self.accepted = 0
        self.rejected: Counter[str] = Counter()
        self._list = _HashedCsv(_temporary(self.list_path))
        self._rejects = _HashedCsv(_temporary(self.rejects_path))
        self._list.row(used_columns)
        self._rejects.row(("line", "column", "value", "reason"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for output in (self._list, self._rejects):
            output.close()
            output.path.unlink(missing_ok=True)

    def accept(self, row: Accepted) -> None:
        """Add a receiver to the prepared list.

        :param row: the accepted row.
        """
        self._list.row((row.number, *row.values))
        self.accepted += 1

    def reject(self, row: Rejected) -> None:
        """Add a row to the rejects.

        :param row: the rejected row.
        """
        self._rejects.row((row.line, row.column, harmless(row.value[:MAX_SHOWN]), row.reason.value))
        self.rejected[row.reason.value] += 1

    def accept_block(self, rows: memoryview, count: int) -> None:
        """Add receivers to the prepared list.

        :param rows: their lines in UTF-8, quoted where need be, each behind a line break.
        :param count: how many they are.
        """
        self._list.block(rows)
        self.accepted += count

    def reject_block(self, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """Add rows to the rejects.

        :param rows: line, column, value and reason of each, in the file's order.
        """
        self._rejects.rows(
            [
                (
                    line,
                    column,
                    harmless(value[:MAX_SHOWN]) if value[:1] in _RISKY else value[:MAX_SHOWN],
                    reason,
                )
                for line, column, value, reason in rows
            ]
        )
        self.rejected.update(Counter([reason for _, _, _, reason in rows]))

    def finish(self) -> str:
        """Write everything down to the disk, still under temporary names.

        :returns: SHA-256 of the prepared list, hexadecimal.
        """
        for output in (self._list, self._rejects):
            output.close()
        return self._list.digest

    def publish(self, manifest: PreparedList) -> None:
        """Put the files under their names, the manifest last: where it stands, they belong together.

        :param manifest: the account of these files.
        """
        self.manifest_path.unlink(missing_ok=True)
        self._rejects.path.replace(self.rejects_path)
        self._list.path.replace(self.list_path)
        temporary = _temporary(self.manifest_path)
        temporary.write_text(
            json.dumps(manifest.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        temporary.replace(self.manifest_path)


def harmless(value: str) -> str:
    """Keep a spreadsheet from running a rejected value as a formula.

    :param value: a value as it stood in the list.
    :returns: the value, behind an apostrophe if it starts as a formula does; ``+33…`` is left as it is.
    """
    risky = value[:1] in ("=", "@", "\t", "\r") or (value[:1] in ("+", "-") and not value[1:2].isdigit())
    return f"'{value}" if risky else value


class _HashedCsv:
    """A CSV file in OVH's form (``;``, UTF-8, minimal quotes) that knows its own digest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sha = hashlib.sha256()
        self._file: BinaryIO = path.open("wb")
        self._writer = csv.writer(self, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)

    def row(self, values: Sequence[object]) -> None:
        self._writer.writerow(values)

    def rows(self, rows: Sequence[Sequence[object]]) -> None:
        """Write many rows at once."""
        text = io.StringIO()
        csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_MINIMAL).writerows(rows)
        self.write(text.getvalue())

    def block(self, lines: memoryview) -> None:
        """Write lines that each start with a line break instead of ending with one."""
        self._put(lines[1:])
        self._put(b"\n")

    def _put(self, data: bytes | memoryview) -> None:
        self._sha.update(data)
        self._file.write(data)

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "replace")
        self._sha.update(data)
        return self._file.write(data)

    def close(self) -> None:
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    @property
    def digest(self) -> str:
        return self._sha.hexdigest()


def _temporary(path: Path) -> Path:
    """A name beside the final one, of this process alone."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")
