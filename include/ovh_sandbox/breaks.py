"""The effect of each kind of fault on a call and its answer."""

import asyncio
import time
from collections.abc import Callable

from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope, Send

from .asgi import begin, deliver, is_gone, refused, reset
from .errors import Refusal
from .faults import Fault, FaultOrder, Held

HTML_502 = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>bad gateway</body>\r\n</html>\r\n"


PROXY_4XX = "<html>\r\n<head><title>{0}</title></head>\r\n<body>refused by the proxy</body>\r\n</html>\r\n"


async def instead(order: FaultOrder, scope: Scope, send: Send, named: Callable[[Response], Response]) -> None:
    """Answer in place of the call, which is not executed.

    :param named: adds the query id, which every answer of the API carries.
    """
    if order.kind == "reset_before":
        await reset(scope)
    elif order.kind == "html_502":
        # A proxy before the API answers, so there is no query id.
        await deliver(HTMLResponse(HTML_502, 502, {"content-type": "text/html"}), send)
    else:
        await deliver(named(refused_by(order)), send)


def refused_by(order: FaultOrder) -> Response:
    """Make the API's own answer with the status that a fault orders."""
    headers = {} if order.retry_after is None else {"Retry-After": str(order.retry_after)}
    words = "Too many requests" if order.answered == 429 else "Internal server error"
    return refused(Refusal(order.answered, words), headers)


async def held(fault: Fault, call: str, scope: Scope) -> bool:
    """Hold a call until it is released or its time is over.

    :param call: method and path, for the control side.
    :returns: whether the call goes on. If its client has gone it does, unless the order drops such calls; if the
        server ends meanwhile it does not.
    """
    mine = Held(call, lambda: is_gone(scope))
    fault.holding.append(mine)
    try:
        await mine.wait(fault.order.lasts)
    finally:
        fault.holding.remove(mine)
    if mine.broken or (fault.order.drop and is_gone(scope)):
        await reset(scope)
        return False
    return True


async def afterwards(fault: Fault, answer: Response, call: str, scope: Scope, send: Send) -> None:
    """Deliver the answer of an executed call, or break it as the fault orders."""
    order = fault.order
    lost = order.kind in ("lost_answer", "reset_after", "partial")
    if lost or (order.kind in ("late_listing", "repeat") and order.answer == "lost"):
        await reset(scope)
    elif order.kind == "proxy_4xx":
        await deliver(_of_a_proxy(order), send)
    elif order.kind == "half_body":
        await _half(answer, scope, send)
    elif order.kind == "trickle":
        await _trickled(answer, order.lasts, scope, send)
    elif order.kind != "hold_after" or await held(fault, call, scope):
        if order.kind == "slow":
            await asyncio.sleep(order.lasts)
        if order.kind == "wrong_json":
            answer.body = bytes(answer.body[:-1]) + b","
        await deliver(answer, send)


def _of_a_proxy(order: FaultOrder) -> Response:
    """Make a proxy's refusal: no query id, and none of OVH's own fields."""
    if order.page == "json":
        return JSONResponse({"error": "access denied", "message": "refused by the proxy"}, order.answered)
    return HTMLResponse(PROXY_4XX.format(order.answered), order.answered, {"content-type": "text/html"})


async def _half(answer: Response, scope: Scope, send: Send) -> None:
    await begin(answer, send)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    # The half that was written shall reach the client before the connection breaks.
    await asyncio.sleep(0.2)
    await reset(scope)


async def _trickled(answer: Response, seconds: float, scope: Scope, send: Send) -> None:
    """Send byte by byte; an answer too long for that goes in the smallest parts that fit in the time."""
    await begin(answer, send)
    size = len(answer.body)
    step = max(1, round(size / max(1.0, seconds * 200)))
    start = time.monotonic()
    for place in range(0, size, step):
        await asyncio.sleep(max(0.0, start + seconds * (place + step) / size - time.monotonic()))
        if is_gone(scope):
            await reset(scope)
            return
        part = answer.body[place : place + step]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
