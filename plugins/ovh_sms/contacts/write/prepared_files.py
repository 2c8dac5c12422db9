"""The files of a prepared list and its rejects; a folder never shows half of them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ovh_sms.contacts.prepared_list import KEYS_NAME, MANIFEST_NAME, REJECTS_NAME, PreparedList
from ovh_sms.contacts.write.batch_writer import LIST_NAME, BatchFile, BatchWriter, HashedCsv, temporary
from ovh_sms.contacts.write.pilot_batches import set_apart
from ovh_sms.contacts.write.pilot_sample import PilotRequest, PilotSample
from ovh_sms.messaging.spreadsheet_cells import safe_cell

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.list_totals import ListTotals

#: A rejected value is shown up to this many characters.
MAX_SHOWN = 200


class PreparedFiles:
    """The files of one preparation, under temporary names until :meth:`publish`.

    :param folder: made if need be.
    :param with_keys: the receivers' keys are kept too.
    :param pilot: the sample that gets batches of its own; ``None``: nobody does.

    Used as a context manager: files that were not published are removed.
    """

    def __init__(
        self,
        folder: Path,
        used_columns: Sequence[str],
        batch_size: int | None = None,
        *,
        with_keys: bool = False,
        pilot: PilotRequest | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (LIST_NAME, REJECTS_NAME, MANIFEST_NAME, KEYS_NAME):
            for left in folder.glob(f".{name}.*.part"):  # of an earlier attempt whose worker was killed
                left.unlink(missing_ok=True)
        self.folder = folder
        self.rejects_path = folder / REJECTS_NAME
        self.manifest_path = folder / MANIFEST_NAME
        self.rejected: Counter[str] = Counter()
        self.batches = BatchWriter(folder, used_columns, batch_size)
        self.sample = PilotSample(pilot) if pilot else None
        self.pilot_batches = 0
        self._rejects = HashedCsv(temporary(self.rejects_path))
        self._rejects.row(("line", "column", "value", "reason"))
        self._keys = HashedCsv(temporary(folder / KEYS_NAME)) if with_keys else None
        if self._keys:
            self._keys.row(("number", "key"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.batches.discard()
        self._rejects.close()
        self._rejects.path.unlink(missing_ok=True)
        if self._keys:
            self._keys.close()
            self._keys.path.unlink(missing_ok=True)

    def add_keys(self, rows: Iterable[tuple[str, str]]) -> None:
        """Keep the keys of accepted receivers.

        :param rows: number and key.
        """
        if self._keys:
            for row in rows:
                self._keys.row(row)

    def reject_block(self, lines: memoryview, reasons: Mapping[str, int]) -> None:
        """Add rows to the rejects.

        :param lines: their lines in UTF-8, as :func:`reject_line` writes them, each behind a line break.
        :param reasons: number of rows for each reason.
        """
        self._rejects.block(lines)
        self.rejected.update(reasons)

    def take_pilot(self, totals: ListTotals) -> None:
        """Set the sample apart, once all rows are written; its batches come first."""
        if self.sample:
            self.pilot_batches = set_apart(self.sample.rows(), self.batches, totals)

    def finish(self) -> list[BatchFile]:
        """Write everything to the disk, still under temporary names.

        :returns: the batches of the prepared list.
        """
        self._rejects.close()
        if self._keys:
            self._keys.close()
        return self.batches.finish()

    def publish(self, manifest: PreparedList) -> None:
        """Rename the finished files into place; the manifest comes last and marks the set complete."""
        self.manifest_path.unlink(missing_ok=True)
        self._rejects.path.replace(self.rejects_path)
        self.batches.publish()
        if self._keys:
            self._keys.path.replace(self.folder / KEYS_NAME)
        else:
            (self.folder / KEYS_NAME).unlink(missing_ok=True)
        unnamed = temporary(self.manifest_path)
        unnamed.write_text(json.dumps(manifest.to_xcom(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        unnamed.replace(self.manifest_path)


def reject_line(line: int, column: str, value: str, reason: str) -> str:
    """Write one rejected row as a line of CSV.

    :param line: of the contact list.
    :param column: name of the column at fault; empty for a broken row.
    :param value: cut after :data:`MAX_SHOWN` characters.
    :param reason: value of a :class:`~ovh_sms.messaging.reject_reasons.RejectReason`.
    :returns: the line without its end.
    """
    text = io.StringIO()
    fields = (line, shown_cell(column), shown_cell(value[:MAX_SHOWN]), reason)
    csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_MINIMAL).writerow(fields)
    return text.getvalue()[:-1]


def shown_cell(text: str) -> str:
    """Write a text of the contact list so that a spreadsheet neither runs it as a formula nor makes two rows of it.

    :returns: see :func:`~ovh_sms.messaging.spreadsheet_cells.safe_cell`. Every line break inside it is a line feed,
        as Python quotes no other.
    """
    return safe_cell(text.replace("\r\n", "\n").replace("\r", "\n"))
