"""Fixtures: an S3 server for the folder, and a bucket for each test, which ``OVH_SMS_DATA`` names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ovh_sms.hooks import object_storage
from support.object_store import Bucket, ObjectStore, new_bucket, object_store
from support.worlds import leaping, sandbox, world

__all__ = ["bucket", "leaping", "sandbox", "store", "world"]


@pytest.fixture(scope="session")
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


@pytest.fixture
def bucket(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    store.fails = lambda method, path: False
    store.requests.clear()
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 2)
    yield new_bucket(store, monkeypatch)
    store.fails = lambda method, path: False
    object_storage._opened.cache_clear()
