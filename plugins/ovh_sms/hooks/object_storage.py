"""Airflow connection → the bucket that ``OVH_SMS_DATA`` names: lists, prepared lists and reports of all workers."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, BinaryIO

from ovh_sms.errors import ConfigurationError, FilesUnavailable, OvhSmsError
from ovh_sms.object_storage.storage import Storage, StoredFile

log = logging.getLogger(__name__)

#: Bytes that are read or written at once; a file of no more is one request.
CHUNK = 8 << 20
#: What may be asked to be removed by one request.
_MOST_KEYS = 1000
_S3 = ("s3", "s3a", "s3n")
#: Characters that fsspec's removal of many files takes for a pattern: it would remove other files, or not this one.
_PATTERN = frozenset("*?[")
#: Seconds to connect and to wait for each block, and tries: a task has tries of its own.
_S3_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 60,
    "retries": {"mode": "standard", "max_attempts": 2},
}
_INSTALL = "Install it on every host of Airflow: pip install 'airflow-provider-ovh-sms[s3]' for s3://."


def opened(address: str) -> Storage:
    """Open a bucket, once in each process.

    :param address: as ``s3://connection@bucket``; without a connection, by what the machine itself knows.
    :raises ConfigurationError: Airflow lacks the provider or the connection.
    """
    return _opened(address, os.getpid())


@lru_cache(maxsize=8)
def _opened(address: str, _process: int) -> Bucket:
    """A forked process must not use the connections of the one that it comes from."""
    from airflow.sdk.exceptions import AirflowException
    from airflow.sdk.io import get_fs

    scheme, _, rest = address.partition("://")
    connection, _, bucket = rest.rpartition("@")
    try:
        system = get_fs(scheme, connection or None, _s3_options(connection) if scheme in _S3 else None)
    except (ImportError, ValueError) as error:
        raise ConfigurationError(
            f"Airflow has no provider for the object storage {address} of OVH_SMS_DATA ({type(error).__name__}).",
            action=f"Nothing was read or written. {_INSTALL}",
        ) from None
    except AirflowException as error:
        raise ConfigurationError(
            f"The connection {connection} of the object storage {address} cannot be used ({type(error).__name__}).",
            action="Nothing was read or written. Make it in Airflow, or correct OVH_SMS_DATA.",
        ) from None
    except Exception as error:  # each storage has errors of its own
        raise _no_answer(address, error) from None
    return Bucket(system, address, bucket)


def _s3_options(connection: str) -> dict[str, Any]:
    """Timeouts and tries of botocore: those of the connection's own ``config_kwargs`` win."""
    from airflow.sdk import BaseHook

    own = BaseHook.get_connection(connection).extra_dejson.get("config_kwargs") if connection else None
    return {**_S3_OPTIONS, **(own or {})}


