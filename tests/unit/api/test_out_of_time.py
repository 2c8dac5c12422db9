"""OVH refuses the time of a signature: a read is made again with OVH's new time, a write by the next try."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.errors import ApiError, AuthenticationError, MissingRight, OutcomeUnknown, Unavailable
from support.fake_clock import FakeClock
from support.raw_server import QUERY_ID, http
from support.sandbox import SandboxProcess
from unit.api.samples import NUMBER, SENT, SUBMIT, MakeClient, StartServer, submission

CODED = {"errorCode": "QUERY_TIME_OUT", "httpCode": "400 Bad Request", "message": "Query out of time"}
IN_WORDS = {"class": "Client::BadRequest", "message": "Query out of time"}
ONE = submission(receivers=[NUMBER])


def refusal(status: int, words: dict[str, str] = CODED) -> bytes:
    return http(status, json.dumps(words).encode(), QUERY_ID)


@pytest.fixture(params=[-600, 600])
def moved(request: pytest.FixtureRequest, client: OvhSmsClient, sandbox: SandboxProcess) -> Iterator[None]:
    """OVH's clock moves by ten minutes after the client read it."""
    client.account.names()
    sandbox.clock(offset=request.param)
    sandbox.reset_calls()
    yield
    sandbox.clock(offset=0)


@pytest.mark.usefixtures("moved")
def test_a_read_goes_on(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    assert client.account.get().credits_left == 100_000
    assert sandbox.calls("GET /sms/{serviceName}") == 2
    assert client.account.get().credits_left == 100_000
    assert sandbox.calls("GET /sms/{serviceName}") == 3
    assert sandbox.calls("GET /auth/time") == 1


def refused(make: Callable[[], object]) -> None:
    with pytest.raises(Unavailable, match="refused the signed time") as caught:
        make()
    assert (caught.value.is_retryable, caught.value.was_executed) == (True, None)


@pytest.mark.usefixtures("moved")
def test_a_submission_is_left_to_the_next_try(client: OvhSmsClient, clock: FakeClock, sandbox: SandboxProcess) -> None:
    refused(lambda: client.jobs.submit(ONE, not_after=clock.monotonic() + 30))
    assert (sandbox.truth()["accepted"], sandbox.calls(SUBMIT)) == (0, 1)
    assert client.jobs.submit(ONE, not_after=clock.monotonic() + 30).accepted == [NUMBER]
    assert (sandbox.truth()["accepted"], sandbox.calls(SUBMIT)) == (1, 2)


@pytest.mark.usefixtures("moved")
def test_an_order_is_left_to_the_next_try(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    refused(lambda: client.orders.create(100))
    assert sandbox.orders() == []
    assert client.orders.create(100).order_id
    assert len(sandbox.orders()) == 1


@pytest.mark.parametrize("words", [CODED, IN_WORDS])
@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_either_form_of_the_refusal_is_understood(
    make_client: MakeClient,
    raw_server: StartServer,
    words: dict[str, str],
    status: int,
    method: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [refusal(status, words), http(200, b"[]" if method == "GET" else SENT)]
    server = raw_server(lambda line: answers.pop(0))
    client = make_client(credentials=server.credentials())
    if method == "POST":
        refused(lambda: client.jobs.submit(ONE))
        assert client.jobs.submit(ONE).ids == [1]
    else:
        assert client.jobs.pending_ids() == []
    assert len(server.requests("GET /1.0/auth/time")) == 2
    assert f"{method} /sms/sms-sb00001-1/jobs" in caplog.text
    assert NUMBER[1:] not in caplog.text


def test_a_read_refused_twice_is_an_error(make_client: MakeClient, raw_server: StartServer) -> None:
    server = raw_server(lambda line: refusal(400))
    with pytest.raises(AuthenticationError) as caught:
        make_client(credentials=server.credentials()).account.get()
    assert "clock" in caught.value.action
    assert len(server.requests("GET /1.0/sms")) == 2


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("INVALID_SIGNATURE", AuthenticationError),
        ("INVALID_CREDENTIAL", AuthenticationError),
        ("NOT_GRANTED_CALL", MissingRight),
    ],
)
def test_no_other_refusal_is_tried_again(
    make_client: MakeClient, raw_server: StartServer, code: str, error: type[ApiError]
) -> None:
    server = raw_server(lambda line: refusal(403, {"errorCode": code, "message": "no"}))
    with pytest.raises(error, match="no"):
        make_client(credentials=server.credentials()).jobs.submit(ONE)
    assert len(server.requests("POST")) == 1


@pytest.mark.parametrize("status", [200, 408, 500, 503])
def test_the_same_words_in_an_answer_that_is_no_refusal_do_not_allow_a_second_request(
    make_client: MakeClient, raw_server: StartServer, status: int
) -> None:
    server = raw_server(lambda line: refusal(status))
    with pytest.raises(OutcomeUnknown):
        make_client(credentials=server.credentials()).jobs.submit(ONE)
    assert len(server.requests("POST")) == 1


@pytest.mark.parametrize(("words", "header"), [(CODED, "Server: proxy"), ({"message": "Query out of time"}, QUERY_ID)])
def test_the_same_words_of_a_proxy_do_not_allow_a_second_request(
    make_client: MakeClient, raw_server: StartServer, words: dict[str, str], header: str
) -> None:
    server = raw_server(lambda line: http(400, json.dumps(words).encode(), header))
    with pytest.raises(OutcomeUnknown, match="not OVH's own"):
        make_client(credentials=server.credentials()).jobs.submit(ONE)
    assert len(server.requests("POST")) == 1


def test_a_token_holds_no_time_so_nothing_is_tried_again(make_client: MakeClient, raw_server: StartServer) -> None:
    token = http(200, b'{"access_token":"t","expires_in":3599}')
    server = raw_server(lambda line: token if "oauth2" in line else refusal(400))
    keys = Credentials(server.credentials().endpoint, client_id="id", client_secret="secret")
    with pytest.raises(AuthenticationError):
        make_client(credentials=keys).jobs.submit(ONE)
    assert len(server.requests("POST /1.0/sms")) == 1
