"""Writes the prepared list and the rejects; a folder never shows half of them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from ovh_sms.contacts.batches import LIST_NAME, TABLE_NAME, BatchFile, BatchWriter, temporary
from ovh_sms.contacts.hashed_csv import HashedCsv
from ovh_sms.contacts.judge import Rejected
from ovh_sms.contacts.prepared import MANIFEST_NAME, REJECTS_NAME, PreparedList

#: A rejected value is shown up to this many characters.
MAX_SHOWN = 200


class Outputs:
    """The files of one preparation, under temporary names until :meth:`publish`.

    :param folder: where they go; it is made if need be.
    :param used_columns: columns of the prepared list, ``number`` first.
    :param batch_size: receivers of one piece of the list at most; all in one where not given.

    Used as a context manager: what was not published is removed.
    """

    def __init__(self, folder: Path, used_columns: Sequence[str], batch_size: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (LIST_NAME, TABLE_NAME, REJECTS_NAME, MANIFEST_NAME):
            for left in folder.glob(f".{name}.*.part"):  # of an earlier try whose worker was killed
                left.unlink(missing_ok=True)
        self.rejects_path = folder / REJECTS_NAME
        self.manifest_path = folder / MANIFEST_NAME
        self.rejected: Counter[str] = Counter()
        self.batches = BatchWriter(folder, used_columns, batch_size)
        self._rejects = HashedCsv(temporary(self.rejects_path))
        self._rejects.row(("line", "column", "value", "reason"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.batches.discard()
        self._rejects.close()
        self._rejects.path.unlink(missing_ok=True)

    def reject(self, row: Rejected) -> None:
        """Add a row to the rejects.

        :param row: the rejected row.
        """
        self._rejects.write(reject_line(row.line, row.column, row.value, row.reason.value) + "\n")
        self.rejected[row.reason.value] += 1

    def reject_block(self, lines: memoryview, reasons: Mapping[str, int]) -> None:
        """Add rows to the rejects.

        :param lines: their lines in UTF-8, as :func:`reject_line` writes them, each behind a line break.
        :param reasons: how many there are for each reason.
        """
        self._rejects.block(lines)
        self.rejected.update(reasons)

    def finish(self) -> list[BatchFile]:
        """Write everything down to the disk, still under temporary names.

        :returns: the pieces of the prepared list.
        """
        self._rejects.close()
        return self.batches.finish()

    def publish(self, manifest: PreparedList) -> None:
        """Put the files under their names, the manifest last: where it stands, they belong together.

        :param manifest: the account of these files.
        """
        self.manifest_path.unlink(missing_ok=True)
        self._rejects.path.replace(self.rejects_path)
        self.batches.publish()
        unnamed = temporary(self.manifest_path)
        unnamed.write_text(
            json.dumps(manifest.to_xcom(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        unnamed.replace(self.manifest_path)


def reject_line(line: int, column: str, value: str, reason: str) -> str:
    """Write one rejected row as a line of CSV.

    :param line: of the contact list.
    :param column: whose value is at fault; empty for a broken row.
    :param value: the value; what is longer than :data:`MAX_SHOWN` is cut.
    :param reason: value of a :class:`~ovh_sms.messaging.reasons.RejectReason`.
    :returns: the line without its end.
    """
    text = io.StringIO()
    fields = (line, column, harmless(value[:MAX_SHOWN]), reason)
    csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_MINIMAL).writerow(fields)
    return text.getvalue()[:-1]


def harmless(value: str) -> str:
    """Keep a spreadsheet from running a rejected value as a formula, or from taking it for two rows.

    :param value: a value as it stood in the list.
    :returns: the value, behind an apostrophe if it starts as a formula does; ``+33…`` is left as it is. Every line
        break inside of it is a line feed, as Python quotes no other.
    """
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    risky = value[:1] in ("=", "@", "\t", "\r") or (value[:1] in ("+", "-") and not value[1:2].isdigit())
    return f"'{value}" if risky else value
