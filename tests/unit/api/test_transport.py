from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import OutcomeUnknown, RateLimited, RequestRefused, Unavailable
from support.fake_clock import FakeClock
from support.raw_server import QUERY_ID, RawServer, http
from unit.api.samples import NUMBER, SENT, MakeClient, StartServer, submission


@pytest.fixture
def serve(make_client: MakeClient, raw_server: StartServer) -> Callable[..., tuple[RawServer, OvhSmsClient]]:
    """Start a server that answers with the given bytes or script, and make a client of it."""

    def start(answer: bytes | str | Callable[[str], bytes | str], **given: object) -> tuple[RawServer, OvhSmsClient]:
        server = raw_server(answer if callable(answer) else lambda line: answer)
        return server, make_client(credentials=server.credentials(), **given)

    return start


Serve = Callable[..., tuple[RawServer, OvhSmsClient]]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port


def test_a_write_is_one_request_and_its_answer_is_read(serve: Serve) -> None:
    server, client = serve(http(200, SENT))
    result = client.jobs.submit(submission())
    assert (result.ids, result.accepted, result.credits_removed) == ([1], [NUMBER], 1.0)
    assert len(server.requests("POST")) == 1


def test_a_write_that_would_wait_too_long_for_its_turn_is_not_made(serve: Serve) -> None:
    # Reading OVH's time uses up the minute.
    server, client = serve(http(200, SENT), calls_per_minute=1)
    with pytest.raises(RateLimited, match="OVH was not called"):
        client.receivers.delete(1)
    assert server.requests("DELETE") == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("reset", "reset"),
        ("closed without an answer", "close"),
        ("half a body", http(200, SENT)[:-20]),
        ("no JSON", http(200, b"<html>welcome to the proxy</html>")),
        ("broken JSON", http(200, SENT[:-1] + b",,")),
        ("empty body", http(200, b"")),
        ("null", http(200, b"null")),
        ("another shape", http(200, b'{"ids":null}')),
        ("another type", http(200, SENT.replace(b"[1]", b"[true]"))),
        ("a list", http(200, b"[]")),
        ("500", http(500, b'{"message":"x"}')),
        ("502 in HTML", http(502, b"<html>")),
        ("503", http(503, b'{"message":"x"}', "Retry-After: 0")),
        ("504", http(504, b"")),
        ("400 without a query id", http(400, b'{"class":"Client::BadRequest","message":"x"}')),
        ("403 of a proxy", http(403, b"<html>blocked</html>")),
        ("404 of a proxy with OVH's header", http(404, b"<html>gone</html>", QUERY_ID)),
        ("407", http(407, b"")),
        ("409 without OVH's fields", http(409, b'{"message":"x"}', QUERY_ID)),
        ("413 of a proxy", http(413, b"<html>too large</html>")),
        ("429 of a proxy", http(429, b'{"message":"slow down"}', "Retry-After: 1")),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    ],
)
def test_a_write_that_may_be_executed_is_sent_once_and_its_outcome_is_unknown(
    serve: Serve, name: str, answer: bytes | str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server, client = serve(answer, read_timeout=0.3)
    with pytest.raises(OutcomeUnknown, match="may have been executed") as caught:
        client.jobs.submit(submission())
    time.sleep(0.05)
    assert len(server.requests("POST")) == 1
    for secret in (NUMBER, NUMBER[1:], "Zoé", "secret", "consumer"):
        assert secret not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_no_status_is_lost_on_an_html_page(serve: Serve, status: int) -> None:
    _, client = serve(http(status, b"<html>bad gateway</html>", "X-OVH-QUERYID: EU.ext-1"))
    with pytest.raises(OutcomeUnknown, match=f"HTTP {status}") as caught:
        client.jobs.submit(submission())
    assert (caught.value.status, caught.value.query_id) == (status, "EU.ext-1")


def test_a_write_that_is_not_answered_in_time_is_sent_once(serve: Serve) -> None:
    server, client = serve("hang", read_timeout=0.2)
    with pytest.raises(OutcomeUnknown, match="in time"):
        client.jobs.submit(submission())
    assert len(server.requests("POST")) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(serve: Serve, raw_server: StartServer, status: int) -> None:
    other = raw_server(lambda line: http(200, SENT))
    location = f"Location: http://127.0.0.1:{other.port}/1.0/sms/sms-sb00001-1/jobs"
    server, client = serve(http(status, b"", location))
    with pytest.raises(OutcomeUnknown) as caught:
        client.jobs.submit(submission())
    assert caught.value.status == status
    assert len(server.requests("POST")) == 1
    assert other.seen == []


@pytest.mark.parametrize("headers", [(), ("Retry-After: 1",)])
def test_a_rate_limited_write_is_not_repeated(serve: Serve, headers: tuple[str, ...]) -> None:
    server, client = serve(http(429, b'{"class":"Client::TooManyRequests","message":"x"}', QUERY_ID, *headers))
    with pytest.raises(RateLimited) as caught:
        client.jobs.submit(submission())
    assert caught.value.retry_after == (1 if headers else None)
    assert len(server.requests("POST")) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.receivers.create(1, description="d", document_id="i"),
        lambda client: client.receivers.delete(1),
        lambda client: client.documents.create("d"),
        lambda client: client.documents.expire("i", datetime(2026, 1, 1, tzinfo=UTC)),
        lambda client: client.documents.delete("i"),
        lambda client: client.jobs.delete(1),
        lambda client: client.orders.create(100),
    ],
)
def test_every_kind_of_write_is_sent_once(serve: Serve, write: Callable[[OvhSmsClient], object]) -> None:
    server, client = serve("reset")
    with pytest.raises(OutcomeUnknown):
        write(client)
    assert len([line for _, line in server.seen if "auth/time" not in line]) == 1


