"""Writes what many requests bring in one transaction: each is answered once it is on the disk."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")
Key = tuple[str, str, str]
#: Seconds for which a transaction waits for more: a thousand requests a second make some forty transactions.
GATHERS = 0.02
#: Seconds after which counts of refused requests are written.
COUNTS_AFTER = 1.0
#: Seconds without any request after which the connection to the results is closed.
RESTS_AFTER = 1.0
#: Requests that wait at most: beyond it they are refused, so that memory stays flat.
MOST = 20_000
_BLOCK = 2_000


class TooManyWait(Exception):
    """The results are written too slowly for so many requests."""


class GroupWriter(Generic[T]):
    """Writes rows and counts from a thread of its own, which starts with the first of them.

    :param write: one transaction; may be repeated.
    :param rest: called after it, in the same thread, once there is nothing to write for a second.
    """

    def __init__(self, write: Callable[[list[T], Counter[Key]], object], rest: Callable[[], object]) -> None:
        self._write = write
        self._rest = rest
        self._ready = threading.Condition()
        self._rows: list[tuple[T, asyncio.Future[None]]] = []
        self._counts: Counter[Key] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def put(self, row: T) -> asyncio.Future[None]:
        """Hand a row over; the future is done once it is stored.

        :raises TooManyWait: so many are not stored yet.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._ready:
            if len(self._rows) >= MOST:
                raise TooManyWait
            self._loop = loop
            self._rows.append((row, future))
            self._start()
            self._ready.notify()
        return future

    def count(self, key: Key) -> None:
        """Count a refused request; it is written within a second, or with the next rows."""
        with self._ready:
            self._counts[key] += 1
            self._start()
            if self._counts.total() == 1:
                self._ready.notify()

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="ovh-sms-callbacks", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            has_rows = self._wait()
            if has_rows:
                time.sleep(GATHERS)
            else:
                with self._ready:
                    self._ready.wait_for(lambda: bool(self._rows), timeout=COUNTS_AFTER)
            with self._ready:
                taken, self._rows = self._rows[:_BLOCK], self._rows[_BLOCK:]
                counts, self._counts = self._counts, Counter()
                loop = self._loop
            self._store(taken, counts, loop)

    def _wait(self) -> bool:
        """Return whether rows are to be written, or counts alone."""
        with self._ready:
            if self._ready.wait_for(self._has_work, timeout=RESTS_AFTER):
                return bool(self._rows)
        try:
            self._rest()
        except Exception as error:  # the next transaction meets it too
            log.warning("resting failed: %s", type(error).__name__)
        with self._ready:
            self._ready.wait_for(self._has_work)
            return bool(self._rows)

    def _has_work(self) -> bool:
        return bool(self._rows or self._counts)

    def _store(
        self, taken: list[tuple[T, asyncio.Future[None]]], counts: Counter[Key], loop: asyncio.AbstractEventLoop | None
    ) -> None:
        failure: Exception | None = None
        try:
            self._write([row for row, _ in taken], counts)
        except Exception as error:  # a database that cannot be reached: OVH calls again
            if taken:  # its text may quote a row
                log.error("callbacks=%d were not stored: %s", len(taken), type(error).__name__)
            failure = error
            with self._ready:
                self._counts.update(counts)
            time.sleep(GATHERS)
        if taken and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_settle, [future for _, future in taken], failure)


def _settle(futures: list[asyncio.Future[None]], failure: Exception | None) -> None:
    for future in futures:
        if future.done():  # its client has gone
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)
