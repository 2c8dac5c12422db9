"""The prepared list in pieces small enough for one sending each, as CSV for OVH and as Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from ovh_sms.contacts.hashed_csv import HashedCsv
from ovh_sms.contacts.judge import Accepted
from ovh_sms.contacts.prepared import Batch, run_digest
from ovh_sms.contacts.table_file import TableFile
from ovh_sms.errors import ConfigurationError

LIST_NAME, TABLE_NAME = "prepared.csv", "prepared.parquet"
_FOLDERS = "batch_*"


class BatchFile(NamedTuple):
    """One piece, as it will lie in the folder: its paths, its rows, and SHA-256 of the CSV file."""

    list_path: Path
    table_path: Path
    accepted: int
    digest: str


class BatchWriter:
    """Writes the accepted receivers, piece after piece, under temporary names until :meth:`publish`.

    One piece lies in the folder itself, several lie in ``batch_0001``, ``batch_0002`` … below it.

    :param folder: where they go; it exists.
    :param columns: columns of the prepared list, ``number`` first.
    :param size: receivers of a piece at most; all in one where not given.
    """

    def __init__(self, folder: Path, columns: Sequence[str], size: int | None) -> None:
        self._folder = folder
        self._columns = tuple(columns)
        self._size = size
        self._pieces: list[_Piece] = []
        self._open()

    def add(self, row: Accepted) -> int:
        """Add one receiver.

        :param row: the accepted row.
        :returns: the piece it went to, from 0.
        """
        self._current().add(row)
        return len(self._pieces) - 1

    def room(self, wanted: int) -> int:
        """Tell how many of the next receivers go to one piece.

        :param wanted: how many there are.
        :returns: as many, or what is left of the piece.
        """
        taken = self._current().accepted
        return wanted if self._size is None else min(wanted, self._size - taken)

    def add_block(self, lines: memoryview, texts: Sequence[Any], *, facts: dict[str, Any], count: int) -> int:
        """Add receivers, no more than there is room for.

        :param lines: their lines in UTF-8, quoted where need be, each behind a line break.
        :param texts: their numbers and values as arrays.
        :param facts: see :meth:`~ovh_sms.contacts.table_file.TableFile.batch`.
        :param count: how many they are.
        :returns: the piece they went to, from 0.
        """
        self._current().add_block(lines, texts, facts, count)
        return len(self._pieces) - 1

    def finish(self) -> list[BatchFile]:
        """Write everything down to the disk, still under temporary names.

        :returns: the pieces, with the paths they will have.
        """
        for piece in self._pieces:
            piece.close()
        return [
            BatchFile(home / LIST_NAME, home / TABLE_NAME, piece.accepted, piece.csv.digest)
            for piece, home in zip(self._pieces, self._homes(), strict=True)
        ]

    def publish(self) -> None:
        """Put the pieces under their names, in the place of an earlier preparation's."""
        for earlier in self._folder.glob(_FOLDERS):
            shutil.rmtree(earlier)
        for name in (LIST_NAME, TABLE_NAME):
            (self._folder / name).unlink(missing_ok=True)
        for piece, home in zip(self._pieces, self._homes(), strict=True):
            home.mkdir(mode=0o700, exist_ok=True)
            piece.csv.path.replace(home / LIST_NAME)
            piece.table.path.replace(home / TABLE_NAME)

    def discard(self) -> None:
        """Remove what was not published."""
        for piece in self._pieces:
            piece.close()
            piece.csv.path.unlink(missing_ok=True)
            piece.table.path.unlink(missing_ok=True)

    def _homes(self) -> list[Path]:
        if len(self._pieces) == 1:
            return [self._folder]
        return [self._folder / f"batch_{number:04d}" for number in range(1, len(self._pieces) + 1)]

    def _current(self) -> _Piece:
        """The piece that the next receiver goes to; a full one is followed by the next."""
        if self._pieces[-1].accepted == self._size:
            self._pieces[-1].close()
            self._open()
        return self._pieces[-1]

    def _open(self) -> None:
        self._pieces.append(_Piece(self._folder, len(self._pieces) + 1, self._columns))


class _Piece:
    """One piece while it is written."""

    def __init__(self, folder: Path, number: int, columns: Sequence[str]) -> None:
        self.csv = HashedCsv(temporary(folder / LIST_NAME, number))
        self.table = TableFile(temporary(folder / TABLE_NAME, number), columns)
        self.accepted = 0
        self.csv.row(columns)

    def add(self, row: Accepted) -> None:
        self.csv.row((row.number, *row.values))
        self.table.row(row)
        self.accepted += 1

    def add_block(self, lines: memoryview, texts: Sequence[Any], facts: dict[str, Any], count: int) -> None:
        self.csv.block(lines)
        self.table.batch(texts, **facts)
        self.accepted += count

    def close(self) -> None:
        self.csv.close()
        self.table.close()


def batches_of(
    files: Sequence[BatchFile],
    costs: Sequence[float],
    rejected: Mapping[str, int],
    *,
    folder: Path,
    source_digest: str | None,
) -> Iterator[Batch]:
    """Describe the batches of a list; the first accounts for the rejected rows, so that the sums are the list's.

    :param files: the batches.
    :param costs: credits each costs.
    :param rejected: rejected rows of the list, by reason.
    :param folder: folder of the prepared list.
    :param source_digest: of the contact list.
    """
    digest = run_digest([file.digest for file in files])
    for number, (file, cost) in enumerate(zip(files, costs, strict=True), 1):
        refused = dict(rejected) if number == 1 else {}
        yield Batch(
            batch=number,
            of=len(files),
            list_path=file.list_path,
            table_path=file.table_path,
            rows=file.accepted + sum(refused.values()),
            accepted=file.accepted,
            rejected=refused,
            digest=file.digest,
            credits=cost,
            run_digest=digest,
            folder=folder,
            source_digest=source_digest,
        )


def check_batch_size(size: int | None) -> None:
    """Refuse a size that no piece can have.

    :param size: receivers of one sending.
    :raises ConfigurationError: it is less than 1.
    """
    if size is not None and size < 1:
        raise ConfigurationError(
            f"A batch of {size} receivers cannot be sent.",
            action="Give 'batch_size' 1 or more, or leave it out.",
        )


def temporary(path: Path, number: int = 0) -> Path:
    """Give a name beside the final one that nobody else gives, also not a process of the same number elsewhere.

    :param path: the final name.
    :param number: of the piece.
    """
    return path.with_name(f".{path.name}.{number}.{uuid4().hex}.part")
