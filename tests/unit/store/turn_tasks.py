"""Processes that share the queue of one key, with the keys of a sandbox or without any call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"

# Each of its lines: the moment of a turn, by the machine's monotonic clock.
TASK = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from ovh_sms.api.call_rate import CallLimits
from ovh_sms.api.turn_queue import CallClass
from ovh_sms.api.turns import Turns
from ovh_sms.clock import SystemClock
from ovh_sms.store.turns import shared_queue
about = json.loads(sys.argv[2])
turns = Turns(CallLimits(about["limit"], about["most"]), clock=SystemClock(), call_class=CallClass[about["kind"]],
              shared=shared_queue(about["url"], "a key"))
os.write(1, b"ready\\n")
sys.stdin.readline()
end = time.monotonic() + about["seconds"]
while time.monotonic() < end:
    turns.take(write=about["write"])
    turns.note_answer(200, None, write=about["write"])
    os.write(1, f"{time.monotonic()}\\n".encode())
"""


@contextmanager
def tasks(abouts: list[str]) -> Iterator[list[subprocess.Popen[str]]]:
    """Start one process for each; they begin together when their input gets a line."""
    command = [sys.executable, "-c", TASK, str(PLUGINS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([*command, about], **pipes) for about in abouts]  # type: ignore[call-overload]
    try:
        for each in running:
            assert each.stdout.readline() == "ready\n"
        yield running
    finally:
        for each in running:
            each.kill()
            each.wait()
            each.stdin.close()
            each.stdout.close()


def begin(running: list[subprocess.Popen[str]]) -> None:
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
