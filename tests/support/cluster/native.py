"""One service of the compose file as a process: its addresses lead to this machine, its folders into a test's."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from ovh_demo.processes import end_session, members, start
from support.cluster.compose_file import ROOT

#: What the image itself sets.
HOME = "/opt/airflow"


class NativeService:
    """A service under a name of its own, which is also its host name.

    :param described: the service in the compose file.
    :param folder: of the whole cluster: each service has a disk of its own in it, and the volumes are shared.
    :param addresses: ``host:port`` of the compose file → that on this machine.
    :param folders: replaces folders of the repository, such as ``./include``.
    :param more: environment beside the service's own.
    """

    def __init__(
        self,
        name: str,
        described: dict[str, Any],
        folder: Path,
        *,
        addresses: dict[str, str],
        folders: dict[str, Path],
        more: dict[str, str],
    ) -> None:
        self.name, self.described, self.addresses = name, described, addresses
        self.disk = folder / name
        self.log_file = folder / f"{name}.log"
        self.process: psutil.Popen | None = None
        self.disk.mkdir()
        for volume in described.get("volumes", []):
            self._mount(*volume.split(":")[:2], folder=folder, folders=folders)
        self.environment = self._environment(more)
        self.command = [self.here(word) for word in (*described.get("entrypoint", ()), *described.get("command", ()))]

    def here(self, text: str) -> str:
        """An address or a path of the container, as it is on this machine."""
        for there, here in self.addresses.items():
            text = re.sub(rf"(?<![\w.-]){re.escape(there)}(?!\d)", here, text)
        for path in sorted(self._paths, key=len, reverse=True):
            text = re.sub(rf"(?<![\w/]){re.escape(path)}(?![\w-])", str(self.disk) + path, text)
        return text

    @property
    def _paths(self) -> list[str]:
        return [HOME, *(volume.split(":")[1] for volume in self.described.get("volumes", []))]

    def _mount(self, source: str, target: str, *, folder: Path, folders: dict[str, Path]) -> None:
        """Let a path of the container lead to its volume, or to a folder of the repository."""
        place = folders.get(source) or (ROOT / source if source.startswith(".") else folder / "volumes" / source)
        place.mkdir(parents=True, exist_ok=True)
        link = self.disk / target.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(place)

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        own = {name: self.here(str(value)) for name, value in self.described.get("environment", {}).items()}
        postgres = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
        (self.disk / "tmp").mkdir()
        return {
            "AIRFLOW_HOME": str(self.disk) + HOME,
            "C_FORCE_ROOT": "1",
            "HOME": str(self.disk),
            "HOSTNAME": self.name,
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(postgres), os.environ.get("PATH", "")]),
            "TMPDIR": str(self.disk / "tmp"),
            **own,
            **more,
        }

    def run(self) -> None:
        """Run a service that ends by itself, such as one that prepares a database."""
        done = subprocess.run(self.command, env=self.environment, capture_output=True, text=True, timeout=300)
        self.log_file.write_text(done.stdout + done.stderr)
        assert done.returncode == 0, f"{self.name} ended with {done.returncode}: {self.said()}"

    def start(self) -> None:
        """Start the process; after the end of an earlier one it finds its disk as that left it."""
        self.process = start(self.command, log=self.log_file, env=self.environment)

    def is_healthy(self) -> bool:
        """The answer of the service's own health check."""
        kind, *words = self.described["healthcheck"]["test"]
        command = ["sh", "-c", self.here(words[0])] if kind == "CMD-SHELL" else [self.here(word) for word in words]
        with suppress(subprocess.TimeoutExpired):
            return subprocess.run(command, env=self.environment, capture_output=True, timeout=60).returncode == 0
        return False

    def wait_until_healthy(self, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_healthy():
            ended = self.process is not None and self.process.poll() is not None
            assert not ended, f"{self.name} has ended: {self.said()}"
            assert time.monotonic() < deadline, f"{self.name} is not healthy: {self.said()}"
            time.sleep(0.5)

    def processes(self) -> list[psutil.Process]:
        """Those of the service, its children among them."""
        return members(self.process.pid) if self.process is not None else []

    def cpu_seconds(self) -> float:
        """CPU of its processes so far."""
        used = [each.cpu_times() for each in self.processes()]
        return sum(each.user + each.system for each in used)

    def kill(self) -> None:
        """End the service as a container that is killed: all of its processes at once."""
        assert self.process is not None
        while left := self.processes():
            for each in left:
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGKILL)
            time.sleep(0.05)
        self.process.wait(timeout=30)

    def stop(self) -> None:
        """End the service if it runs."""
        if self.process is not None:
            end_session(self.process.pid)
            with suppress(psutil.TimeoutExpired):
                self.process.wait(timeout=30)

    def calls(self, port: int) -> bool:
        """Whether one of its processes holds a connection to a port of this machine."""
        for each in self.processes():
            with suppress(psutil.Error):
                found = each.net_connections("tcp")
                if any(one.raddr and one.raddr.port == port and one.status == "ESTABLISHED" for one in found):
                    return True
        return False

    def said(self) -> str:
        """The end of its log."""
        return self.log_file.read_text(errors="replace")[-3_000:] if self.log_file.exists() else ""


class NativePostgres(NativeService):
    """The database, in the version that the machine has; it refuses to run as root."""

    def __init__(self, *args: Any, account: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account
        self._data = self.disk / "var/lib/postgresql/data"
        host, port = self.addresses["postgres:5432"].split(":")
        self.environment |= {"PGHOST": host, "PGPORT": port, "PGDATA": str(self._data)}
        _, *options = self.command
        self.command = ["postgres", "-h", host, "-p", port, "-k", str(self.disk), "-F", *options]

    def start(self) -> None:
        """Make the cluster as the image does at its first start, then start the server."""
        first = not (self._data / "PG_VERSION").exists()
        if self._account:
            for each in (self.disk, self._data, self.disk / "tmp"):
                shutil.chown(each, self._account["user"], self._account["group"])
        if first:
            secret = self.disk / "password"
            secret.write_text(self.environment["POSTGRES_PASSWORD"])
            secret.chmod(0o644)
            made = ["initdb", "-U", self.environment["POSTGRES_USER"], "-A", "scram-sha-256", "--no-sync"]
            command = [*made, f"--pwfile={secret}", "-D", str(self._data), "-E", "UTF8", "--no-locale"]
            subprocess.run(command, env=self.environment, check=True, capture_output=True, cwd="/", **self._account)
        with self.log_file.open("ab") as log:
            self.process = psutil.Popen(
                self.command,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd="/",
                start_new_session=True,
                **self._account,
            )
        if first:
            self._make_database()

    def _make_database(self) -> None:
        secret = self.environment | {"PGPASSWORD": self.environment["POSTGRES_PASSWORD"]}
        command = ["createdb", "--username", self.environment["POSTGRES_USER"], self.environment["POSTGRES_DB"]]
        for left in range(60, -1, -1):
            done = subprocess.run(command, env=secret, capture_output=True, text=True)
            if done.returncode == 0:
                return
            assert left, f"postgres has no database: {done.stderr} {self.said()}"
            time.sleep(0.5)
