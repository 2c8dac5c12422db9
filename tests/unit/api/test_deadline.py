"""A write that must not go out late: whatever it has to wait for, it is made in time or not at all."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.job_request import JobRequest
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.api.session import DELIVERY_SECONDS, open_session
from ovh_sms.errors import DeadlineMissed
from support.raw_server import RawServer, http
from support.sandbox import SandboxProcess

StartServer = Callable[[Callable[[str], bytes | str]], RawServer]
MakeClient = Callable[..., OvhSmsClient]

NUMBER = "+33639980001"
JOB = JobRequest(message="Bonjour Zoé", stop_clause=True, tag="t", receivers=[NUMBER], sender="MYSHOP")
SENT = (
    b'{"ids":[1],"validReceivers":["+33639980001"],"invalidReceivers":[],"totalCreditsRemoved":1,"tag":"t"}'
)
LATE = 0.4


def client_of(credentials: Credentials, *, calls_per_minute: int = 60_000) -> OvhSmsClient:
    return OvhSmsClient(
        credentials=credentials,
        account="sms-xx-1",
        calls_per_minute=calls_per_minute,
        read_timeout=5,
        retry=RetryPolicy(total_seconds=10, first_wait=0.05, longest_wait=0.1),
    )


def answer(line: str) -> bytes:
    return http(200, SENT if "/jobs" in line else b"null")


def soon() -> float:
    return time.monotonic() + LATE


@contextmanager
def too_slow(call: str = "POST /sms/sms-xx-1/jobs") -> Iterator[None]:
    with pytest.raises(DeadlineMissed, match="Nothing was handed to OVH") as caught:
        yield
    assert call in str(caught.value)
    assert NUMBER not in str(caught.value)


def test_a_write_in_time_is_made_and_the_next_one_has_no_deadline(raw_server: StartServer) -> None:
    server = raw_server(answer)
    with client_of(server.credentials()) as client:
        assert client.send_job(JOB, not_after=time.monotonic() + 30).ids == [1]
        assert client.send_job(JOB).ids == [1]
    assert len(server.requests("POST")) == 2


def test_a_write_whose_time_is_over_is_not_made(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    with too_slow("POST /sms/sms-sb00001-1/jobs"):
        client.send_job(JOB, not_after=time.monotonic() - 0.001)
    with too_slow("POST /order/sms/sms-sb00001-1/credits"):
        client.order_credits(100, not_after=time.monotonic() - 0.001)
    assert sandbox.truth()["accepted"] == 0
    assert sandbox.orders() == []
    assert client.order_credits(100, not_after=time.monotonic() + 30).order_id
    assert client.send_job(JOB).ids


def test_a_write_that_waits_for_its_turn_is_not_made_late(raw_server: StartServer) -> None:
    server = raw_server(answer)
    with client_of(server.credentials(), calls_per_minute=60) as client:
        for _ in range(9):  # with OVH's time the whole burst: the next one waits 1.2 s
            client.delete_slot(1)
        with too_slow():
            client.send_job(JOB, not_after=soon())
    assert server.requests("POST") == []


def test_a_write_that_waits_for_a_new_token_is_not_made_late(raw_server: StartServer) -> None:
    begun = time.monotonic()

    def script(line: str) -> bytes:
        if "oauth2" not in line:
            return answer(line)
        away = time.monotonic() < begun + 3 * LATE
        return http(503, b"{}") if away else http(200, b'{"access_token":"t","expires_in":3599}')

    server = raw_server(script)
    keys = Credentials(server.credentials().endpoint, client_id="id", client_secret="secret")
    with client_of(keys) as client:
        with too_slow():
            client.send_job(JOB, not_after=soon())
        assert server.requests("POST /1.0/sms") == []
        assert client.send_job(JOB, not_after=soon()).ids == [1], "the token is there now"


def test_a_write_whose_address_is_found_late_is_not_made(
    raw_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking up a name has no timeout of its own."""
    server = raw_server(answer)
    real = socket.getaddrinfo

    def slow(*given: object, **more: object) -> object:
        time.sleep(2 * LATE)
        return real(*given, **more)  # type: ignore[arg-type]

    with client_of(server.credentials()) as client:
        client.delete_slot(1)
        monkeypatch.setattr("socket.getaddrinfo", slow)
        with too_slow():
            client.send_job(JOB, not_after=soon())
    assert server.requests("POST") == []


def test_a_write_whose_encryption_is_agreed_late_is_not_made(raw_server: StartServer, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path / "server.pem"))
    waits = [0.0]

    def greet(connection: socket.socket) -> socket.socket:
        time.sleep(waits[0])
        return context.wrap_socket(connection, server_side=True)

    server = raw_server(answer)
    server.greet = greet
    keys = Credentials(f"https://127.0.0.1:{server.port}/1.0", "application", "secret", "consumer")
    with client_of(keys) as client:
        client._transport.session.verify = str(tmp_path / "server.pem")
        assert client.send_job(JOB, not_after=soon()).ids == [1]
        waits[0] = 2 * LATE
        with too_slow():
            client.send_job(JOB, not_after=soon())
    assert len(server.requests("POST")) == 1


def test_a_write_through_a_proxy_that_is_slow_is_not_made_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live endpoints may be reached through a proxy: its connection is watched as well."""
    from urllib3.poolmanager import PoolManager

    session = open_session(use_environment=True, before_sending=lambda: None)
    adapter = session.get_adapter("https://eu.api.ovh.com")
    managers = [adapter.poolmanager, adapter.proxy_manager_for("http://127.0.0.1:9")]  # type: ignore[attr-defined]
    plain = PoolManager().pool_classes_by_scheme
    for manager in managers:
        for scheme, pool in manager.pool_classes_by_scheme.items():
            assert issubclass(pool, plain[scheme])
            assert "send" in vars(pool.ConnectionCls)
    session.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux can give up a sent request")
def test_what_was_written_is_given_up_by_the_kernel_too(raw_server: StartServer) -> None:
    """Without it a request is sent again for minutes while the network is down, even after the task has ended."""
    server = raw_server(answer)
    url = f"http://127.0.0.1:{server.port}"
    session = open_session(use_environment=False)
    with session.get(f"{url}/x", timeout=5, stream=True) as unread:
        used = unread.raw.connection.sock
        assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == DELIVERY_SECONDS * 1000
        assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    session.close()


def certificate(file: Path) -> Path:
    """A certificate of this machine's own address, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file
