"""Whole answers, and connections that break on demand."""

import asyncio
import socket
import struct
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.types import Scope, Send

from .errors import Refusal


def refused(refusal: Refusal, headers: dict[str, str] | None = None) -> Response:
    """Make the answer of a refused call."""
    return JSONResponse(refusal.body(), refusal.status, headers)


async def run(app: FastAPI, scope: Scope, body: bytes) -> Response:
    """Call an ASGI application and keep its whole answer."""
    answer = Response(status_code=500)
    chunks = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()
        return message or {}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status_code, answer.raw_headers = message["status"], list(message["headers"])
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    answer.body = b"".join(chunks)
    return answer


async def begin(answer: Response, send: Send) -> None:
    """Send the status and the headers of an answer."""
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})


async def deliver(answer: Response, send: Send) -> None:
    """Send a whole answer as it is."""
    await begin(answer, send)
    await send({"type": "http.response.body", "body": answer.body})


def is_gone(scope: Scope) -> bool:
    """Whether the client of a call has closed the connection."""
    transport: asyncio.Transport = scope["state"]["transport"]
    return transport.is_closing()


async def reset(scope: Scope) -> None:
    """Break the connection as a crashed peer does: the client meets a reset, not an end."""
    transport: asyncio.Transport = scope["state"]["transport"]
    # A client that closed the connection first has closed the socket already.
    if not transport.is_closing():
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    # The protocol shall notice the loss before this call returns without an answer.
    await asyncio.sleep(0.05)
