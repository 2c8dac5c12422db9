"""A bare socket server, for what no HTTP server does on purpose."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ovh_sms.api.credentials import Credentials


@dataclass
class RawServer:
    """Answers each request with the bytes that ``script`` gives for its request line, or misbehaves as it says.

    The script may return ``"reset"``, ``"close"`` or ``"hang"`` instead of bytes. OVH's clock is always answered.
    ``greet`` takes each new connection first, as for TLS.
    """

    script: Callable[[str], bytes | str]
    seen: list[tuple[int, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    close_after_answer: bool = False
    greet: Callable[[socket.socket], socket.socket] = lambda connection: connection

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.05)
        self.port = self.listener.getsockname()[1]
        self.cancelling = threading.Event()
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def requests(self, method: str) -> list[int]:
        """Numbers of the connections on which requests of one method came."""
        return [connection for connection, line in self.seen if line.startswith(method)]

    def credentials(self) -> Credentials:
        return Credentials(
            f"http://127.0.0.1:{self.port}/1.0",
            application_key="application",
            application_secret="secret",
            consumer_key="consumer",
        )

    def stop(self) -> None:
        self.cancelling.set()
        self.listener.close()
        for thread in self.threads:
            thread.join(5)

    def _accept(self) -> None:
        number = 0
        while not self.cancelling.is_set():
            try:
                connection, _ = self.listener.accept()
            except (TimeoutError, OSError):
                continue
            number += 1
            thread = threading.Thread(target=self._serve, args=(connection, number))
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            connection = self.greet(connection)
        except OSError:
            connection.close()
            return
        with connection:
            connection.settimeout(0.05)
            buffer = b""
            while not self.cancelling.is_set():
                try:
                    chunk = connection.recv(65536)
                except TimeoutError:
                    continue
                except OSError:
                    return
                if not chunk:
                    return
                buffer += chunk
                head, separator, body = buffer.partition(b"\r\n\r\n")
                if not separator or len(body) < _length(head):
                    continue
                buffer = b""
                line = head.split(b"\r\n", 1)[0].decode()
                self.seen.append((number, line))
                self.heads.append(head.decode("latin-1"))
                if not self._answer(connection, line):
                    return

    def _answer(self, connection: socket.socket, line: str) -> bool:
        if line.startswith("GET /1.0/auth/time"):
            connection.sendall(http(200, str(int(time.time())).encode()))
            return True
        answer = self.script(line)
        if isinstance(answer, bytes):
            connection.sendall(answer)
            return not self.close_after_answer
        if answer == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif answer == "hang":
            self.cancelling.wait(10)
        return False


#: The header by which OVH marks an answer as its own.
QUERY_ID = "X-OVH-QUERYID: EU.ext-1.raw"


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def http(status: int, body: bytes, *headers: str) -> bytes:
    """One whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
