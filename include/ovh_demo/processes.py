"""Start, watch and end processes on this machine; nothing is left running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class StartError(Exception):
    """A process did not start; the text says where its log is."""


def free_port() -> int:
    """Find a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A process with its own group and its log in a file.

    :param command: program and arguments.
    :param log: file that receives its output.
    :param env: its whole environment.
    """

    def __init__(self, command: list[str], *, log: Path, env: dict[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self.name = Path(command[0]).name
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=env, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Process id; also the id of its group."""
        return self.popen.pid

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Wait until it is ready.

        :raises StartError: where it ends before, or takes longer.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                raise StartError(f"{what} ended with code {self.popen.returncode}; see {self.log}")
            if ready():
                return
            time.sleep(0.3)
        raise StartError(f"{what} was not ready after {seconds:.0f} s; see {self.log}")

    def stop(self) -> None:
        """End it and everything it started."""
        end_group(self.pid)
        self.popen.wait(timeout=30)


def end_group(group: int, *, patience: float = 15) -> None:
    """End every process of a group: politely, then for good.

    :param group: id of a group that this program started.
    :param patience: seconds before they are killed.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and group_alive(group):
            time.sleep(0.1)


def group_alive(group: int) -> bool:
    """Whether any process of a group still runs; a zombie that waits for its parent does not count."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False
