"""A sandbox for the folder, and Airflow connections to it by environment variable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.raw_server import RawServer
from support.sandbox import SandboxProcess


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as process:
        yield process


@pytest.fixture
def sandbox(running: SandboxProcess) -> SandboxProcess:
    running.clock(speed=1)
    running.reset()
    return running


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the default connection: ``connect(login=…, password=…, extra={…})``."""

    def make(**given: Any) -> None:
        connection = {"conn_type": "ovh_sms", **given}
        monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", json.dumps(connection))

    return make


@pytest.fixture
def connect_sandbox(connect: Callable[..., None], sandbox: SandboxProcess) -> Callable[..., None]:
    """Make the default connection to the sandbox; keyword arguments change its extra fields."""

    def make(**changes: Any) -> None:
        extra = {
            "endpoint": sandbox.endpoint,
            "consumer_key": sandbox.keys.consumer_key,
            "account": sandbox.account_name,
            "calls_per_minute": 60_000,
            **changes,
        }
        connect(login=sandbox.keys.application_key, password=sandbox.keys.application_secret, extra=extra)

    return make


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[str], bytes | str]], RawServer]]:
    servers: list[RawServer] = []

    def start(script: Callable[[str], bytes | str]) -> RawServer:
        servers.append(RawServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
