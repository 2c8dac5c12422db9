"""Writes the prepared list in batches of one submission each, as CSV for OVH and as Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from ovh_sms.contacts.batch import Batch, run_digest
from ovh_sms.contacts.write.hashed_csv import HashedCsv
from ovh_sms.contacts.write.receivers_table import ReceiversTable, RowDetails
from ovh_sms.errors import ConfigurationError

LIST_NAME, TABLE_NAME = "prepared.csv", "prepared.parquet"
_FOLDERS = "batch_*"


class BatchFile(NamedTuple):
    """The files of one batch, by their final paths: its rows, and SHA-256 of the CSV file."""

    list_path: Path
    table_path: Path
    accepted: int
    digest: str


class ReceiverBlock(NamedTuple):
    """Accepted receivers that go to one batch.

    :param csv_lines: their lines in UTF-8, quoted if need be, each behind a line break.
    :param texts: their numbers and values, arrays of strings.
    """

    csv_lines: memoryview
    texts: Sequence[Any]
    details: RowDetails


class BatchWriter:
    """Writes the accepted receivers, batch after batch, under temporary names until :meth:`publish`.

    A single batch is in the folder itself, several are in ``batch_0001``, ``batch_0002`` … below it.

    :param size: receivers of a batch at most; None for all in one.
    """

    def __init__(self, folder: Path, columns: Sequence[str], size: int | None) -> None:
        self._folder = folder
        self._columns = tuple(columns)
        self._size = size
        self._batches: list[_OpenBatch] = []
        self._open()

    def room(self, wanted: int) -> int:
        """Return how many of the next receivers fit the current batch."""
        accepted = self._current().accepted
        return wanted if self._size is None else min(wanted, self._size - accepted)

    def add_block(self, block: ReceiverBlock) -> int:
        """Add receivers, no more than :meth:`room` returned."""
        self._current().add_block(block)
        return len(self._batches) - 1

    def finish(self) -> list[BatchFile]:
        """Write everything to the disk, still under temporary names.

        :returns: the batches with their final paths.
        """
        for batch in self._batches:
            batch.close()
        return [
            BatchFile(home / LIST_NAME, home / TABLE_NAME, batch.accepted, batch.csv.digest)
            for batch, home in zip(self._batches, self._homes(), strict=True)
        ]

    def publish(self) -> None:
        """Rename the files into place; those of an earlier preparation are removed."""
        for earlier in self._folder.glob(_FOLDERS):
            shutil.rmtree(earlier)
        for name in (LIST_NAME, TABLE_NAME):
            (self._folder / name).unlink(missing_ok=True)
        for batch, home in zip(self._batches, self._homes(), strict=True):
            home.mkdir(mode=0o700, exist_ok=True)
            batch.csv.path.replace(home / LIST_NAME)
            batch.table.path.replace(home / TABLE_NAME)

    def discard(self) -> None:
        """Remove the files that were not published."""
        for batch in self._batches:
            batch.close()
            batch.csv.path.unlink(missing_ok=True)
            batch.table.path.unlink(missing_ok=True)

    def _homes(self) -> list[Path]:
        if len(self._batches) == 1:
            return [self._folder]
        return [self._folder / f"batch_{number:04d}" for number in range(1, len(self._batches) + 1)]

    def _current(self) -> _OpenBatch:
        """The batch of the next receiver; a full one is followed by the next."""
        if self._batches[-1].accepted == self._size:
            self._batches[-1].close()
            self._open()
        return self._batches[-1]

    def _open(self) -> None:
        self._batches.append(_OpenBatch(self._folder, len(self._batches) + 1, self._columns))


class _OpenBatch:
    """One batch while it is written."""

    def __init__(self, folder: Path, number: int, columns: Sequence[str]) -> None:
        self.csv = HashedCsv(temporary(folder / LIST_NAME, number))
        self.table = ReceiversTable(temporary(folder / TABLE_NAME, number), columns)
        self.accepted = 0
        self.csv.row(columns)

    def add_block(self, block: ReceiverBlock) -> None:
        self.csv.block(block.csv_lines)
        self.table.add_block(block.texts, block.details)
        self.accepted += len(block.details.lines)

    def close(self) -> None:
        self.csv.close()
        self.table.close()


def describe_batches(
    files: Sequence[BatchFile],
    costs: Sequence[float],
    rejected: Mapping[str, int],
    *,
    folder: Path,
    source_digest: str | None,
) -> Iterator[Batch]:
    """Describe the batches of a list; the first accounts for all rejects, so that the sums are the list's."""
    digest = run_digest([file.digest for file in files])
    for number, (file, cost) in enumerate(zip(files, costs, strict=True), 1):
        rejects = dict(rejected) if number == 1 else {}
        yield Batch(
            batch=number,
            of=len(files),
            list_path=file.list_path,
            table_path=file.table_path,
            rows=file.accepted + sum(rejects.values()),
            accepted=file.accepted,
            rejected=rejects,
            digest=file.digest,
            credits=cost,
            run_digest=digest,
            folder=folder,
            source_digest=source_digest,
        )


def check_batch_size(size: int | None) -> None:
    """Check the number of receivers of a batch.

    :raises ConfigurationError: it is less than 1.
    """
    if size is not None and size < 1:
        raise ConfigurationError(
            f"A batch of {size} receivers cannot be sent.", action="Give 'batch_size' 1 or more, or leave it out."
        )


def temporary(path: Path, number: int = 0) -> Path:
    """Return a unique name beside the final one; processes of other machines never share it."""
    return path.with_name(f".{path.name}.{number}.{uuid4().hex}.part")
