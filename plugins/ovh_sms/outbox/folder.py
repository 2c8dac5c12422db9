"""A folder of CSV files for the outbox: which of them are complete, and what becomes of one that was read."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Protocol

from ovh_sms.private_files import write_private

#: A file that was changed within this time may still be written.
STILL_WRITTEN = timedelta(seconds=5)
#: In the name of a file that is being read: one that stays was left by a reader that was killed.
_TAKEN = ".taken-"


class FolderFile(Protocol):
    """A file that one worker reads."""

    @property
    def name(self) -> str:
        """The name that its writer gave it."""

    def read(self) -> bytes:
        """Return what it holds."""

    def refuse(self) -> None:
        """Keep it as ``NAME.refused``: it is no list of rows."""

    def reject(self, text: str) -> None:
        """Keep the list of its rejected rows as ``rejected/NAME``."""

    def remove(self) -> None:
        """Delete it: its rows are in the outbox."""


class OutboxFolder(Protocol):
    """A folder in which programs drop files."""

    def waiting(self, now: float) -> list[str]:
        """List the names of the files that are complete.

        :param now: seconds since 1970, by the clock of the files.
        :raises SourceUnavailable: the storage gave no answer.
        """

    def take(self, name: str) -> FolderFile:
        """Take a file to read it.

        :raises FileNotFoundError: another worker has taken it.
        :raises SourceUnavailable: the storage gave no answer.
        """


@dataclass(frozen=True)
class LocalFolder:
    """A folder of the local disk, or of one that all workers share."""

    path: Path

    def waiting(self, now: float) -> list[str]:
        """List the files that are complete, and those that a reader who was killed has left."""
        if not self.path.is_dir():
            return []
        old = now - STILL_WRITTEN.total_seconds()
        found = [path for pattern in ("*.csv", f"*.csv{_TAKEN}*") for path in self.path.glob(pattern)]
        return sorted(path.name for path in found if _changed_at(path) <= old)

    def take(self, name: str) -> LocalFile:
        """Rename it to a name of its own: a program may put the next one in its place meanwhile."""
        is_new = name.endswith(".csv")
        written = name if is_new else name.rpartition(_TAKEN)[0]
        own = self.path / (f"{written}{_TAKEN}{uuid.uuid4().hex}" if is_new else name)
        (self.path / name).replace(own)
        return LocalFile(name=written, path=own)


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """A file under the name that its reader gave it.

    :param name: the name that its writer gave it.
    """

    name: str
    path: Path

    def read(self) -> bytes:
        """Return what it holds."""
        return self.path.read_bytes()

    def refuse(self) -> None:
        """Rename it."""
        self.path.replace(_unused(self.path.with_name(f"{self.name}.refused")))

    def reject(self, text: str) -> None:
        """Write the list, for its owner alone."""
        write_private(_unused(self.path.parent / "rejected" / self.name), text)

    def remove(self) -> None:
        """Delete it."""
        self.path.unlink(missing_ok=True)


def _changed_at(path: Path) -> float:
    """When a file was changed last; never, if it is gone or no file."""
    try:
        return path.stat().st_mtime if path.is_file() else float("inf")
    except FileNotFoundError:
        return float("inf")


def _unused(path: Path) -> Path:
    """The path, or one with a number if there is such a file: what it holds is nowhere else."""
    names = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in count(2))
    return path if not path.exists() else next(each for each in names if not each.exists())
