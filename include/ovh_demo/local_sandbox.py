"""The sandbox as a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ovh_demo.local_airflow import ROOT
from ovh_demo.processes import Process


class LocalSandbox:
    """An OVH to rehearse against.

    :param folder: receives its state and its log.
    :param seed: decides what becomes of every message.
    :param options: more arguments of ``python -m ovh_sandbox``, such as ``speed=60``.
    """

    def __init__(self, folder: Path, *, seed: int = 1, port: int = 0, **options: object) -> None:
        self.folder = folder
        self.command = [sys.executable, "-m", "ovh_sandbox", "--port", str(port), "--seed", str(seed)]
        self.command += ["--state", str(folder / "sandbox.sqlite")]
        for name, value in options.items():
            self.command += [f"--{name}", str(value)]
        self.facts: dict[str, str] = {}
        self.process: Process | None = None

    def start(self) -> LocalSandbox:
        """Start it and wait until it answers."""
        log = self.folder / "sandbox.log"
        log.unlink(missing_ok=True)
        env = {**os.environ, "PYTHONPATH": str(ROOT / "include"), "PYTHONUNBUFFERED": "1"}
        self.process = Process(self.command, log=log, env=env)
        try:
            self.process.wait_until(self._ready, seconds=30, what="The sandbox")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it; its state stays."""
        if self.process is not None:
            self.process.stop()

    def __enter__(self) -> LocalSandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def control(self, method: str, path: str, **body: Any) -> Any:
        """Use the control side.

        :param path: below ``/_control``.
        :param body: sent as JSON, where given.
        """
        import requests

        answer = requests.request(method, self.facts["control"] + path, json=body or None, timeout=30)
        answer.raise_for_status()
        return answer.json()

    @property
    def connection(self) -> dict[str, Any]:
        """The Airflow connection that leads here."""
        return {
            "conn_type": "ovh_sms",
            "login": self.facts["application_key"],
            "password": self.facts["application_secret"],
            "extra": {
                "endpoint": self.facts["endpoint"],
                "consumer_key": self.facts["consumer_key"],
                "account": self.facts["account"],
                "calls_per_minute": 6000,
            },
        }

    def _ready(self) -> bool:
        for line in (self.folder / "sandbox.log").read_text().splitlines():
            if line.startswith("{"):
                self.facts = json.loads(line)
                return True
        return False
