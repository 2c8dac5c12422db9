"""The sandbox as a process of its own."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from ovh_demo.local_airflow import ROOT
from ovh_demo.processes import Service


class LocalSandbox(Service):
    """A sandbox in one folder.

    :param options: more arguments of ``python -m ovh_sandbox``, such as ``speed=60``.
    """

    title = "The sandbox"
    log_name = "sandbox.log"
    start_seconds = 30

    def __init__(self, folder: Path, **options: object) -> None:
        command = [sys.executable, "-m", "ovh_sandbox", "--state", str(folder / "sandbox.sqlite")]
        command += [f"--{name}={value}" for name, value in options.items()]
        env = {**os.environ, "PYTHONPATH": str(ROOT / "include"), "PYTHONUNBUFFERED": "1"}
        super().__init__(folder, command=command, env=env)
        #: The line of JSON that it prints when it is ready: addresses and keys.
        self.ready: dict[str, str] = {}

    def control(self, method: str, path: str, **body: Any) -> Any:
        """Call the control side with a JSON body; the path is below ``/_control``."""
        return json.loads(self._request(method, path, body))

    def lines(self, path: str) -> list[Any]:
        """Read a stream of JSON objects from the control side, one a line."""
        return [json.loads(line) for line in self._request("GET", path, {}).splitlines()]

    @property
    def connection(self) -> dict[str, Any]:
        """The Airflow connection to this sandbox."""
        names = ("endpoint", "consumer_key", "account")
        return {
            "conn_type": "ovh_sms",
            "login": self.ready["application_key"],
            "password": self.ready["application_secret"],
            "extra": {**{name: self.ready[name] for name in names}, "calls_per_minute": 6000},
        }

    def _request(self, method: str, path: str, body: dict[str, Any]) -> bytes:
        import requests

        answer = requests.request(method, self.ready["control"] + path, json=body or None, timeout=30)
        answer.raise_for_status()
        return answer.content

    def _is_ready(self) -> bool:
        for line in self.log_file.read_text().splitlines():
            if line.startswith("{"):
                self.ready = json.loads(line)
                return True
        return False
