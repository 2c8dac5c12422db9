"""OVH's calls against Airflow's real API server, over loopback: 1,000 a second for a minute.

Calls are made at planned moments, and their time counts from these: a server that stands still is not measured less.
Prints JSON: calls answered in a second, the 99th percentile in milliseconds, calls that were accepted and are not
stored, callbacks that are stored twice, and the memory that the server has gained since it was warm.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

PER_SECOND, SECONDS, WARM_UP = 1_000, 60, 5
#: Of a hundred calls, so many are forged, and so many are repeated.
FORGED, REPEATED = 5, 5
CONNECTIONS = 50
ACCOUNT = "sms-sb00001-1"
#: A repeated call is about one so many calls ago.
AGO = 550


@dataclass
class Found:
    """The answers.

    :ivar took: seconds of each call since its planned moment.
    :ivar stored: ids whose calls were accepted.
    :ivar wrong: calls that had another answer than they must have.
    """

    took: list[float] = field(default_factory=list)
    stored: set[int] = field(default_factory=set)
    wrong: int = 0
    repeated: int = 0
    ended: float = 0.0


class Caller:
    """One connection after the other to the server."""

    def __init__(self, address: str, secret: str) -> None:
        it = urlsplit(address)
        self._host, self._port = it.hostname or "", it.port or 80
        self._base = f"{it.path}/ovh-sms-callbacks"
        self._secret = secret
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, number: int, *, forged: bool) -> int:
        """Make a call about a message, every tenth about a reply; returns its status."""
        secret = "x" * 49 if forged else self._secret
        if number % 10:
            query = f"id={number}&ptt=4&date=2026-11-30+12%3A00%3A00&description=1&descriptionDlr=Delivered"
            head, body = f"GET {self._base}/{secret}/receipts?{query} HTTP/1.1", b""
        else:
            body = f"shortcode=38100&tag=t&id={number}&senderid=%2B33639980001&message=Oui".encode()
            head = f"POST {self._base}/{secret}/replies HTTP/1.1\r\nContent-Length: {len(body)}"
            head += "\r\nContent-Type: application/x-www-form-urlencoded"
        sent = f"{head}\r\nHost: {self._host}\r\n\r\n".encode() + body
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(sent)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b"connection: close" in answer.lower():
            writer.close()
            self._streams = None
        return int(answer.split(b" ", 2)[1])


async def _load(address: str, secret: str, first: int, seconds: int) -> Found:
    found, began = Found(), time.perf_counter() + 0.2

    async def one(lane: int) -> None:
        caller = Caller(address, secret)
        for at in range(lane, PER_SECOND * seconds, CONNECTIONS):
            planned = began + at / PER_SECOND
            await asyncio.sleep(max(0.0, planned - time.perf_counter()))
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
    found.ended = time.perf_counter() - began
    return found


def measure(folder: Path) -> dict[str, float]:
    """Start the server, warm it up, and call it."""
    from support.airflow_pages import airflow_pages
    from support.callbacks import valid_secret
    from support.stores import new_store

    store = new_store(folder / "data" / "results.sqlite")
    secret = valid_secret(store, ACCOUNT)
    with airflow_pages(folder, []) as pages:
        asyncio.run(_load(pages.address, secret, 1_000_000, WARM_UP))
        before = _resident_mb()
        found = asyncio.run(_load(pages.address, secret, 10_000_000, SECONDS))
        growth = _resident_mb() - before
    stored = _stored(store)
    if found.wrong:
        sys.exit(f"{found.wrong} calls had another answer than they must have.")
    _check_counts(store, found)
    return {
        "per_second": len(found.took) / found.ended,
        "p50_ms": 1000 * statistics.median(found.took),
        "p99_ms": 1000 * statistics.quantiles(found.took, n=100)[-1],
        "lost": len(found.stored - stored.keys()),
        "doubled": sum(rows - 1 for rows in stored.values()),
        "rss_growth_mb": growth,
    }


def _stored(store: Store) -> dict[int, int]:
    """The rows of each id of the measurement."""
    from sqlalchemy import func, select

    from ovh_sms.store.callback_tables import callbacks

    query = select(callbacks.c.ovh_id, func.count()).group_by(callbacks.c.ovh_id)
    with store.database.reading() as connection:
        found = {int(row[0]): int(row[1]) for row in connection.execute(query)}
    return {number: rows for number, rows in found.items() if number >= 10_000_000}


def _check_counts(store: Store, found: Found) -> None:
    """Compare the counts of the results with those of the calls, also of those that warmed the server up."""
    from datetime import UTC, datetime, timedelta

    counted: dict[str, int] = {}
    for each in store.callbacks.counts(datetime.now(UTC).date() - timedelta(days=1)):
        counted[each.result] = counted.get(each.result, 0) + each.calls
    everything = PER_SECOND * (SECONDS + WARM_UP)
    if sum(counted.values()) != everything or counted.get("forged") != everything * FORGED // 100:
        sys.exit(f"{everything} calls were made, and {counted} are counted.")
    if counted["repeated"] < found.repeated:
        sys.exit(f"{found.repeated} calls were repeated, and {counted['repeated']} are counted.")


def _resident_mb() -> float:
    """Memory of the server: the only child of this process."""
    import psutil

    return float(sum(each.memory_info().rss for each in psutil.Process().children(recursive=True)) / 2**20)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))), flush=True)
