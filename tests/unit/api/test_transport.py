from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.job_request import JobRequest
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import ApiError, OutcomeUnknown, RateLimited, RequestRefused, Unavailable
from support.raw_server import RawServer, http

StartServer = Callable[[Callable[[str], bytes | str]], RawServer]

NUMBER = "+33639980001"
JOB = JobRequest(message="Bonjour Zoé", stop_clause=True, tag="t", receivers=[NUMBER], sender="MYSHOP")
SENT = (
    b'{"ids":[1],"validReceivers":["+33639980001"],"invalidReceivers":[],"totalCreditsRemoved":1,"tag":"t"}'
)
ONE_TRY = RetryPolicy(total_seconds=0)
QUICK = RetryPolicy(total_seconds=5, first_wait=0.02, longest_wait=0.05)


def client_of(credentials: Credentials, retry: RetryPolicy = ONE_TRY, timeout: float = 5) -> OvhSmsClient:
    return OvhSmsClient(
        credentials=credentials,
        account="sms-xx-1",
        calls_per_minute=60_000,
        read_timeout=timeout,
        retry=retry,
    )


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port


def test_a_write_is_one_request_and_its_answer_is_read(raw_server: StartServer) -> None:
    server = raw_server(lambda line: http(200, SENT))
    with client_of(server.credentials()) as client:
        answer = client.send_job(JOB)
    assert (answer.ids, answer.valid, answer.credits_removed) == ([1], [NUMBER], 1.0)
    assert NUMBER not in repr(answer)
    assert len(server.requests("POST")) == 1


