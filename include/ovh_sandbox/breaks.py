"""What each kind of fault does to a call and its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from starlette.types import Scope, Send

from .asgi import Answer, deliver, gone, reset
from .errors import Refusal
from .faults import Fault, FaultOrder, Held

HTML_502 = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>bad gateway</body>\r\n</html>\r\n"


async def instead(order: FaultOrder, scope: Scope, send: Send, named: Callable[[Answer], Answer]) -> None:
    """Answer in place of the call, which is not executed.

    :param named: gives an answer what all answers of the API carry.
    """
    if order.kind == "reset_before":
        await reset(scope)
    elif order.kind == "html_502":
        # It comes from a proxy before the API, so it carries no query id.
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(HTML_502)).encode())]
        await deliver(Answer(502, HTML_502, headers), send)
    else:
        extra = {} if order.retry_after is None else {"Retry-After": str(order.retry_after)}
        words = "Too many requests" if order.status == 429 else "Internal server error"
        await deliver(named(Answer.refusal(Refusal(order.status, words), extra)), send)


async def held(fault: Fault, call: str, scope: Scope) -> bool:
    """Hold a call until it is released or its time is over.

    :param call: method and path, for the control side.
    :returns: whether it goes on: a call whose client went away does, unless the order drops such calls; one that is
        held as the server ends does not.
    """
    mine = Held(call, lambda: gone(scope))
    fault.holding.append(mine)
    try:
        await mine.wait(fault.order.lasts)
    finally:
        fault.holding.remove(mine)
    if mine.broken or (fault.order.drop and gone(scope)):
        await reset(scope)
        return False
    return True


async def afterwards(fault: Fault, answer: Answer, call: str, scope: Scope, send: Send) -> None:
    """Deliver the answer of a call that was executed, or not, as the fault has it."""
    order = fault.order
    lost = order.kind in ("lost_answer", "reset_after", "partial")
    if lost or (order.kind == "late_listing" and order.answer == "lost"):
        await reset(scope)
    elif order.kind == "half_body":
        await _half(answer, scope, send)
    elif order.kind == "trickle":
        await _trickled(answer, order.lasts, scope, send)
    elif order.kind == "wrong_json":
        broken = answer.body[:-1] + b",,"
        await deliver(replace(answer, body=broken, headers=_sized(answer, len(broken))), send)
    elif order.kind == "hold_after":
        if await held(fault, call, scope):
            await deliver(answer, send)
    else:
        if order.kind == "slow":
            await asyncio.sleep(order.lasts)
        await deliver(answer, send)


def _sized(answer: Answer, length: int) -> list[tuple[bytes, bytes]]:
    others = [pair for pair in answer.headers if pair[0] != b"content-length"]
    return [*others, (b"content-length", str(length).encode())]


async def _half(answer: Answer, scope: Scope, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    # The half that was written shall reach the client before the connection breaks.
    await asyncio.sleep(0.2)
    await reset(scope)


async def _trickled(answer: Answer, seconds: float, scope: Scope, send: Send) -> None:
    """Byte by byte; an answer too long for that in the time comes in the smallest pieces that fit."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    size = len(answer.body)
    step = max(1, round(size / max(1.0, seconds * 200)))
    begin = time.monotonic()
    for place in range(0, size, step):
        await asyncio.sleep(max(0.0, begin + seconds * (place + step) / size - time.monotonic()))
        if gone(scope):
            await reset(scope)
            return
        piece = answer.body[place : place + step]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
