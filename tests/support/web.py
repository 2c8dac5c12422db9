"""A server for lists, on a free port of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Web:
    """Answers by path: status, content type, body. ``cut`` paths break off in the middle."""

    url: str
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    seen: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def web() -> Iterator[Web]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    here = Web(f"http://127.0.0.1:{server.server_address[1]}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.seen.append((self.path, self.headers.get("Authorization", "")))
            path = self.path.partition("?")[0]
            status, kind, body = here.answers.get(path, (404, "text/plain", b"no 0639980099"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if path in here.cut else body)

        def log_message(self, *_: object) -> None:
            return

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
