"""Airflow's ``task_state_store`` as a file, for tasks whose process is killed; it can do the killing itself."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class KillAt:
    """The process ends, as by ``kill -9``, right before or after its n-th write of state."""

    when: str
    write: int


#: The process ends when its task is done, before it reports.
RETURNED = KillAt("returned", 0)


class DurableStore:
    """Keeps the state of one task instance across processes: a file that is replaced as a whole or not at all."""

    def __init__(self, path: Path, kill: KillAt | None = None) -> None:
        self.path = path
        self.kill = kill
        self.writes = 0

    def get(self, key: str, default: Any = None) -> Any:
        return self._all().get(key, default)

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        self.writes += 1
        self._die("before")
        unnamed = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        unnamed.write_text(json.dumps({**self._all(), key: value}), encoding="utf-8")
        unnamed.replace(self.path)
        self._die("after")

    def _all(self) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return kept

    def _die(self, when: str) -> None:
        if self.kill == KillAt(when, self.writes):
            os.kill(os.getpid(), signal.SIGKILL)


class ForgetfulStore(DurableStore):
    """Keeps state as long as its process lives: the proof must notice it."""

    def __init__(self, path: Path, kill: KillAt | None = None) -> None:
        super().__init__(path.with_name(f"{path.name}.forgotten.{os.getpid()}"), kill)