def test_a_write_that_would_wait_too_long_for_its_turn_is_not_made(
    raw_server: StartServer, tmp_path: Path
) -> None:
    server = raw_server(lambda line: http(200, SENT))
    file = tmp_path / "pacing"  # asking OVH for its time uses up the minute
    client = OvhSmsClient(
        credentials=server.credentials(), account="sms-xx-1", calls_per_minute=1, pacing_file=file
    )
    with pytest.raises(RateLimited, match="OVH was not asked"):
        client.delete_slot(1)
    assert server.requests("DELETE") == []
    client.close()


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
        ("a list", http(200, b"[]")),
        ("500", http(500, b'{"message":"x"}')),
        ("502 in HTML", http(502, b"<html>")),
        ("503", http(503, b'{"message":"x"}', "Retry-After: 0")),
        ("504", http(504, b"")),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    ],
)
def test_a_write_that_may_be_executed_is_sent_once_and_its_outcome_is_unknown(
    raw_server: StartServer, name: str, answer: bytes | str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = raw_server(lambda line: answer)
    with (
        client_of(server.credentials(), QUICK, timeout=0.5) as client,
        pytest.raises(OutcomeUnknown) as caught,
    ):
        client.send_job(JOB)
    time.sleep(0.2)
    assert len(server.requests("POST")) == 1
    assert "reconcile" in str(caught.value).lower() or "may have been executed" in str(caught.value)
    for secret in (NUMBER, NUMBER[1:], "Zoé", "secret", "consumer"):
        assert secret not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None


def test_a_write_that_is_not_answered_in_time_is_sent_once(raw_server: StartServer) -> None:
    server = raw_server(lambda line: "hang")
    with (
        client_of(server.credentials(), QUICK, timeout=0.3) as client,
        pytest.raises(OutcomeUnknown, match="in time"),
    ):
        client.send_job(JOB)
    assert len(server.requests("POST")) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_write_is_not_sent_to_the_other_address(raw_server: StartServer, status: int) -> None:
    other = raw_server(lambda line: http(200, SENT))
    location = f"Location: http://127.0.0.1:{other.port}/1.0/sms/sms-xx-1/jobs"
    server = raw_server(lambda line: http(status, b"", location))
    with client_of(server.credentials(), QUICK) as client, pytest.raises(OutcomeUnknown):
        client.send_job(JOB)
    assert len(server.requests("POST")) == 1
    assert other.seen == []


@pytest.mark.parametrize("headers", [(), ("Retry-After: 1",)])
def test_a_rate_limited_write_is_not_repeated(raw_server: StartServer, headers: tuple[str, ...]) -> None:
    server = raw_server(lambda line: http(429, b'{"message":"x"}', *headers))
    with client_of(server.credentials(), QUICK) as client, pytest.raises(RateLimited) as caught:
        client.send_job(JOB)
    assert caught.value.retry_after == (1 if headers else None)
    assert len(server.requests("POST")) == 1


@pytest.mark.parametrize(
    "write", ["create_slot", "expire", "delete_slot", "delete_document", "cancel", "order"]
)
def test_every_kind_of_write_is_sent_once(raw_server: StartServer, write: str) -> None:
    from datetime import UTC, datetime

    server = raw_server(lambda line: "reset")
    with client_of(server.credentials(), QUICK) as client, pytest.raises(OutcomeUnknown):
        {
            "create_slot": lambda: client.create_slot(1, description="d", document_id="i"),
            "expire": lambda: client.expire_document("i", datetime(2026, 1, 1, tzinfo=UTC)),
            "delete_slot": lambda: client.delete_slot(1),
            "delete_document": lambda: client.delete_document("i"),
            "cancel": lambda: client.cancel_job(1),
            "order": lambda: client.order_credits(100),
        }[write]()
    assert len([line for _, line in server.seen if "auth/time" not in line]) == 1


def test_nothing_answers_so_nothing_was_sent() -> None:
    port = unused_port()
    with client_of(Credentials(f"http://127.0.0.1:{port}/1.0", "a", "b", "c")) as client:
        with pytest.raises(Unavailable, match=rf"OVH at 127\.0\.0\.1:{port}.*refused.*not sent") as caught:
            client.send_job(JOB)
        assert "Endpoint" in caught.value.action


def test_an_unknown_host_is_named() -> None:
    with (
        client_of(Credentials("https://ovh.invalid/1.0", "a", "b", "c")) as client,
        pytest.raises(Unavailable) as caught,
    ):
        client.accounts()
    assert "ovh.invalid" in str(caught.value)
    assert "not sent" in str(caught.value)


def test_a_write_refused_at_the_door_was_not_sent(raw_server: StartServer) -> None:
    server = raw_server(lambda line: http(200, b"[]"))
    with client_of(server.credentials()) as client:
        client.accounts()
        server.stop()
        with pytest.raises(Unavailable, match=r"POST /sms/sms-xx-1/jobs was not sent"):
            client.send_job(JOB)


def test_a_write_never_uses_a_connection_that_was_left_open(raw_server: StartServer) -> None:
    """A kept-alive connection that the server drops just then would look like a lost answer."""
    server = raw_server(lambda line: http(200, b"[]") if line.startswith("GET") else http(200, SENT))
    with client_of(server.credentials()) as client:
        client.accounts()
        client.accounts()
        client.send_job(JOB)
        client.send_job(JOB)
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
def test_a_read_is_tried_again_until_it_works(raw_server: StartServer, failure: bytes | str) -> None:
    answers = [failure, failure, http(200, b'["sms-xx-1"]')]
    server = raw_server(lambda line: answers.pop(0))
    with client_of(server.credentials(), QUICK) as client:
        assert client.accounts() == ["sms-xx-1"]
    assert answers == []


def test_a_read_gives_up_when_its_time_is_over(raw_server: StartServer) -> None:
    server = raw_server(lambda line: http(503, b"{}"))
    started = time.monotonic()
    policy = RetryPolicy(total_seconds=1.5, first_wait=0.1, longest_wait=0.1)
    with client_of(server.credentials(), policy) as client, pytest.raises(Unavailable, match="503"):
        client.accounts()
    assert time.monotonic() - started < 6
    assert 4 <= len(server.requests("GET /1.0/sms")) <= 36


def test_a_read_that_is_refused_is_not_repeated(raw_server: StartServer) -> None:
    server = raw_server(lambda line: http(400, b'{"message":"wrong"}'))
    with client_of(server.credentials(), QUICK) as client, pytest.raises(RequestRefused, match="wrong"):
        client.accounts()
    assert len(server.requests("GET /1.0/sms")) == 1


def test_an_estimate_changes_nothing_and_is_tried_again(raw_server: StartServer) -> None:
    estimate = b'{"characters":3,"charactersClass":"7bits","maxCharactersPerPart":149,"parts":1}'
    answers: list[bytes | str] = ["reset", http(200, estimate)]
    server = raw_server(lambda line: answers.pop(0))
    with client_of(server.credentials(), QUICK) as client:
        assert client.estimate("abc", stop_clause=True).parts == 1
    assert len(server.requests("POST")) == 2


def test_the_clock_is_asked_once_and_a_write_waits_for_it() -> None:
    """The clock is a read: while it fails nothing is sent, and what failed is not unknown."""
    port = unused_port()
    slept: list[float] = []
    client = OvhSmsClient(
        credentials=Credentials(f"http://127.0.0.1:{port}/1.0", "a", "b", "c"),
        account="sms-xx-1",
        calls_per_minute=60_000,
        retry=RetryPolicy(total_seconds=0.1, first_wait=0.01, longest_wait=0.01),
        sleep=lambda seconds: (slept.append(seconds), time.sleep(seconds))[0],
    )
    with client, pytest.raises(Unavailable, match="GET /auth/time"):
        client.send_job(JOB)
    assert slept


def test_no_error_ever_shows_the_number_that_was_looked_up(raw_server: StartServer) -> None:
    server = raw_server(lambda line: "reset")
    with client_of(server.credentials()) as client, pytest.raises(ApiError) as caught:
        client.blacklist_entry(NUMBER)
    assert NUMBER[1:] not in str(caught.value)
    assert "blacklists/*" in str(caught.value)


def test_a_client_can_be_closed_and_used_again(raw_server: StartServer) -> None:
    server = raw_server(lambda line: http(200, b"[]"))
    client = client_of(server.credentials())
    client.close()
    assert client.accounts() == []
    client.close()
    assert client.accounts() == []
    client.close()
    assert len(set(server.requests("GET /1.0/sms"))) == 2
