from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.http_adapter import DELIVERY_SECONDS, OnceAdapter, prepare_session
from ovh_sms.clock import SystemClock
from ovh_sms.errors import DeadlineMissed
from support.fake_clock import FakeClock
from support.raw_server import RawServer, http
from support.sandbox import SandboxProcess
from unit.api.certificates import certificate
from unit.api.samples import NUMBER, SENT, MakeClient, StartServer, submission

LATE = 0.4


def answer(line: str) -> bytes:
    return http(200, SENT if "/jobs" in line else b"null")


@pytest.fixture
def server(raw_server: StartServer) -> RawServer:
    return raw_server(answer)


@contextmanager
def missed(call: str = "POST /sms/sms-sb00001-1/jobs") -> Iterator[None]:
    with pytest.raises(DeadlineMissed, match="OVH received nothing") as caught:
        yield
    assert call in str(caught.value)
    assert NUMBER not in str(caught.value)


def test_a_write_in_time_is_made_and_the_next_one_has_no_deadline(
    make_client: MakeClient, clock: FakeClock, server: RawServer
) -> None:
    client = make_client(credentials=server.credentials())
    assert client.jobs.submit(submission(), not_after=clock.monotonic() + LATE).ids == [1]
    clock.advance(3600)
    assert client.jobs.submit(submission()).ids == [1]
    assert len(server.requests("POST")) == 2


def test_a_write_past_its_deadline_is_not_made(client: OvhSmsClient, clock: FakeClock, sandbox: SandboxProcess) -> None:
    with missed():
        client.jobs.submit(submission(), not_after=clock.monotonic() - 0.001)
    with missed("POST /order/sms/sms-sb00001-1/credits"):
        client.orders.create(100, not_after=clock.monotonic() - 0.001)
    assert sandbox.truth()["accepted"] == 0
    assert sandbox.orders() == []
    assert client.orders.create(100, not_after=clock.monotonic() + LATE).order_id
    assert client.jobs.submit(submission()).ids


def test_the_deadline_of_a_default_client_is_in_seconds_of_the_monotonic_clock(
    make_client: MakeClient, server: RawServer
) -> None:
    client, clock = make_client(credentials=server.credentials(), clock=None), SystemClock()
    with missed():
        client.jobs.submit(submission(), not_after=clock.monotonic() - 0.001)
    assert client.jobs.submit(submission(), not_after=clock.monotonic() + 30).ids == [1]


def test_a_write_that_waits_for_its_turn_is_not_made_late(
    make_client: MakeClient, clock: FakeClock, server: RawServer
) -> None:
    client = make_client(credentials=server.credentials(), calls_per_minute=60)
    for _ in range(9):  # with OVH's time the whole burst: the next one waits 1.2 s
        client.receivers.delete(1)
    with missed():
        client.jobs.submit(submission(), not_after=clock.monotonic() + LATE)
    assert server.requests("POST") == []


def test_a_write_that_waits_for_a_new_token_is_not_made_late(
    make_client: MakeClient, clock: FakeClock, raw_server: StartServer
) -> None:
    tokens = [http(503, b"{}"), http(200, b'{"access_token":"t","expires_in":3599}')]

    def script(line: str) -> bytes:
        if "oauth2" not in line:
            return answer(line)
        clock.advance(LATE)
        return tokens.pop(0)

    server = raw_server(script)
    keys = Credentials(server.credentials().endpoint, client_id="id", client_secret="secret")
    client = make_client(credentials=keys)
    with missed():
        client.jobs.submit(submission(), not_after=clock.monotonic() + LATE)
    assert server.requests("POST /1.0/sms") == []
    assert client.jobs.submit(submission(), not_after=clock.monotonic() + LATE).ids == [1], "the token is there"


def test_a_write_whose_address_is_found_late_is_not_made(
    make_client: MakeClient, clock: FakeClock, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def slow(*args: object, **kwargs: object) -> object:
        clock.advance(2 * LATE)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    client = make_client(credentials=server.credentials())
    client.receivers.delete(1)
    monkeypatch.setattr("socket.getaddrinfo", slow)
    with missed():
        client.jobs.submit(submission(), not_after=clock.monotonic() + LATE)
    assert server.requests("POST") == []


class TestEncrypted:
    """OVH's live addresses are reached by TLS, often through a proxy; both are slow at times."""

    @pytest.fixture
    def tls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
        file = certificate(tmp_path / "server.pem", "127.0.0.1", "eu.api.ovh.com")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def test_a_write_whose_encryption_is_agreed_late_is_not_made(
        self, make_client: MakeClient, clock: FakeClock, server: RawServer, tls: ssl.SSLContext, tmp_path: Path
    ) -> None:
        delays = [0.0]

        def greet(connection: socket.socket) -> socket.socket:
            clock.advance(delays[0])
            return tls.wrap_socket(connection, server_side=True)

        server.greet = greet
        keys = Credentials(f"https://127.0.0.1:{server.port}/1.0", "application", "secret", "consumer")
        client = make_client(credentials=keys)
        client._transport.session.verify = str(tmp_path / "server.pem")
        assert client.jobs.submit(submission(), not_after=clock.monotonic() + LATE).ids == [1]
        delays[0] = 2 * LATE
        with missed():
            client.jobs.submit(submission(), not_after=clock.monotonic() + LATE)
        assert len(server.requests("POST")) == 1

    def test_a_write_through_a_slow_proxy_is_not_made_late_and_takes_no_key_from_netrc(
        self,
        make_client: MakeClient,
        clock: FakeClock,
        server: RawServer,
        tls: ssl.SSLContext,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        delays = [0.0]

        def greet(connection: socket.socket) -> socket.socket:
            assert connection.recv(65536).startswith(b"CONNECT eu.api.ovh.com:443 ")
            clock.advance(delays[0])
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            return tls.wrap_socket(connection, server_side=True)

        server.greet = greet
        (tmp_path / "netrc").write_text("machine eu.api.ovh.com login somebody password else\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        keys = Credentials("ovh-eu", "application", "secret", "consumer")
        client = make_client(credentials=keys)
        assert client.jobs.submit(submission(), not_after=clock.monotonic() + LATE).ids == [1]
        delays[0] = 2 * LATE
        with missed():
            client.jobs.submit(submission(), not_after=clock.monotonic() + LATE)
        assert len(server.requests("POST")) == 1
        assert "x-ovh-signature" in server.heads[-1].lower()
        assert "authorization" not in server.heads[-1].lower()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux can give up written bytes")
def test_the_kernel_drops_written_bytes_soon(server: RawServer) -> None:
    session = prepare_session(requests.Session(), OnceAdapter(), use_environment=False)
    with session, session.get(f"http://127.0.0.1:{server.port}/x", timeout=5, stream=True) as unread:
        used = unread.raw.connection.sock
        assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == DELIVERY_SECONDS * 1000
        assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
