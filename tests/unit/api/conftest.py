"""A sandbox for the folder, clients of it, and bare socket servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.retry import RetryPolicy
from support.fake_clock import FakeClock
from support.raw_server import RawServer
from support.sandbox import SandboxProcess
from unit.api.samples import ACCOUNT, MakeClient, StartServer


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
def keys(sandbox: SandboxProcess) -> Credentials:
    return Credentials(
        endpoint=sandbox.endpoint,
        application_key=sandbox.keys.application_key,
        application_secret=sandbox.keys.application_secret,
        consumer_key=sandbox.keys.consumer_key,
    )


@pytest.fixture
def oauth2_keys(sandbox: SandboxProcess) -> Credentials:
    return Credentials(sandbox.endpoint, client_id=sandbox.keys.client_id, client_secret=sandbox.keys.client_secret)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_client(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[MakeClient]:
    made: list[OvhSmsClient] = []

    def make(**given: object) -> OvhSmsClient:
        keys = given.pop("credentials", None) or request.getfixturevalue("keys")
        settings: dict[str, object] = {
            "credentials": keys,
            "account": ACCOUNT,
            "calls_per_minute": 60_000,
            "read_timeout": 5,
            "retry": RetryPolicy(total_seconds=5, first_wait=0.05, longest_wait=0.2),
            "clock": clock,
        }
        made.append(OvhSmsClient(**{**settings, **given}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> OvhSmsClient:
    return make_client()


@pytest.fixture
def raw_server() -> Iterator[StartServer]:
    servers: list[RawServer] = []

    def start(script: Callable[[str], bytes | str]) -> RawServer:
        servers.append(RawServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
