"""Starts and ends processes on this machine: nothing is left running, and only own processes are ended."""

import ctypes
import os
import signal
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import psutil  # type: ignore[import-untyped]

PR_SET_PDEATHSIG = 1


class StartError(Exception):
    """A process did not start; the message names its log."""


def free_port() -> int:
    """Find a free port of the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(port: int) -> None:
    """Raise a :class:`StartError` if nothing can listen on a port of the loopback address, Airflow above all."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or a port just left counts as busy
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(
                f"Airflow cannot listen on 127.0.0.1:{port}: {error.strerror}. Nothing was started. "
                "End the program that uses this port, or choose another port with --port."
            ) from error


@dataclass(frozen=True)
class PidRecord:
    """Identifies a process also later and from another program, even if its pid was given to another process.

    :param pid: also the id of its session.
    :param identity: psutil's hash of the pid and the start since boot, which no change of the clock moves.
    :param folder: named by the command line or the environment of every process of the session.
    """

    pid: int
    identity: int
    folder: str

    @classmethod
    def of(cls, process: psutil.Process, folder: Path) -> Self:
        """Return the record of a running process."""
        return cls(process.pid, hash(process), str(folder))

    def is_running(self) -> bool:
        """Whether the process, or one that it started, still runs."""
        with suppress(psutil.NoSuchProcess):
            if hash(psutil.Process(self.pid)) != self.identity:
                return False
        return any(_mentions(process, self.folder) for process in members(self.pid))


def start(command: list[str], *, log: Path, env: dict[str, str], outlive: bool = False) -> psutil.Popen:
    """Start a process with its own session; end it with :func:`end_session`.

    :param log: receives its output.
    :param outlive: whether it goes on after this program has ended, even killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    before = None if outlive else _interrupt_with_parent()
    with log.open("ab") as file:
        return psutil.Popen(command, stdout=file, stderr=file, env=env, start_new_session=True, preexec_fn=before)


class Service(ABC):
    """A process that answers requests inside a ``with`` block and is ended after it.

    :param folder: receives its state; its command line or its environment names it.
    :param env: its whole environment.
    """

    title: ClassVar[str]
    log_name: ClassVar[str]
    start_seconds: ClassVar[float]
    #: Seconds until what has not ended by itself is killed.
    stop_seconds: ClassVar[float] = 15

    def __init__(self, folder: Path, *, command: list[str], env: dict[str, str]) -> None:
        self.log_file = folder / self.log_name
        self.folder, self.command, self.env = folder, command, env
        self.process: psutil.Popen | None = None

    def launch(self, *, outlive: bool = False) -> PidRecord:
        """Start the process without waiting."""
        self.log_file.unlink(missing_ok=True)  # an earlier process wrote it
        self.process = start(self.command, log=self.log_file, env=self.env, outlive=outlive)
        return PidRecord.of(self.process, self.folder)

    def wait(self) -> None:
        """Wait until the service answers.

        :raises StartError: if the process ends before, or if it takes too long.
        """
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                code = self.process.returncode
                raise StartError(f"{self.title} ended with code {code}. See {self.log_file}.")
            if self._is_ready():
                return
            time.sleep(0.3)
        raise StartError(f"{self.title} was not ready after {self.start_seconds:.0f} s. See {self.log_file}.")

    def stop(self) -> None:
        """End the service and every process that it started; its folder stays."""
        if self.process is not None:
            end_session(self.process.pid, wait_seconds=self.stop_seconds)
            self.process.wait(timeout=30)

    def __enter__(self) -> Self:
        try:
            self.launch()
            self.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the service answers."""


def end_session(session: int, *, wait_seconds: float = 15) -> None:
    """End every process of a session: by SIGTERM, after ``wait_seconds`` seconds by SIGKILL."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for process in members(session):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sign)
        deadline = time.monotonic() + wait_seconds
        while time.monotonic() < deadline:
            if not members(session):
                return
            time.sleep(0.1)


def members(session: int) -> list[psutil.Process]:
    """Return the processes of a session in all its process groups, without zombies."""
    found = []
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def mentioning(folder: Path) -> list[int]:
    """Return the pids of the other processes whose command line or environment names a folder."""
    found = [process for process in psutil.process_iter() if process.pid != os.getpid()]
    return [process.pid for process in found if _mentions(process, str(folder))]


def _mentions(process: psutil.Process, text: str) -> bool:
    with suppress(OSError, psutil.Error):  # ended meanwhile, or another user's
        return any(text in part for part in process.cmdline()) or any(
            text in value for value in process.environ().values()
        )
    return False


def _interrupt_with_parent() -> Callable[[], None] | None:
    """Have Linux interrupt a child if this program is gone, even killed; Airflow then ends its parts itself."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # loaded before the fork
    parent = os.getpid()

    def in_child() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell ignores it in its background processes
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # gone already
            os._exit(1)

    return in_child
