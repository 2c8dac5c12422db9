"""Requests that must be refused: each is what a program could send that knows the secret, or does not."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ovh_sms.inbound.callback_addresses import PREFIX, new_secret

FORM = "application/x-www-form-urlencoded"
GOOD = "id=600000003&senderid=%2B33639980001&message=Oui"
TEN_MB = 10_000_000


@dataclass(frozen=True)
class Attack:
    """One request.

    :param path: below the address; ``{secret}`` is the valid one.
    :param statuses: that refuse it; ``None`` for a connection that is closed without an answer.
    :param result: by which it is counted; empty if it does not reach the app, or nothing is counted.
    :param chunks: of a body without a length.
    """

    name: str
    path: str
    statuses: tuple[int | None, ...]
    result: str
    method: str = "POST"
    body: bytes = GOOD.encode()
    headers: tuple[tuple[str, str], ...] = (("Content-Type", FORM),)
    chunks: int = 0

    def __str__(self) -> str:
        return self.name


def attacks() -> Iterator[Attack]:
    """Give all of them."""
    replies = f"{PREFIX}/{{secret}}/replies"
    for name, path in {
        "no secret": f"{PREFIX}/replies",
        "an empty secret": f"{PREFIX}//replies",
        "nothing": f"{PREFIX}/",
        "a wrong secret": f"{PREFIX}/{new_secret()}/replies",
        "a secret that is too short": f"{PREFIX}/{{short}}/replies",
        "a secret and more": f"{PREFIX}/{{secret}}x/replies",
        "a secret in capitals": f"{PREFIX}/{{capitals}}/replies",
        "no characters": f"{PREFIX}/%00%ff/replies",
        "a dot": f"{PREFIX}/./{{secret}}/replies",
        "the secret as a parameter": f"{PREFIX}/replies?secret={{secret}}",
    }.items():
        yield Attack(name, path, (404,), "forged")
    for name, path in {
        "another kind": f"{PREFIX}/{{secret}}/other",
        "no kind": f"{PREFIX}/{{secret}}",
        "a slash behind": f"{replies}/",
        "a path behind": f"{replies}/../opt-outs",
        "two slashes": f"{PREFIX}/{{secret}}//replies",
        "encoded letters": f"{PREFIX}/{{secret}}/%72eplies",
        "an encoded slash": f"{PREFIX}/{{secret}}%2Freplies",
        "a path parameter": f"{replies};id=1",
        "a NUL behind": f"{replies}%00",
        "a line break behind": f"{replies}%0d%0aX:1",
    }.items():
        yield Attack(name, path, (404,), "malformed")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"):
        yield Attack(method, replies, (405, 400), "malformed", method=method)
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain", "text/xml", ""):
        yield Attack(
            f"content {kind or 'without a type'}", replies, (415,), "malformed", headers=(("Content-Type", kind),)
        )
    yield Attack("10 MB", replies, (413, None), "oversized", body=b"id=1&message=" + b"a" * TEN_MB)
    yield Attack("10 MB in chunks", replies, (413, None), "oversized", body=b"a" * 10_000, chunks=1_000)
    yield Attack("a byte too much", replies, (413, None), "oversized", body=b"id=1&message=" + b"a" * (16 * 1024 - 12))
    yield Attack(
        "a length that is none", replies, (400,), "", headers=(("Content-Length", "-5"), ("Content-Type", FORM))
    )
    many = tuple((f"X-{at}", "a") for at in range(10_000))
    yield Attack("10,000 headers", replies, (431, 400, None), "oversized", headers=(("Content-Type", FORM), *many))
    for name, body in {
        "no fields": b"",
        "no id": b"senderid=%2B33639980001&message=Oui",
        "an id of letters": b"id=abc",
        "an id that is negative": b"id=-1",
        "an id that is too long": b"id=" + b"9" * 40,
        "an id twice": b"id=1&id=2",
        "51 fields": b"id=1&" + b"&".join(b"a%d=1" % at for at in range(50)),
        "bytes of no text": b"id=\xff\xfe",
        "JSON for a form": b'{"id": 1}',
    }.items():
        yield Attack(name, replies, (400,), "malformed", body=body)
    yield Attack("a query of 20 kB", f"{replies}?id=1&x={'a' * 20_000}", (414,), "oversized", method="GET", body=b"")
    yield Attack("a receipt without a state", f"{PREFIX}/{{secret}}/receipts?id=1", (400,), "malformed", "GET", b"")


def send_raw(address: str, attack: Attack, secret: str) -> int | None:
    """Send a request as it is; returns the status, ``None`` if the connection was closed before an answer."""
    it = urlsplit(address)
    short, capitals = secret[:-1], secret.swapcase()
    path = it.path + attack.path.format(secret=secret, short=short, capitals=capitals)
    headers = [("Host", it.netloc), ("Connection", "close"), *attack.headers]
    if attack.chunks:
        headers.append(("Transfer-Encoding", "chunked"))
    elif "Content-Length" not in dict(attack.headers):
        headers.append(("Content-Length", str(len(attack.body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers if value)
    with socket.create_connection((it.hostname or "", it.port or 80), timeout=60) as connection:
        try:
            connection.sendall(f"{attack.method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
            for chunk in _chunks(attack):
                connection.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return _status(connection)


def _chunks(attack: Attack) -> Iterable[bytes]:
    if attack.chunks:
        size = f"{len(attack.body):x}\r\n".encode()
        yield from (size + attack.body + b"\r\n" for _ in range(attack.chunks))
        yield b"0\r\n\r\n"
    else:
        yield attack.body


def _status(connection: socket.socket) -> int | None:
    found = b""
    try:
        while b"\r\n" not in found and (more := connection.recv(4096)):
            found += more
    except ConnectionResetError:
        pass
    return int(found.split()[1]) if len(found.split()) > 1 else None


def private(secret: str) -> list[str]:
    """Texts that no log may hold, in any case of letters."""
    return [secret[6:].lower(), quote(secret[6:]).lower(), "639980001", "600000003"]
