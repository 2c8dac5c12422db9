"""The operations of an object storage, and the one place that knows how to open it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ovh_sms.errors import ConfigurationError


@dataclass(frozen=True)
class StoredFile:
    """A file as the storage lists it.

    :param key: its whole name in the bucket, such as ``ovh_sms/spring/run/prepared.csv``.
    :param size: in bytes.
    :param changed_at: seconds since 1970.
    :param state: another one after each change; empty if the storage has none.
    """

    key: str
    size: int
    changed_at: float
    state: str = ""


class Storage(Protocol):
    """One bucket. A file appears in it whole, or not at all.

    Each call raises :class:`~ovh_sms.errors.FilesUnavailable` if no complete answer came, and
    :class:`~ovh_sms.errors.ConfigurationError` if the storage refuses the key or has no such bucket.
    """

    def file(self, key: str) -> StoredFile | None:
        """Return a file as it is now; ``None`` if there is none."""

    def files(self, folder: str) -> list[StoredFile]:
        """List all files below a folder, also those of folders in it, by their names."""

    def children(self, folder: str) -> tuple[list[str], list[StoredFile]]:
        """List the folders and the files that lie right in a folder, by their names."""

    def download(self, key: str, into: BinaryIO) -> None:
        """Write what a file holds into a file of this machine.

        :raises FileNotFoundError: there is none.
        """

    def upload(self, key: str, source: BinaryIO) -> None:
        """Make or replace a file by what a file of this machine holds, from where it stands."""

    def copy(self, key: str, target: str) -> None:
        """Make or replace a file by a copy of another one, within the storage.

        :raises FileNotFoundError: there is none.
        """

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files; one that is gone already is no error."""


#: Opens the storage at an address without a path, such as ``s3://connection@bucket``.
Opener = Callable[[str], Storage]
#: A port: only :mod:`ovh_sms.hooks` fills it, as it is imported.
_openers: list[Opener] = []


def use_opener(opener: Opener) -> None:
    """Have storages opened by a function from now on, in this process."""
    _openers[:] = [opener]


def storage_at(address: str) -> Storage:
    """Open a storage.

    :param address: as ``s3://connection@bucket``.
    :raises ConfigurationError: no opener is set in this process, or the storage cannot be opened.
    """
    if not _openers:
        raise ConfigurationError(
            f"This process has no opener for the object storage {address}.",
            action="Nothing was read or written. Import ovh_sms.hooks first, as every task does.",
        )
    return _openers[0](address)