def test_an_unused_port_means_that_nothing_was_sent(make_client: MakeClient) -> None:
    port = unused_port()
    client = make_client(credentials=Credentials(f"http://127.0.0.1:{port}/1.0", "a", "b", "c"))
    with pytest.raises(Unavailable, match=rf"OVH at 127\.0\.0\.1:{port}.*refused.*not sent") as caught:
        client.jobs.submit(submission())
    assert "Endpoint" in caught.value.action


def test_an_unknown_host_is_named(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_SANDBOX_HOST", "ovh.invalid")
    keys = Credentials("http://ovh.invalid/1.0", "a", "b", "c")
    client = make_client(credentials=keys, retry=RetryPolicy(total_seconds=0))
    with pytest.raises(Unavailable, match=r"ovh\.invalid.*not sent"):
        client.account.names()


def test_a_write_whose_connection_is_refused_was_not_sent(serve: Serve) -> None:
    server, client = serve(http(200, b"[]"))
    client.account.names()
    server.stop()
    with pytest.raises(Unavailable, match=r"POST /sms/sms-sb00001-1/jobs was not sent"):
        client.jobs.submit(submission())


def test_a_write_takes_a_connection_of_its_own(serve: Serve) -> None:
    server, client = serve(lambda line: http(200, b"[]" if line.startswith("GET") else SENT))
    client.account.names()
    client.account.names()
    client.jobs.submit(submission())
    client.jobs.submit(submission())
    reads, writes = server.requests("GET"), server.requests("POST")
    assert len(set(reads)) == 1
    assert len(writes) == len(set(writes)) == 2
    assert not set(reads) & set(writes)


@pytest.mark.parametrize(
    "failure",
    [
        "reset",
        "close",
        http(500, b"{}"),
        http(502, b"<html>"),
        http(200, b"<html>"),
        http(200, b'{"a":1}'),
        http(429, b""),
    ],
)
def test_a_read_is_repeated_until_it_succeeds(serve: Serve, clock: FakeClock, failure: bytes | str) -> None:
    answers = [failure, failure, http(200, b'["sms-sb00001-1"]')]
    _, client = serve(lambda line: answers.pop(0))
    assert client.account.names() == ["sms-sb00001-1"]
    assert answers == []
    assert len(clock.sleeps) == 2


def test_a_read_ends_once_its_time_is_over(serve: Serve, clock: FakeClock) -> None:
    server, client = serve(http(503, b"{}"))
    with pytest.raises(Unavailable, match="503"):
        client.account.names()
    assert 4 < sum(clock.sleeps) < 5
    assert len(server.requests("GET /1.0/sms")) == len(clock.sleeps) + 1


def test_a_refused_read_is_not_repeated(serve: Serve) -> None:
    server, client = serve(http(400, b'{"message":"wrong"}'))
    with pytest.raises(RequestRefused, match="wrong"):
        client.account.names()
    assert len(server.requests("GET /1.0/sms")) == 1


def test_an_estimate_changes_nothing_and_is_repeated(serve: Serve) -> None:
    estimate = b'{"characters":3,"charactersClass":"7bits","maxCharactersPerPart":149,"parts":1}'
    answers: list[bytes | str] = ["reset", http(200, estimate)]
    server, client = serve(lambda line: answers.pop(0))
    assert client.jobs.estimate("abc", stop_clause=True).segments == 1
    assert len(server.requests("POST")) == 2


def test_nothing_is_sent_while_ovhs_time_is_unknown(make_client: MakeClient, clock: FakeClock) -> None:
    client = make_client(credentials=Credentials(f"http://127.0.0.1:{unused_port()}/1.0", "a", "b", "c"))
    with pytest.raises(Unavailable, match="GET /auth/time"):
        client.jobs.submit(submission())
    assert clock.sleeps


def test_no_error_and_no_log_shows_the_number_of_a_read(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers: list[bytes | str] = [http(503, b"{}"), http(400, b"{}")]
    _, client = serve(lambda line: answers.pop(0))
    with pytest.raises(RequestRefused) as caught:
        client.blacklists.get(NUMBER)
    assert NUMBER[1:] not in str(caught.value) + caplog.text
    assert "blacklists/*" in str(caught.value)


def test_a_bulk_read_falls_back_to_single_reads_only_if_its_answer_has_another_shape(serve: Serve) -> None:
    entry = b'{"number":"%b","dateCreation":"2026-03-03T10:00:00Z"}' % NUMBER.encode()
    bulk = b'[{"key":"1","value":%b},{"key":2,"value":%b}]' % (entry, entry)
    answers: list[bytes | str] = [http(200, b"{"), http(200, bulk)]
    server, client = serve(lambda line: answers.pop(0))
    assert len(list(client.blacklists.iter(["1", "2"]))) == 2
    assert len(server.requests("GET /1.0/sms")) == 2
    answers[:] = [http(200, b'[{"key":"1","value":{"number":5}}]'), http(200, entry), http(200, entry)]
    assert len(list(client.blacklists.iter(["1", "2"]))) == 2
    assert answers == []


def test_a_client_can_be_closed_and_used_again(serve: Serve) -> None:
    server, client = serve(http(200, b"[]"))
    client.close()
    assert client.account.names() == []
    client.close()
    assert client.account.names() == []
    assert len(set(server.requests("GET /1.0/sms"))) == 2
