"""Tasks of replies in processes of their own, which end at a chosen boundary as by ``kill -9``.

A boundary is each call to OVH, before it is written and once it is answered, and each transaction of the results,
before it begins, before it is committed and once it is.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from faults.kill_points import end_process

#: Seconds after which a task counts as hanging.
HANGS = 90.0


class Boundaries:
    """Counts the boundaries that this process reaches, and ends it at one of them.

    :param kill_at: number of the boundary, 1 for the first; 0 for none.
    :param trace: file with the names of the boundaries so far.
    """

    def __init__(self, kill_at: int, trace: Path) -> None:
        self._kill_at = kill_at
        self._trace = trace
        self._names: list[str] = []

    def reach(self, name: str) -> None:
        self._names.append(name)
        if len(self._names) == self._kill_at:
            self.save()
            end_process()

    def save(self) -> None:
        self._trace.write_text(json.dumps(self._names), encoding="utf-8")

    def install(self) -> None:
        """Watch every call and every transaction of this process."""
        from requests.adapters import HTTPAdapter

        from ovh_sms.store import database

        send, transaction = HTTPAdapter.send, database.transaction

        def watched_send(adapter: Any, request: Any, *given: Any, **more: Any) -> Any:
            called = _call(request)
            self.reach(f"before {called}")
            response = send(adapter, request, *given, **more)
            self.reach(f"after {called}")
            return response

        @contextmanager
        def watched_transaction(*given: Any, **more: Any) -> Iterator[Any]:
            self.reach("before a transaction")
            with transaction(*given, **more) as connection:
                yield connection
                self.reach("before a commit")
            self.reach("after a commit")

        HTTPAdapter.send = watched_send  # type: ignore[method-assign]
        database.transaction = watched_transaction


def _call(request: Any) -> str:
    """Method and path of a call, without accounts, ids and numbers."""
    names = urlsplit(request.url).path.split("/")
    kept = [name if name.isalpha() else "*" for name in names[2:] if name]
    return f"{request.method} /{'/'.join(kept)}"


class Task:
    """A task in a process of its own.

    :param work: done in that process; its result is plain JSON.
    :param folder: for its files.
    """

    def __init__(self, work: Callable[[], Any], folder: Path, *, kill_at: int = 0) -> None:
        self.folder = folder
        self.kill_at = kill_at
        self._result, self._trace = folder / "result.json", folder / "boundaries.json"
        for path in (self._result, self._trace):
            path.unlink(missing_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._live(work)

    def kill(self) -> None:
        os.kill(self.pid, 9)

    def wait(self) -> dict[str, Any]:
        """Wait for its end; returns ``value``, ``error`` or ``killed``."""
        since, status = time.monotonic(), None
        while status is None:
            pid, found = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                status = found
            elif time.monotonic() - since > HANGS:
                self.kill()
                os.waitpid(self.pid, 0)
                return {"error": "Hangs", "says": f"{HANGS} s"}
            else:
                time.sleep(0.01)
        if self._result.exists():
            ended: dict[str, Any] = json.loads(self._result.read_text(encoding="utf-8"))
            return ended
        by_kill = os.WIFSIGNALED(status) and os.WTERMSIG(status) == 9
        return {"killed": True} if by_kill else {"error": "Crashed", "says": f"status {status}"}

    def boundaries(self) -> list[str]:
        """Names of the boundaries that it reached; the last one is that at which it ended, if it was killed there."""
        return json.loads(self._trace.read_text(encoding="utf-8")) if self._trace.exists() else []

    def _live(self, work: Callable[[], Any]) -> None:
        code = 1
        try:
            with (self.folder / "tasks.log").open("a") as out:
                os.dup2(out.fileno(), 1)
                os.dup2(out.fileno(), 2)
            boundaries = Boundaries(self.kill_at, self._trace)
            boundaries.install()
            try:
                ended = {"value": work()}
            except BaseException as error:  # a task that is deferred is one, too
                traceback.print_exc()
                ended = {"error": type(error).__name__, "says": str(error)}
            boundaries.save()
            unnamed = self._result.with_suffix(".new")
            unnamed.write_text(json.dumps(ended), encoding="utf-8")
            unnamed.replace(self._result)
            code = 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