class Bucket:
    """A bucket behind a file system of fsspec.

    :param system: the file system.
    :param address: for errors.
    :param bucket: its name.
    """

    def __init__(self, system: Any, address: str, bucket: str) -> None:
        self._system = system
        self._address = address
        self._bucket = bucket

    def file(self, key: str) -> StoredFile | None:
        """Return a file as it is now."""
        try:
            with self._asking():
                found = self._system.info(self._path(key))
        except FileNotFoundError:
            return None
        return self._stored(found) if found["type"] == "file" and key else None

    def files(self, folder: str) -> list[StoredFile]:
        """List all files below a folder."""
        try:
            with self._asking():
                found = self._system.find(self._path(folder), detail=True)
        except FileNotFoundError:
            return []
        return [each for each in map(self._stored, found.values()) if each.key.startswith(_below(folder))]

    def children(self, folder: str) -> tuple[list[str], list[StoredFile]]:
        """List the folders and files right in a folder."""
        try:
            with self._asking():
                found = self._system.ls(self._path(folder), detail=True)
        except FileNotFoundError:
            return [], []
        listed = [(each["type"], self._stored(each)) for each in found]
        inside = [(kind, each) for kind, each in listed if each.key.startswith(_below(folder)) and each.key != folder]
        return (
            sorted(each.key for kind, each in inside if kind == "directory"),
            sorted((each for kind, each in inside if kind == "file"), key=lambda each: each.key),
        )

    def download(self, key: str, into: BinaryIO) -> None:
        """Write what a file holds into another one; a change while it is read is no complete answer."""
        with self._asking():
            size = self._system.info(self._path(key))["size"]
            if size <= CHUNK:
                into.write(self._system.cat_file(self._path(key)))
                return
            with self._system.open(self._path(key), "rb", block_size=CHUNK, cache_type="readahead") as remote:
                shutil.copyfileobj(remote, into, CHUNK)
                written = into.tell()
        if written != size:
            raise _no_answer(self._address, EOFError())

    def upload(self, key: str, source: BinaryIO) -> None:
        """Make or replace a file: by one request, or by parts that stay invisible until all of them are there."""
        first = source.read(CHUNK)
        try:
            with self._asking():
                if len(first) < CHUNK:
                    self._system.pipe_file(self._path(key), first)
                else:
                    self._upload_in_chunks(key, first, source)
        except FileNotFoundError:
            raise ConfigurationError(
                f"The object storage {self._address} of OVH_SMS_DATA has no such bucket. Nothing was written.",
                action="Make the bucket, or correct OVH_SMS_DATA on every host.",
            ) from None

    def _upload_in_chunks(self, key: str, first: bytes, source: BinaryIO) -> None:
        remote = self._system.open(self._path(key), "wb", block_size=CHUNK)
        try:
            remote.write(first)
            shutil.copyfileobj(source, remote, CHUNK)
            remote.close()
        except BaseException:
            remote.closed = True  # its destructor would complete it
            try:
                remote.discard()
            except Exception as error:  # the storage's rule for uploads that were not completed removes it
                log.warning("an upload that failed was not discarded: %s", type(error).__name__)
            raise

    def copy(self, key: str, target: str) -> None:
        """Make or replace a file by a copy of another one."""
        with self._asking():
            self._system.cp_file(self._path(key), self._path(target))

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files."""
        rest = iter(keys)
        while some := list(islice(rest, _MOST_KEYS)):
            alone = [each for each in some if not _PATTERN.isdisjoint(self._path(each))]
            together = [each for each in some if each not in alone] if alone else some
            with self._asking():
                try:
                    if together:
                        self._system.rm([self._path(each) for each in together])
                except FileNotFoundError:  # some are gone already
                    alone = some
                for each in alone:
                    self._remove_one(each)

    def _remove_one(self, key: str) -> None:
        try:
            self._system.rm_file(self._path(key))
        except FileNotFoundError:
            return

    def _path(self, key: str) -> str:
        return f"{self._bucket}/{key}" if key else self._bucket

    def _stored(self, found: dict[str, Any]) -> StoredFile:
        changed = found.get("LastModified") or found.get("mtime") or found.get("last_modified")
        return StoredFile(
            key=str(found["name"]).strip("/").removeprefix(self._bucket).strip("/"),
            size=int(found.get("size") or 0),
            changed_at=changed.timestamp() if isinstance(changed, datetime) else 0.0,
            state=str(found.get("ETag") or found.get("etag") or ""),
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn the errors of a storage into those of this package; a file that is gone stays ``FileNotFoundError``."""
        self._system.invalidate_cache()  # other workers write here
        try:
            yield
        except (FileNotFoundError, OvhSmsError):
            raise
        except PermissionError:
            _opened.cache_clear()  # a connection that is corrected counts at once
            raise ConfigurationError(
                f"The object storage {self._address} of OVH_SMS_DATA refuses the key of its connection.",
                action="Nothing was read or written. Correct the connection; its key must list, read, write and "
                "delete in the bucket.",
            ) from None
        except Exception as error:  # each storage has errors of its own
            raise _no_answer(self._address, error) from None


def _below(folder: str) -> str:
    return f"{folder}/" if folder else ""


def _no_answer(address: str, error: Exception) -> FilesUnavailable:
    return FilesUnavailable(
        f"The object storage {address} of OVH_SMS_DATA gave no complete answer ({type(error).__name__}).",
        action="It is tried again. Check that it is up, and the endpoint of its connection.",
    )
