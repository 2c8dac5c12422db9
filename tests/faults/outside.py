"""The world outside of OVH's API: a public server of lists, and a proxy on the way to OVH's storage.

The sandbox breaks calls of its API only; the proxy breaks the upload to a document's address.
"""

from __future__ import annotations

import http.client
import multiprocessing
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: Faults of a file that is put to a document's address.
KINDS = ("nothing", "lost_answer", "reset_before", "status", "half", "hold_before", "hold_after")
#: Seconds after which a request that is held goes on by itself.
HELD = 30.0


class Outside:
    """A process that serves the files of a folder, and hands everything else on to the sandbox.

    :param folder: whose CSV files are public.
    :param port: of the sandbox.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.sandbox = port
        context = multiprocessing.get_context("fork")
        self.order = context.Value("i", 0)
        self.fired = context.Value("i", 0)
        self.holding = context.Event()
        self.go = context.Event()
        listener = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        listener.daemon_threads = True
        listener.outside = self  # type: ignore[attr-defined]
        self.port = listener.server_address[1]
        self.process = context.Process(target=listener.serve_forever, daemon=True)
        self.process.start()
        listener.server_close()  # it lives on in the process

    def url(self, path: Path) -> str:
        return f"http://127.0.0.1:{self.port}/{path.relative_to(self.folder)}"

    def break_next(self, kind: str) -> None:
        self.holding.clear()
        self.go.clear()
        self.fired.value = 0
        self.order.value = KINDS.index(kind)

    def clear(self) -> None:
        self.order.value = 0
        self.go.set()

    def take(self) -> str:
        with self.order.get_lock():
            kind, self.order.value = KINDS[self.order.value], 0
        if kind != "nothing":
            self.fired.value += 1
        return kind

    def hold(self) -> None:
        self.holding.set()
        self.go.wait(HELD)
        self.holding.clear()

    def close(self) -> None:
        self.process.terminate()
        self.process.join(10)


class _Handler(BaseHTTPRequestHandler):
    def setup(self) -> None:
        super().setup()
        self.outside: Outside = self.server.outside  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        path = self.outside.folder / self.path.lstrip("/")
        if path.suffix != ".csv":
            return self._hand_on()
        return self._answer(200, path.read_bytes(), {"Content-Type": "text/csv"})

    def do_POST(self) -> None:
        self._hand_on()

    def do_DELETE(self) -> None:
        self._hand_on()

    def do_PUT(self) -> None:
        """A file for the storage, or a call of the API like any other."""
        kind = self.outside.take() if self.path.startswith("/documents/") else "nothing"
        if kind == "reset_before":
            self._reset()
        elif kind == "status":
            self._answer(503, b"", {})
        elif kind == "hold_before":
            self.outside.hold()
            self._hand_on()
        elif kind == "half":
            self.rfile.read(int(self.headers["Content-Length"]) // 2)
            self._reset()
        else:
            self._hand_on(kind)

    def _hand_on(self, kind: str = "nothing") -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection("127.0.0.1", self.outside.sandbox, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content, headers = answer.read(), dict(answer.getheaders())
        except (OSError, http.client.HTTPException):
            return self._reset()
        finally:
            connection.close()
        if kind == "hold_after":
            self.outside.hold()
        if kind == "lost_answer":
            return self._reset()
        return self._answer(answer.status, content, headers)

    def _answer(self, status: int, content: bytes, headers: dict[str, Any]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):  # the client is dead, or was broken off
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        return
