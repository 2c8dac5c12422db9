"""What Airflow and the sandbox have in common: a process of which one waits until it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from ovh_demo.processes import Identity, Process


class Service(ABC):
    """A process that is ready inside of a ``with`` and ended after it.

    :param folder: receives its state; its command line or its environment names it.
    :param command: program and arguments.
    :param env: its whole environment.
    """

    what: ClassVar[str]
    log_name: ClassVar[str]
    reconcile_policy: ClassVar[float]  # seconds until it has to be ready

    def __init__(self, folder: Path, *, command: list[str], env: dict[str, str]) -> None:
        self.folder = folder
        self.command = command
        self.env = env
        self.process: Process | None = None

    @property
    def log_file(self) -> Path:
        """What it writes to its terminal."""
        return self.folder / self.log_name

    def launch(self, *, outlive: bool = False) -> Identity:
        """Start it, without waiting.

        :param outlive: whether it goes on when this program ends.
        :returns: what tells it from other processes.
        """
        self.log_file.unlink(missing_ok=True)  # what an earlier one wrote says nothing about this one
        self.process = Process(self.command, log=self.log_file, env=self.env, outlive=outlive)
        return self.process.identity(self.folder)

    def wait(self) -> None:
        """Wait until it answers.

        :raises StartError: where it ends before, or takes too long.
        """
        if self.process is not None:
            self.process.wait_until(self._ready, seconds=self.reconcile_policy, what=self.what)

    def stop(self) -> None:
        """End it and everything it started; its folder stays."""
        if self.process is not None:
            self.process.stop()

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
    def _ready(self) -> bool:
        """Whether it answers."""
