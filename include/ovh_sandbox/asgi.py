"""Whole answers, and what a server must do by hand to break a connection."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from .errors import Refusal


@dataclass(frozen=True)
class Answer:
    """A whole answer, before any of it leaves."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    @classmethod
    def json(cls, value: Any, status: int = 200, extra: dict[str, str] | None = None) -> Answer:
        """An answer of JSON."""
        headers = {"content-type": "application/json; charset=utf-8", **(extra or {})}
        pairs = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), pairs)

    @classmethod
    def refusal(cls, refusal: Refusal, extra: dict[str, str] | None = None) -> Answer:
        """An answer that says no."""
        return cls.json(refusal.body(), refusal.status, extra)


async def run(app: FastAPI, scope: Scope, body: bytes) -> Answer:
    """Call an ASGI application and keep its whole answer."""
    status, headers, chunks = 500, [], []
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message["headers"])
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(status, b"".join(chunks), headers)


async def deliver(answer: Answer, send: Send) -> None:
    """Send a whole answer as it is."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


def gone(scope: Scope) -> bool:
    """Whether the client of a call has gone away."""
    transport: asyncio.Transport = scope["state"]["transport"]
    return transport.is_closing()


async def read_all(receive: Receive) -> bytes | None:
    """The whole body of a request; None when the client went away before its end."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def reset(scope: Scope) -> None:
    """Break the connection as a crashed peer does: the client sees a reset, not an end."""
    transport: asyncio.Transport = scope["state"]["transport"]
    # A client that went away first has closed the socket already.
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        transport.abort()
    # Let the protocol see the loss before this call returns without an answer.
    await asyncio.sleep(0.05)
