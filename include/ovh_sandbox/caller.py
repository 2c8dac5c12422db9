"""Makes the calls that accounts ask for: ``callBack``, ``stopCallBack`` and ``cgiUrl`` of ``smsResponse``."""

import http.client
import logging
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from .due import catch_up
from .sandbox import Sandbox
from .world import callbacks

log = logging.getLogger("ovh_sandbox")
# Seconds between two searches for what is to be called, and for an answer.
PAUSE, TIMEOUT = 0.2, 5.0
AT_ONCE = 8
# A search that takes long is made again after so many times as long: the API needs the machine too.
SHARE = 5
# Names that are reserved for examples: nobody is asked for their addresses.
NOBODY = (".example", ".invalid", ".test", "example.com", "example.org", "example.net")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer as any other."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


class Caller(threading.Thread):
    """Calls for as long as the process lives. No address and no form is logged: both may hold a secret or a number."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(name="caller", daemon=True)
        self.sandbox = sandbox
        self._over = threading.Event()
        self._opener = urllib.request.build_opener(_NoRedirect())

    def run(self) -> None:
        """Search, call, wait, and so on."""
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="caller") as pool:
            took = 0.0
            while not self._over.wait(max(PAUSE, SHARE * took)):
                try:
                    took = self._step(pool)
                except Exception:
                    if not self._over.is_set():
                        log.exception("a callback failed in the sandbox itself")

    def stop(self) -> None:
        """End it."""
        self._over.set()

    def _step(self, pool: ThreadPoolExecutor) -> float:
        """Return the seconds of the search."""
        box, started = self.sandbox, time.monotonic()
        if box.state.row("SELECT 1 FROM callback_accounts LIMIT 1") is not None:
            catch_up(box)
            callbacks.collect(box)
        took = time.monotonic() - started
        while rows := callbacks.due(box, 200):
            for row, statuses in zip(rows, pool.map(self._call, rows), strict=True):
                callbacks.answered(box, row, statuses)
            if self._over.is_set():
                break
        return took

    def _call(self, row: sqlite3.Row) -> list[int | None]:
        return [self._once(row) for _ in range(2 if row["fate"] == "doubled" else 1)]

    def _once(self, row: sqlite3.Row) -> int | None:
        body = row["form"].encode() if row["method"] == "POST" else None
        try:
            it = urlsplit(row["url"])
            if it.scheme not in ("http", "https") or (it.hostname or "").endswith(NOBODY):
                return None
            request = urllib.request.Request(row["url"], body, method=row["method"])  # noqa: S310
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (OSError, ValueError, http.client.HTTPException):
            return None
