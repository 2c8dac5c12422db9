"""Files in a bucket become rows as those of a folder do. s3fs is not installed: fsspec's memory stands for S3."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.io import attach
from airflow.sdk.io.store import _STORE_CACHE
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError, SourceUnavailable
from ovh_sms.hooks.outbox_folder import outbox_folder, waiting_files
from ovh_sms.outbox import files
from ovh_sms.outbox.files import TakenFiles, take_files
from ovh_sms.store.store import Store
from support.outbox import NUMBERS, TEXT
from support.stores import new_store

ADDRESS = "s3://shop@bucket/outbox"
HEADER = "key;receiver;message;sender;stop_clause"
GOOD = f"{HEADER}\norder-0;0639980000;{TEXT};MYSHOP;false\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = new_store(tmp_path / "data" / "outbox.sqlite")
    yield found
    found.close()


class Memory(MemoryFileSystem):
    """A storage of its own for each test."""

    cachable = False
    broken = False

    def ls(self, path: str, detail: bool = True, **given: Any) -> Any:
        """List a folder, or fail as a storage fails that is away."""
        if self.broken:
            raise ConnectionError
        return super().ls(path, detail=detail, **given)


@pytest.fixture
def bucket() -> Iterator[Memory]:
    storage = Memory()
    storage.store, storage.pseudo_dirs = {}, [""]
    _STORE_CACHE.pop("s3-shop", None)
    attach("s3", "shop", fs=storage)
    yield storage
    del _STORE_CACHE["s3-shop"]


def drop(bucket: Memory, text: str = GOOD, name: str = "orders.csv") -> None:
    bucket.pipe_file(f"bucket/outbox/{name}", text.encode())


def names(bucket: Memory) -> list[str]:
    return sorted(each.removeprefix("/bucket/outbox/") for each in bucket.find("bucket/outbox"))


def take(store: Store) -> TakenFiles:
    return take_files(store, outbox_folder(ADDRESS), SystemClock(), allow_fiction=True)


def test_a_file_of_a_bucket_becomes_rows_once_and_is_deleted(store: Store, bucket: Memory) -> None:
    drop(bucket)
    drop(bucket, name="orders.csv.part")
    assert waiting_files(ADDRESS, 2e9) == 1
    assert take(store) == TakenFiles(files=1, queued=1)
    assert names(bucket) == ["orders.csv.part"]
    drop(bucket)
    assert take(store) == TakenFiles(files=1, queued=0)
    row = store.outbox.get("order-0")
    assert row is not None
    assert (row.receiver, row.message) == (NUMBERS[0], TEXT)


def test_a_bucket_without_the_folder_has_no_files(store: Store, bucket: Memory) -> None:
    assert take(store) == TakenFiles()


def test_what_is_no_row_or_no_list_stays_in_the_bucket_under_another_name(store: Store, bucket: Memory) -> None:
    for _ in range(2):
        drop(bucket, "nothing")
        assert take(store).refused == ("orders.csv",)
        drop(bucket, GOOD.replace("MYSHOP", ""))
        assert take(store).rejected == 1
    assert names(bucket) == [
        "orders.csv.2.refused",
        "orders.csv.refused",
        "rejected/orders.2.csv",
        "rejected/orders.csv",
    ]
    assert bucket.cat_file("bucket/outbox/orders.csv.refused") == b"nothing"


def test_a_file_that_replaces_the_one_that_is_read_is_read_next(
    store: Store, bucket: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(bucket)
    queue, following = files.queue_rows, iter([GOOD.replace("order-0", "order-1")])

    def queue_beside_a_program(*given: Any, **more: Any) -> int:
        for text in following:
            drop(bucket, text)
        return queue(*given, **more)

    monkeypatch.setattr(files, "queue_rows", queue_beside_a_program)
    assert take(store) == TakenFiles(files=1, queued=1)
    assert names(bucket) == ["orders.csv"]
    assert take(store) == TakenFiles(files=1, queued=1)
    assert store.outbox.get("order-1") is not None
    assert names(bucket) == []


def test_two_workers_that_read_one_file_queue_it_once(
    store: Store, bucket: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(bucket)
    queue, others = files.queue_rows, iter([True])

    def queue_beside_a_worker(*given: Any, **more: Any) -> int:
        if next(others, False):
            assert take(store) == TakenFiles(files=1, queued=1)
        return queue(*given, **more)

    monkeypatch.setattr(files, "queue_rows", queue_beside_a_worker)
    assert take(store) == TakenFiles(files=1, queued=0)
    assert store.outbox.counts() == {"pending": 1}
    assert names(bucket) == []


def test_a_bucket_that_gives_no_answer_is_reported_as_unavailable(store: Store, bucket: Memory) -> None:
    bucket.broken = True
    with pytest.raises(SourceUnavailable, match=r"s3://shop@bucket/outbox gave no complete answer \(ConnectionError"):
        take(store)


def test_a_storage_without_a_provider_is_named(store: Store) -> None:
    with pytest.raises(ConfigurationError, match=r"no provider for the storage .*gs://shop@bucket/outbox"):
        outbox_folder("gs://shop@bucket/outbox")


def test_a_local_address_works_as_a_bucket_does(store: Store, tmp_path: Path) -> None:
    assert isinstance(outbox_folder(f"file://{tmp_path}/outbox").storage, LocalFileSystem)  # type: ignore[attr-defined]
    (tmp_path / "outbox").mkdir()
    path = tmp_path / "outbox" / "orders.csv"
    path.write_text(GOOD, encoding="utf-8")
    address = f"file://{tmp_path}/outbox"
    assert waiting_files(address, path.stat().st_mtime + 1) == 0, "it may still be written"
    os.utime(path, (1, 1))
    assert take_files(store, outbox_folder(address), SystemClock(), allow_fiction=True).queued == 1
    assert not path.exists()
