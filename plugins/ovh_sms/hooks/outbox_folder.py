"""The folder of the outbox's CSV files: on the local disk, or in a bucket that an Airflow connection opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, SourceUnavailable
from ovh_sms.outbox.folder import STILL_WRITTEN, LocalFolder

if TYPE_CHECKING:
    from ovh_sms.outbox.folder import OutboxFolder


def outbox_folder(address: str) -> OutboxFolder:
    """Return the folder at a path or an address.

    :param address: a path, or as ``s3://connection@bucket/folder``.
    :raises ConfigurationError: Airflow has no provider for such a storage.
    """
    return Bucket(address) if "://" in address else LocalFolder(Path(address))


def waiting_files(address: str, now: float) -> int:
    """Return how many files of a folder are complete.

    :param now: seconds since 1970.
    :raises SourceUnavailable: the storage gave no answer.
    """
    return len(outbox_folder(address).waiting(now))


class Bucket:
    """A folder of an object storage. Its files are not renamed: no storage does that in one step.

    Two workers may read one file at once; its keys queue each SMS once.

    :param address: as ``s3://connection@bucket/folder``.
    """

    def __init__(self, address: str) -> None:
        from airflow.sdk import ObjectStoragePath

        self.address = address.rstrip("/")
        try:
            with asking(self.address):
                path = ObjectStoragePath(self.address)
                self.storage: Any = path.fs
                self.path: str = path.path.rstrip("/")
        except (ImportError, ValueError, TypeError) as error:
            raise ConfigurationError(
                f"Airflow has no provider for the storage of the outbox's files {address} ({type(error).__name__}).",
                action="No file was queued. Install it, such as apache-airflow-providers-amazon for s3://.",
            ) from None

    def waiting(self, now: float) -> list[str]:
        """List the files that are complete."""
        from airflow.sdk.io.stat import stat_result

        old = now - STILL_WRITTEN.total_seconds()
        with asking(self.address):
            self.storage.invalidate_cache()  # other programs write here
            try:
                listed = self.storage.ls(self.path, detail=True)
            except FileNotFoundError:  # a folder without a file is none
                return []
        files = [each for each in listed if each["type"] == "file" and each["name"].endswith(".csv")]
        # One whose storage shows no time is complete: an object comes into being whole.
        return sorted(each["name"].rpartition("/")[2] for each in files if (stat_result(each).st_mtime or 0) <= old)

    def of(self, name: str) -> str:
        """Return the path of a file in the storage."""
        return f"{self.path}/{name}"

    def take(self, name: str) -> BucketFile:
        """Note the state of a file before it is read."""
        file = BucketFile(name=name, bucket=self)
        file.note_state()
        return file


@dataclass(kw_only=True)
class BucketFile:
    """A file of an object storage. It is deleted only if it is still the one that was read."""

    name: str
    bucket: Bucket
    _state: str = field(default="", init=False)
    _content: bytes = field(default=b"", init=False, repr=False)

    def note_state(self) -> None:
        """Note what distinguishes the file from one that replaces it.

        :raises FileNotFoundError: it is gone.
        """
        self._state = self._state_now()

    def read(self) -> bytes:
        """Return what it holds."""
        with asking(self.bucket.address):
            self._content = self.bucket.storage.cat_file(self._path)
        return self._content

    def refuse(self) -> None:
        """Write it under its new name, then delete it."""
        with asking(self.bucket.address):
            self.bucket.storage.pipe_file(self._unused(f"{self.name}.refused"), self._content)
        self.remove()

    def reject(self, text: str) -> None:
        """Write the list."""
        with asking(self.bucket.address):
            self.bucket.storage.makedirs(self.bucket.of("rejected"), exist_ok=True)
            self.bucket.storage.pipe_file(self._unused(f"rejected/{self.name}"), text.encode())

    def remove(self) -> None:
        """Delete it, unless a program has replaced it meanwhile: then that one is read next."""
        try:
            if self._state_now() == self._state:
                with asking(self.bucket.address):
                    self.bucket.storage.rm_file(self._path)
        except FileNotFoundError:  # another worker has read it, too
            return

    @property
    def _path(self) -> str:
        return self.bucket.of(self.name)

    def _state_now(self) -> str:
        with asking(self.bucket.address):
            self.bucket.storage.invalidate_cache()
            return str(self.bucket.storage.ukey(self._path))

    def _unused(self, name: str) -> str:
        """The path of a file that does not exist yet: what it holds is nowhere else."""
        path = PurePosixPath(name)
        numbered = (str(path.with_name(f"{path.stem}.{number}{path.suffix}")) for number in count(2))
        paths = map(self.bucket.of, chain([name], numbered))
        return next(each for each in paths if not self.bucket.storage.exists(each))


@contextmanager
def asking(address: str) -> Iterator[None]:
    """Turn the errors of a storage into those of this package; a file that is gone is none.

    :raises SourceUnavailable: the storage gave no answer, or refused it.
    """
    try:
        yield
    except (FileNotFoundError, ImportError, ValueError, TypeError):
        raise
    except Exception as error:  # each storage has errors of its own
        raise SourceUnavailable(
            f"The folder of the outbox {address} gave no complete answer ({type(error).__name__}).",
            action="Its files wait. Check that the connection may list, read, write and delete there.",
        ) from None
