"""Calls as OVH makes them, at planned moments, from one process that costs little: it has the same cores as the server.

Whether OVH keeps its connections is not known. A proxy in front of Airflow does, so most calls go over kept ones; the
same can be asked with a new connection for each call. A connection has one call at a time.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

#: Of a hundred calls, so many are forged, and so many are repeated.
FORGED, REPEATED = 5, 5
CONNECTIONS = 100
#: A repeated call is about one so many calls ago.
AGO = 550

T = TypeVar("T")


@dataclass
class Found:
    """The answers.

    :ivar took: seconds of each call since its planned moment.
    :ivar stored: ids whose calls were accepted.
    :ivar wrong: calls that had another answer than they must have, or none.
    :ivar cpu: seconds of the processor that the calls took here.
    """

    took: list[float] = field(default_factory=list)
    stored: set[int] = field(default_factory=set)
    wrong: int = 0
    repeated: int = 0
    ended: float = 0.0
    cpu: float = 0.0


class Connection(asyncio.Protocol):
    """Waits for the end of an answer, which has no body."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._found = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def call(self, sent: bytes) -> asyncio.Future[bytes]:
        """Send a request; the future is its answer."""
        self._found = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._found += data
        if self._found.endswith(b"\r\n\r\n") and self._answer is not None and not self._answer.done():
            self._answer.set_result(self._found)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    def close(self) -> None:
        self._transport.close()


class Caller:
    """One connection after the other to the server.

    :param keeps: a connection is kept for the next call, unless the server closes it.
    """

    def __init__(self, address: str, secret: str, *, keeps: bool) -> None:
        it = urlsplit(address)
        self._host, self._port = it.hostname or "", it.port or 80
        self._base = f"{it.path}/ovh-sms-callbacks"
        self._secret, self._keeps = secret, keeps
        self._connection: Connection | None = None

    async def call(self, number: int, *, forged: bool) -> int:
        """Make a call about a message, every tenth about a reply; returns its status."""
        if self._connection is None:
            loop = asyncio.get_running_loop()
            _, self._connection = await loop.create_connection(Connection, self._host, self._port)
        answer = await self._connection.call(self._request(number, "x" * 49 if forged else self._secret))
        if not self._keeps or b"connection: close" in answer.lower():
            self._connection.close()
            self._connection = None
        return int(answer[9:12])

    def _request(self, number: int, secret: str) -> bytes:
        if number % 10:
            query = f"id={number}&ptt=4&date=2026-11-30+12%3A00%3A00&description=1&descriptionDlr=Delivered"
            head, body = f"GET {self._base}/{secret}/receipts?{query} HTTP/1.1", ""
        else:
            body = f"shortcode=38100&tag=t&id={number}&senderid=%2B33639980001&message=Oui"
            head = f"POST {self._base}/{secret}/replies HTTP/1.1\r\nContent-Length: {len(body)}"
            head += "\r\nContent-Type: application/x-www-form-urlencoded"
        kept = "" if self._keeps else "\r\nConnection: close"
        return f"{head}\r\nHost: {self._host}{kept}\r\n\r\n{body}".encode()


async def make_calls(address: str, secret: str, first: int, *, calls: int, per_second: int, keeps: bool) -> Found:
    """Make calls at an even pace; the time of each counts from its planned moment.

    :param first: id of the first message.
    """
    found, cpu, began = Found(), time.process_time(), time.perf_counter() + 0.2

    async def one(lane: int) -> None:
        caller = Caller(address, secret, keeps=keeps)
        for at in range(lane, calls, CONNECTIONS):
            planned = began + at / per_second
            if (early := planned - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            forged = at % 100 < FORGED
            again = at % 100 >= 100 - REPEATED and at >= AGO
            number = first + (at - AGO if again else at)
            status = await caller.call(number, forged=forged)
            found.took.append(time.perf_counter() - planned)
            found.wrong += status != (404 if forged else 200)
            if status == 200:
                found.repeated += number in found.stored
                found.stored.add(number)

    await asyncio.gather(*(one(lane) for lane in range(CONNECTIONS)))
    found.ended, found.cpu = time.perf_counter() - began, time.process_time() - cpu
    return found


def run(calls: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run calls on the loop that Airflow's server uses, if it is installed; no collection of garbage delays them."""
    gc.collect()
    gc.freeze()
    try:
        import uvloop
    except ImportError:
        return asyncio.run(calls())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(calls())
