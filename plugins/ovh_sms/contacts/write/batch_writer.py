"""Writes the prepared list in batches of one submission each, as CSV in OVH's form."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import uuid4

from ovh_sms.contacts.prepared_list import Batch, run_digest
from ovh_sms.contacts.write.pilot_sample import SampledRow
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.receiver_zones import Zones
from ovh_sms.private_files import remove_folder

LIST_NAME = "prepared.csv"
_FOLDERS = "batch_*"


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

    def line(self, line: bytes) -> None:
        """Write one line of another file in OVH's form, with its end."""
        self._put(line)

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


class BatchFile(NamedTuple):
    """The file of one batch, by its final path: its rows, its SHA-256, and the cut of the list it belongs to."""

    list_path: Path
    accepted: int
    digest: str
    cut: int = 0


class BatchWriter:
    """Writes the accepted receivers, batch after batch, under temporary names until :meth:`publish`.

    A single batch is in the folder itself, several are in ``batch_0001``, ``batch_0002`` … below it. Receivers of
    different cuts never share a batch.

    :param size: receivers of a batch at most; None for all in one.
    """

    def __init__(self, folder: Path, columns: Sequence[str], size: int | None) -> None:
        self._folder = folder
        self._columns = tuple(columns)
        self.size = size
        self._batches: list[_OpenBatch] = []
        #: Index of the batch that each cut's next receivers go to.
        self._current: dict[int, int] = {}

    def room(self, wanted: int, cut: int = 0) -> int:
        """Return how many of the next receivers of a cut fit its current batch."""
        if self.size is None:
            return wanted
        at = self._current.get(cut)
        left = 0 if at is None else self.size - self._batches[at].accepted
        return min(wanted, left or self.size)

    def add_block(self, lines: memoryview, receivers: int, cut: int = 0) -> int:
        """Add receivers, no more than :meth:`room` returned.

        :param lines: in UTF-8, quoted if need be, each behind a line break.
        :param cut: receivers of another one never share their batch.
        :returns: index of their batch.
        """
        at = self._current.get(cut)
        if at is None or self._batches[at].accepted == self.size:
            at = self._open(cut)
        self._batches[at].add_block(lines, receivers)
        if self._batches[at].accepted == self.size:
            self._batches[at].close()
        return at

    def accepted(self, at: int) -> int:
        """Return the receivers of a batch so far."""
        return self._batches[at].accepted

    def cuts(self) -> list[int]:
        """Return the cut of each batch."""
        return [each.cut for each in self._batches]

    def set_apart(self, groups: Sequence[Sequence[SampledRow]]) -> list[int]:
        """Move rows into new batches, which come first.

        :param groups: the rows of each new batch.
        :returns: the former indexes of the batches that have rows left.
        """
        moved = {(row.batch, row.position): group for group, rows in enumerate(groups) for row in rows}
        cuts = self.cuts()
        numbers = count(len(self._batches) + 1)
        new = [_OpenBatch(self._folder, next(numbers), self._columns, cuts[rows[0].batch]) for rows in groups]
        kept, left = [], []
        for at, batch in enumerate(self._batches):
            batch.close()
            rest = _OpenBatch(self._folder, next(numbers), self._columns, batch.cut)
            with batch.csv.path.open("rb") as lines:
                next(lines)  # the header
                for position, line in enumerate(lines):
                    group = moved.get((at, position))
                    (rest if group is None else new[group]).add_line(line)
            for old in (batch, rest) if not rest.accepted else (batch,):
                old.close()
                old.csv.path.unlink()
            if rest.accepted:
                kept.append(at)
                left.append(rest)
        self._batches, self._current = [*new, *left], {}
        return kept

    def finish(self) -> list[BatchFile]:
        """Write everything to the disk, still under temporary names.

        :returns: the batches with their final paths; an empty one if nobody is accepted.
        """
        if not self._batches:
            self._open(0)
        for batch in self._batches:
            batch.close()
        return [
            BatchFile(home / LIST_NAME, batch.accepted, batch.csv.digest, batch.cut)
            for batch, home in zip(self._batches, self._homes(), strict=True)
        ]

    def publish(self) -> None:
        """Rename the files into place; those of an earlier preparation are removed."""
        for earlier in self._folder.glob(_FOLDERS):
            remove_folder(earlier)
        (self._folder / LIST_NAME).unlink(missing_ok=True)
        for batch, home in zip(self._batches, self._homes(), strict=True):
            home.mkdir(mode=0o700, exist_ok=True)
            batch.csv.path.replace(home / LIST_NAME)

    def discard(self) -> None:
        """Remove the files that were not published."""
        for batch in self._batches:
            batch.close()
            batch.csv.path.unlink(missing_ok=True)

    def _homes(self) -> list[Path]:
        if len(self._batches) == 1:
            return [self._folder]
        return [self._folder / f"batch_{number:04d}" for number in range(1, len(self._batches) + 1)]

    def _open(self, cut: int) -> int:
        at = self._current[cut] = len(self._batches)
        self._batches.append(_OpenBatch(self._folder, at + 1, self._columns, cut))
        return at


class _OpenBatch:
    """One batch while it is written."""

    def __init__(self, folder: Path, number: int, columns: Sequence[str], cut: int) -> None:
        self.csv = HashedCsv(temporary(folder / LIST_NAME, number))
        self.cut = cut
        self.accepted = 0
        self.csv.row(columns)

    def add_block(self, lines: memoryview, receivers: int) -> None:
        self.csv.block(lines)
        self.accepted += receivers

    def add_line(self, line: bytes) -> None:
        self.csv.line(line)
        self.accepted += 1

    def close(self) -> None:
        self.csv.close()


def describe_batches(
    files: Sequence[BatchFile],
    costs: Sequence[float],
    rejected: Mapping[str, int],
    zones: Callable[[int], Zones],
    ends: Mapping[int, int],
    *,
    folder: Path,
    source_digest: str | None,
) -> Iterator[Batch]:
    """Describe the batches of a list; the first accounts for all rejects, so that the sums are the list's.

    :param zones: returns the time zones of a cut's receivers.
    :param ends: when the first message of a batch is of no use any more, in seconds since 1970, by the batch's index.
    """
    use = [datetime.fromtimestamp(ends[at], UTC).isoformat() if at in ends else None for at in range(len(files))]
    digest = run_digest([(file.digest, zones(file.cut), end) for file, end in zip(files, use, strict=True)])
    for number, (file, cost, end) in enumerate(zip(files, costs, use, strict=True), 1):
        rejects = dict(rejected) if number == 1 else {}
        yield Batch(
            batch=number,
            of=len(files),
            list_path=file.list_path,
            rows=file.accepted + sum(rejects.values()),
            accepted=file.accepted,
            rejected=rejects,
            digest=file.digest,
            credits=cost,
            run_digest=digest,
            folder=folder,
            source_digest=source_digest,
            zones=zones(file.cut),
            valid_until=end,
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
