"""Calls signed by hand: what goes over the wire is plain to see, and wrong signatures can be made too."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from support.sandbox import SandboxProcess

#: Paths of the default account and of its jobs.
ACCOUNT = "/sms/sms-sb00001-1"
JOBS = f"{ACCOUNT}/jobs"
RECEIVERS = [f"+336399{number:05d}" for number in range(80_000, 80_010)]


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.content)


class Signed:
    """Calls the API of a sandbox.

    :param consumer_key: another key than the sandbox's default.
    :param version: ``1.0`` or ``v1``.
    """

    def __init__(self, sandbox: SandboxProcess, *, consumer_key: str | None = None, version: str = "1.0") -> None:
        self.sandbox = sandbox
        self.version = version
        self.consumer_key = consumer_key or sandbox.keys.consumer_key

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 60,
        **query: Any,
    ) -> Answer:
        """One call; ``query`` with ``__`` for a dot, as in ``creationDatetime__from``."""
        values = {name.replace("__", "."): value for name, value in query.items()}
        target = f"/{self.version}{quote(path, safe='/,')}" + (f"?{urlencode(values)}" if values else "")
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = {**self.headers(method, target, content), **(headers or {})}
        return send(self.sandbox.url, method, target, content, sent, timeout=timeout)

    def headers(self, method: str, target: str, content: bytes, *, timestamp: int | None = None) -> dict[str, str]:
        """The headers of a signed call."""
        stamp = str(int(time.time()) if timestamp is None else timestamp)
        keys = self.sandbox.keys
        signed = "+".join(
            (keys.application_secret, self.consumer_key, method, self.sandbox.url + target, content.decode(), stamp)
        )
        return {
            "Content-Type": "application/json",
            "X-Ovh-Application": keys.application_key,
            "X-Ovh-Consumer": self.consumer_key,
            "X-Ovh-Timestamp": stamp,
            "X-Ovh-Signature": "$1$" + hashlib.sha1(signed.encode()).hexdigest(),
        }

    def get(self, path: str, **about: Any) -> Answer:
        """GET."""
        return self.call("GET", path, **about)

    def post(self, path: str, body: Any = None, **about: Any) -> Answer:
        """POST."""
        return self.call("POST", path, body, **about)

    def put(self, path: str, body: Any = None, **about: Any) -> Answer:
        """PUT."""
        return self.call("PUT", path, body, **about)

    def delete(self, path: str, **about: Any) -> Answer:
        """DELETE."""
        return self.call("DELETE", path, **about)


def send(
    url: str, method: str, target: str, content: bytes | None, headers: Mapping[str, str], *, timeout: float = 60
) -> Answer:
    """One plain HTTP exchange over a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request(method, target, content, dict(headers))
        answer = connection.getresponse()
        body = answer.read()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
    finally:
        connection.close()


def put_file(url: str, content: bytes) -> Answer:
    """PUT bytes to a pre-signed address."""
    parts = urlsplit(url)
    return send(url, "PUT", f"{parts.path}?{parts.query}", content, {"Content-Type": "text/csv"})


def get_file(url: str) -> Answer:
    """GET a pre-signed address."""
    parts = urlsplit(url)
    return send(url, "GET", f"{parts.path}?{parts.query}", None, {})
