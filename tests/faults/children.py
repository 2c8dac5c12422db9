"""Task processes: forked from one that has everything imported, watched without waiting, killed by SIGKILL."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from faults.tasks import PlannedTry, execute

#: Seconds after which a try counts as hanging.
HANGS = 120.0


class Child:
    """One try in a process of its own.

    :param planned: the try.
    :param log: file for what it prints.
    """

    def __init__(self, planned: PlannedTry, log: Path) -> None:
        self.planned = planned
        self.killed = False
        self.status: int | None = None
        self.since = time.monotonic()
        planned.result.unlink(missing_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _live(planned, log)

    def done(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            elif time.monotonic() - self.since > HANGS:
                self.kill()
        return self.status is not None

    def kill(self) -> bool:
        """End it as a crash does; returns whether it was still alive."""
        if self.done_quickly():
            return False
        os.kill(self.pid, signal.SIGKILL)
        self.status = os.waitpid(self.pid, 0)[1]
        self.killed = True
        return True

    def done_quickly(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def ended(self) -> dict[str, Any]:
        if time.monotonic() - self.since > HANGS:
            return {"ok": False, "error": "Hangs", "clear": False, "final": True, "says": f"{HANGS} s"}
        if self.planned.result.exists():
            ended: dict[str, Any] = json.loads(self.planned.result.read_text(encoding="utf-8"))
            return ended
        by_kill = self.status is not None and os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == 9
        meant = self.killed or self.planned.kill is not None
        name = "Killed" if by_kill and meant else "Crashed"
        says = f"status {self.status}"
        return {"ok": False, "error": name, "clear": name == "Killed", "final": False, "says": says}


def _live(planned: PlannedTry, log: Path) -> None:
    code = 1
    try:
        with log.open("a") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        execute(planned)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
