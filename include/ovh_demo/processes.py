"""Start, watch and end processes on this machine; nothing is left running, and no stranger's process is ended."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

PR_SET_PDEATHSIG = 1


class StartError(Exception):
    """A process did not start; the text says where its log is."""


def free_port() -> int:
    """Find a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(port: int, *, what: str) -> None:
    """Make sure that a port of the loopback address can be listened on.

    :param what: who wants it, for the message.
    :raises StartError: where another program listens there, or it is not allowed.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or a port just left counts as busy
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(
                f"{what} cannot listen on 127.0.0.1:{port}: {error.strerror}. "
                "End the program that uses this port, or choose another one with --port; nothing was started."
            ) from error


@dataclass(frozen=True)
class Identity:
    """What tells a process from another one that got its number later.

    :param pid: its id, also that of its session.
    :param started: when it started, as the system counts it.
    :param folder: named by the command line or by the environment of every process of ours.
    """

    pid: int
    started: float
    folder: str

    def runs(self) -> bool:
        """Whether it, or what it started, still runs."""
        found = members(self.pid)
        leader = next((process for process in found if process.pid == self.pid), None)
        if leader is not None and start_time(leader) != self.started:
            return False
        return any(_mentions(process, self.folder) for process in found)


class Process:
    """A process with its own session and its log in a file.

    :param command: program and arguments.
    :param log: file that receives its output.
    :param env: its whole environment.
    :param outlive: whether it goes on when this program ends, however it ends.
    """

    def __init__(self, command: list[str], *, log: Path, env: dict[str, str], outlive: bool = False) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
                preexec_fn=None if outlive else _dies_with_parent(),
            )

    @property
    def pid(self) -> int:
        """Process id; also the id of its session."""
        return self.popen.pid

    def identity(self, folder: Path) -> Identity:
        """Tell it from others, also later and from another program.

        :param folder: named by its command line or its environment.
        """
        return Identity(self.pid, start_time(psutil.Process(self.pid)), str(folder))

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
        end_session(self.pid)
        self.popen.wait(timeout=30)


def end_session(session: int, *, reconcile_policy: float = 15) -> None:
    """End every process of a session, in whatever group: politely, then for good.

    :param session: id of a session that this program, or an earlier run of it, started.
    :param reconcile_policy: seconds before they are killed.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for process in members(session):
            try:
                process.send_signal(sign)
            except psutil.NoSuchProcess:
                continue
        deadline = time.monotonic() + reconcile_policy
        while members(session):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        else:
            return


def members(session: int) -> list[psutil.Process]:
    """Processes of a session; a zombie that waits for its parent does not count."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (OSError, psutil.Error):
            continue
    return found


def start_time(process: psutil.Process) -> float:
    """When a process started: ticks since boot, which no change of the clock moves; elsewhere seconds."""
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
    except OSError:
        return float(process.create_time())
    return float(stat.rsplit(")", 1)[1].split()[19])  # field 22; a name may hold blanks and brackets


def mentioning(folder: Path) -> list[int]:
    """Ids of the processes whose command line or environment names a folder, this one left out."""
    found = [process for process in psutil.process_iter() if process.pid != os.getpid()]
    return [process.pid for process in found if _mentions(process, str(folder))]


def _mentions(process: psutil.Process, text: str) -> bool:
    try:
        if any(text in argument for argument in process.cmdline()):
            return True
        return any(text in value for value in process.environ().values())
    except (OSError, psutil.Error):  # gone meanwhile, or somebody else's
        return False


def _dies_with_parent() -> Callable[[], None] | None:
    """Have Linux interrupt a child when this program is gone, even killed; Airflow then ends its parts itself."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    parent = os.getpid()

    def in_child() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell ignores it in what it puts into the background
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # gone already
            os._exit(1)

    return in_child
