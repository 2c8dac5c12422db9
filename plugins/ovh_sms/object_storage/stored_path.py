"""A path whose file lies in an object storage: rooms below the skin use it as they use one of the disk.

A storage has no folders, rights and links: they need not be made, and nobody but the connection's key reads a file.
What names a file of this machine (``open(path)``, ``os``, ``shutil``, SQLite) is refused by ``__fspath__``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PosixPath
from typing import IO, Any, Self

from ovh_sms.errors import ConfigurationError
from ovh_sms.object_storage.storage import Storage, StoredFile, storage_at
from ovh_sms.object_storage.transfers import opened_for_reading, opened_for_writing

_SEPARATOR = "://"
_BLOCK = 1 << 20


def as_path(written: str | Path) -> Path:
    """Turn a path that was written down, as in a table or an XCom, into a path again.

    :param written: of the disk, or as ``s3://connection@bucket/folder/file``.
    """
    if isinstance(written, Path):
        return written
    return StoredPath.of(written) if _SEPARATOR in written else Path(written)


def blocks(path: StoredPath) -> Iterator[bytes]:
    """Read a file block by block; it is opened at once, so that one that is gone is an error here."""
    file = path.open("rb")

    def read() -> Iterator[bytes]:
        with file:
            while block := file.read(_BLOCK):
                yield block

    return read()


class StoredPath(PosixPath):
    """A file or a folder of an object storage. Its text is its address: ``s3://connection@bucket/folder/file``."""

    @classmethod
    def of(cls, address: str) -> Self:
        """Read an address.

        :raises ConfigurationError: it names no bucket, or holds ``..``.
        """
        scheme, _, rest = address.partition(_SEPARATOR)
        path = cls(f"/{scheme}/{rest.strip('/')}")
        bucket = rest.partition("/")[0].rpartition("@")[2]
        if not scheme.isalnum() or not bucket or ".." in path.parts:
            raise ConfigurationError(
                f"The address {address!r} names no bucket.",
                action="Nothing was read or written. Give it as s3://connection@bucket/folder.",
            )
        return path

    def __str__(self) -> str:
        plain = super().__str__()
        if not plain.startswith("/"):
            return plain
        scheme, _, rest = plain[1:].partition("/")
        return f"{scheme}{_SEPARATOR}{rest}"

    def __fspath__(self) -> str:
        raise TypeError(f"{self} is not a file of this machine.")

    @property
    def storage(self) -> Storage:
        """The bucket, opened."""
        return storage_at(_SEPARATOR.join(self.parts[1:3]))

    @property
    def key(self) -> str:
        """The whole name within the bucket."""
        return "/".join(self.parts[3:])

    def open(  # type: ignore[override]
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open a copy for reading, or a new file that appears once it is closed without an error."""
        kind, text = mode.replace("b", "").replace("t", ""), "b" not in mode
        how = {"encoding": encoding or "utf-8", "errors": errors, "newline": newline} if text else {}
        storage, key = self.storage, self.key
        if kind == "r":
            return opened_for_reading(lambda file: storage.download(key, file), text=text, **how)
        if kind == "w":
            return opened_for_writing(lambda file: storage.upload(key, file), text=text, **how)
        raise ValueError(f"{self} cannot be opened as {mode!r}: a file of a storage is replaced as a whole.")

    def read_bytes(self) -> bytes:
        """Return what the file holds."""
        with self.open("rb") as file:
            return bytes(file.read())

    def read_text(self, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> str:
        """Return the text that the file holds."""
        with self.open("r", encoding=encoding, errors=errors, newline=newline) as file:
            return str(file.read())

    def write_bytes(self, data: Any) -> int:
        """Replace what the file holds."""
        with self.open("wb") as file:
            return int(file.write(data))

    def write_text(
        self, data: str, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> int:
        """Replace the text that the file holds."""
        with self.open("w", encoding=encoding, errors=errors, newline=newline) as file:
            return int(file.write(data))

    def touch(self, mode: int = 0o666, exist_ok: bool = True) -> None:
        """Make an empty file."""
        self.write_bytes(b"")

    def replace(self, target: Any) -> Self:
        """Put the file in another one's place. That appears at once; this one goes after it."""
        self.storage.copy(self.key, target.key)
        self.storage.remove([self.key])
        return type(self)(*target.parts)

    def rename(self, target: Any) -> Self:
        """Do as :meth:`replace`."""
        return self.replace(target)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the file."""
        if not missing_ok and not self.is_file():
            raise FileNotFoundError(str(self))
        self.storage.remove([self.key])

    def remove_all(self) -> None:
        """Remove everything below this folder."""
        self.storage.remove([each.key for each in self.storage.files(self.key)])

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Do nothing: a folder is there once it holds a file."""

    def rmdir(self) -> None:
        """Do nothing: a folder is gone once it holds no file."""

    def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:
        """Do nothing: the bucket's policy says who may read."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return size and time; a folder has those of its newest file."""
        found = self.storage.file(self.key)
        if found is not None:
            return _stat(stat.S_IFREG | 0o600, found.size, found.changed_at)
        below = self.storage.files(self.key)
        if not below:
            raise FileNotFoundError(str(self))
        return _stat(stat.S_IFDIR | 0o700, 0, max(each.changed_at for each in below))

    def lstat(self) -> os.stat_result:
        """Do as :meth:`stat`."""
        return self.stat()

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether it is a file, or a folder that holds one."""
        return self.is_file() or self.is_dir()

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether there is such a file."""
        return self.storage.file(self.key) is not None

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether there is a file below."""
        folders, files = self.storage.children(self.key)
        return bool(folders or files)

    def is_symlink(self) -> bool:
        """Return that it is none."""
        return False

    def resolve(self, strict: bool = False) -> Self:
        """Return the path, which has no links; check that it is there if that is asked for."""
        if strict and not self.exists():
            raise FileNotFoundError(str(self))
        return self

    def absolute(self) -> Self:
        """Return the path."""
        return self

    def expanduser(self) -> Self:
        """Return the path."""
        return self

    def iterdir(self) -> Generator[Self, None, None]:
        """List files and folders right in this one."""
        folders, files = self.storage.children(self.key)
        for key in sorted([*folders, *(each.key for each in files)]):
            yield self._at(key)

    def glob(self, pattern: str, **_: Any) -> Generator[Self, None, None]:
        """Find files and folders; ``*`` is within one name."""
        wanted = pattern.split("/")
        start = len(self.parts) - 3
        keys = (each.key.split("/") for each in self._listed(len(wanted)))
        found = {tuple(key[: start + len(wanted)]) for key in keys if len(key) >= start + len(wanted)}
        for key in sorted(found):
            if all(fnmatchcase(name, each) for name, each in zip(key[start:], wanted, strict=True)):
                yield self._at("/".join(key))

    def _listed(self, depth: int) -> Iterable[StoredFile]:
        """Files below, or those of one folder and its folders by their names if no more is wanted."""
        if depth > 1:
            return self.storage.files(self.key)
        folders, files = self.storage.children(self.key)
        return [*files, *(StoredFile(each, 0, 0.0) for each in folders)]

    def _at(self, key: str) -> Self:
        return type(self)("/", *self.parts[1:3], key)


def _stat(mode: int, size: int, changed_at: float) -> os.stat_result:
    at = int(changed_at)
    return os.stat_result((mode, 0, 0, 1, os.getuid(), os.getgid(), size, at, at, at))
