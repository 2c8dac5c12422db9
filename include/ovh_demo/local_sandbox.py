"""The sandbox as a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ovh_demo.local_airflow import ROOT
from ovh_demo.service import Service


class LocalSandbox(Service):
    """An OVH to rehearse against.

    :param folder: receives its state and its log.
    :param seed: decides what becomes of every message.
    :param options: more arguments of ``python -m ovh_sandbox``, such as ``speed=60``.
    """

    what = "The sandbox"
    log_name = "sandbox.log"
    reconcile_policy = 30

    def __init__(self, folder: Path, *, seed: int = 1, port: int = 0, **options: object) -> None:
        command = [sys.executable, "-m", "ovh_sandbox", "--port", str(port), "--seed", str(seed)]
        command += ["--state", str(folder / "sandbox.sqlite")]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        env = {**os.environ, "PYTHONPATH": str(ROOT / "include"), "PYTHONUNBUFFERED": "1"}
        super().__init__(folder, command=command, env=env)
        self.facts: dict[str, str] = {}

    def control(self, method: str, path: str, **body: Any) -> Any:
        """Use the control side.

        :param path: below ``/_control``.
        :param body: sent as JSON, where given.
        """
        return self._ask(method, path, body).json()

    def lines(self, path: str) -> list[Any]:
        """Read what the control side gives as a JSON object a line.

        :param path: below ``/_control``.
        """
        return [json.loads(line) for line in self._ask("GET", path, {}).text.splitlines()]

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

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        import requests

        answer = requests.request(method, self.facts["control"] + path, json=body or None, timeout=30)
        answer.raise_for_status()
        return answer

    def _ready(self) -> bool:
        for line in self.log_file.read_text().splitlines():
            if line.startswith("{"):
                self.facts = json.loads(line)
                return True
        return False
