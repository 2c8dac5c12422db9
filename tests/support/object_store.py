"""A real S3 server on this machine (moto's), which a test can have fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import boto3
import pytest
from airflow.sdk.io.store import _STORE_CACHE
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

#: The connection and the folder of the tests' data, in a bucket of each test's own.
CONNECTION, FOLDER = "lists", "ovh_sms"
#: An outage of a test costs no wait.
_ONE_TRY = {"retries": {"total_max_attempts": 1}}
_names = count(1)


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any, **__: Any) -> None:
        """Log no request."""


class ObjectStore:
    """The server.

    :ivar fails: whether a request is answered with 503: by its method and its path.
    :ivar requests: the methods and paths of all requests.
    """

    def __init__(self) -> None:
        self.fails: Callable[[str, str], bool] = lambda method, path: False
        self.requests: list[tuple[str, str]] = []
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="eu-west-3",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )

    def connection(self, **extra: Any) -> str:
        """The Airflow connection to it, as ``AIRFLOW_CONN_…`` takes it."""
        more = {"endpoint_url": self.endpoint, "region_name": "eu-west-3", "config_kwargs": _ONE_TRY, **extra}
        return json.dumps({"conn_type": "aws", "login": "key", "password": "secret", "extra": more})

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        if self.fails(method, path):
            start_response("503 Slow Down", [("Content-Type", "application/xml"), ("Connection", "close")])
            return [b"<Error><Code>ServiceUnavailable</Code><Message>away</Message></Error>"]
        return self._moto(environ, start_response)


class Bucket:
    """A bucket of one test."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self.store = store
        self.name = name

    @property
    def data(self) -> str:
        """The value of ``OVH_SMS_DATA`` for it."""
        return f"s3://{CONNECTION}@{self.name}/{FOLDER}"

    def names(self) -> list[str]:
        """The files, by their names in the folder of the data."""
        pages = self.store.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return sorted(key.removeprefix(f"{FOLDER}/") for key in keys)

    def read(self, name: str) -> bytes:
        found: bytes = self.store.client.get_object(Bucket=self.name, Key=f"{FOLDER}/{name}")["Body"].read()
        return found

    def uploads(self) -> list[Any]:
        """The uploads in parts that are not completed."""
        return list(self.store.client.list_multipart_uploads(Bucket=self.name).get("Uploads", []))


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    store = ObjectStore()
    try:
        yield store
    finally:
        store.stop()
        _STORE_CACHE.clear()  # Airflow keeps the endpoint of a connection as long as its process runs


def new_bucket(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Make a bucket, and let ``OVH_SMS_DATA`` name it."""
    bucket = Bucket(store, f"lists-{next(_names)}")
    store.client.create_bucket(Bucket=bucket.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", store.connection())
    monkeypatch.setenv("OVH_SMS_DATA", bucket.data)
    return bucket
