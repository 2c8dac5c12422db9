"""Servers that OVH, or the sandbox in its place, calls: one that only records, and the package's own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import update

from ovh_sms.inbound.callback_addresses import digest_of, new_secret
from ovh_sms.inbound.shown_secrets import VALID_FOR
from ovh_sms.store.callback_tables import callbacks
from ovh_sms.store.store import Store


@dataclass(frozen=True)
class Called:
    """A call that was received."""

    method: str
    path: str
    form: dict[str, str]


@dataclass
class Listener:
    """A server that records calls.

    :ivar statuses: of the next answers; 200 after them.
    """

    address: str = ""
    calls: list[Called] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def of(self, path: str) -> list[Called]:
        return [each for each in self.calls if each.path == path]


@contextmanager
def listening() -> Iterator[Listener]:
    """Record calls on a port of this machine."""
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def _record(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            it = urlsplit(self.path)
            form = dict(parse_qsl(f"{it.query}&{body}", keep_blank_values=True))
            found.calls.append(Called(self.command, it.path, form))
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _record  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def valid_secret(store: Store, account: str) -> str:
    """Make a secret of an account valid."""
    secret = new_secret()
    ends_at = store.clock.now() + VALID_FOR
    store.callback_secrets.add(account, digest_of(secret, store.identity.secret()), ends_at)
    return secret


def received_an_hour_ago(store: Store) -> None:
    """Let the callbacks of the queue have waited for more than an hour."""
    with store.database.writing() as connection:
        connection.execute(update(callbacks).values(received_at=store.clock.now() - timedelta(hours=1, seconds=1)))


class Passed:
    """The outermost middleware, as Airflow's access log is; it keeps the paths of what passes it.

    :param paths: gets them.
    """

    def __init__(self, app: Any, paths: list[str]) -> None:
        self._app, self._paths = app, paths

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http":
            self._paths.append(f"{scope['path']}?{scope['query_string'].decode()}")


def airflow_with(callbacks: Any, *, passed: list[str] | None = None, root_path: str = "", sealed: bool = False) -> Any:
    """Make an app as Airflow's: the plugin's middleware is the innermost.

    :param callbacks: the ASGI app that answers callbacks.
    :param passed: gets the paths that pass the outermost middleware.
    :param root_path: path of Airflow's own.
    :param sealed: its middlewares cannot be wrapped, as those of a later FastAPI might be.
    """
    from fastapi import FastAPI
    from starlette.middleware import Middleware

    from ovh_sms.dashboard.callback_paths import CallbackPaths
    from ovh_sms.dashboard.callbacks_first import CallbacksFirst

    class Sealed(FastAPI):
        def __setattr__(self, name: str, value: Any) -> None:
            if isinstance(value, CallbacksFirst):
                raise AttributeError(f"{name} is sealed")
            super().__setattr__(name, value)

    made = Sealed if sealed else FastAPI
    within = [
        Middleware(Passed, paths=[] if passed is None else passed),
        Middleware(CallbackPaths, callbacks=callbacks),
    ]
    return made(root_path=root_path, middleware=within, docs_url=None, redoc_url=None, openapi_url=None)


@contextmanager
def taking_callbacks(store: Store, **how: Any) -> Iterator[str]:
    """Serve the package's own addresses as Airflow does, with uvicorn's access log; yields the address.

    :param how: see :func:`airflow_with`.
    """
    import uvicorn

    from ovh_sms.dashboard.callbacks import Callbacks

    app = airflow_with(Callbacks(lambda: store), **how)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="on", access_log=True, log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        ends = time.monotonic() + 30
        while not server.started and time.monotonic() < ends:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
