"""OVH refuses a signature because of its time: the time is asked for once more, and the call made once more."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.job_request import JobRequest
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import AuthenticationError, DeadlineMissed, OutcomeUnknown
from support.raw_server import RawServer, http
from support.sandbox import SandboxProcess

StartServer = Callable[[Callable[[str], bytes | str]], RawServer]

NUMBER = "+33639980001"
JOB = JobRequest(message="Bonjour Zoé", stop_clause=True, tag="t", receivers=[NUMBER], sender="MYSHOP")
SENT = (
    b'{"ids":[1],"validReceivers":["+33639980001"],"invalidReceivers":[],"totalCreditsRemoved":1,"tag":"t"}'
)
POST_JOBS = "POST /sms/{serviceName}/jobs"
CODED = {"errorCode": "QUERY_TIME_OUT", "httpCode": "400 Bad Request", "message": "Query out of time"}
IN_WORDS = {"class": "Client::BadRequest", "message": "Query out of time"}


@pytest.fixture(params=[-600, 600])
def moved(request: pytest.FixtureRequest, client: OvhSmsClient, sandbox: SandboxProcess) -> Iterator[None]:
    """OVH's clock leaves the client's behind by ten minutes, after the client asked for the time."""
    client.accounts()
    sandbox.clock(offset=request.param)
    sandbox.reset_calls()
    yield
    sandbox.clock(offset=0)


@pytest.mark.usefixtures("moved")
def test_a_read_goes_on(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    assert client.account().credits_left == 100_000
    assert sandbox.calls("GET /sms/{serviceName}") == 2
    assert client.account().credits_left == 100_000
    assert sandbox.calls("GET /sms/{serviceName}") == 3
    assert sandbox.calls("GET /auth/time") == 1


@pytest.mark.usefixtures("moved")
def test_a_sending_is_made_once(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    assert client.send_job(JOB, not_after=time.monotonic() + 30).valid == [NUMBER]
    assert sandbox.truth()["accepted"] == 1
    assert sandbox.calls(POST_JOBS) == 2, "the refused one, and the one that was sent"


@pytest.mark.usefixtures("moved")
def test_an_order_is_made_once(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    assert client.order_credits(100).order_id
    assert len(sandbox.orders()) == 1


@pytest.mark.usefixtures("moved")
def test_a_sending_whose_second_answer_is_lost_is_not_made_again(
    client: OvhSmsClient, sandbox: SandboxProcess
) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs", after=1)
    with pytest.raises(OutcomeUnknown):
        client.send_job(JOB)
    assert sandbox.truth()["accepted"] == 1
    assert sandbox.calls(POST_JOBS) == 2


def client_of(credentials: Credentials) -> OvhSmsClient:
    return OvhSmsClient(
        credentials=credentials,
        account="sms-xx-1",
        calls_per_minute=60_000,
        read_timeout=5,
        retry=RetryPolicy(total_seconds=5, first_wait=0.02, longest_wait=0.05),
    )


@pytest.mark.parametrize("words", [CODED, IN_WORDS])
@pytest.mark.parametrize("status", [400, 401, 403])
def test_either_shape_of_the_refusal_is_understood(
    raw_server: StartServer, words: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answers = [http(status, json.dumps(words).encode()), http(200, SENT)]
    server = raw_server(lambda line: answers.pop(0))
    with client_of(server.credentials()) as client:
        assert client.send_job(JOB).ids == [1]
    assert len(server.requests("GET /1.0/auth/time")) == 2
    assert "POST /sms/sms-xx-1/jobs" in caplog.text
    assert NUMBER[1:] not in caplog.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_refused_twice_is_told(raw_server: StartServer, method: str) -> None:
    server = raw_server(lambda line: http(400, json.dumps(CODED).encode()))
    with client_of(server.credentials()) as client, pytest.raises(AuthenticationError) as caught:
        client.send_job(JOB) if method == "POST" else client.account()
    assert "clock" in caught.value.action
    assert len(server.requests(f"{method} /1.0/sms")) == 2


@pytest.mark.parametrize("code", ["INVALID_SIGNATURE", "INVALID_CREDENTIAL", "NOT_GRANTED_CALL"])
def test_no_other_refusal_is_tried_again(raw_server: StartServer, code: str) -> None:
    server = raw_server(lambda line: http(403, json.dumps({"errorCode": code, "message": "no"}).encode()))
    with client_of(server.credentials()) as client, pytest.raises(Exception, match="no"):
        client.send_job(JOB)
    assert len(server.requests("POST")) == 1


@pytest.mark.parametrize("status", [200, 408, 500, 503])
def test_the_same_words_in_an_answer_that_is_no_refusal_are_no_leave_to_send_again(
    raw_server: StartServer, status: int
) -> None:
    server = raw_server(lambda line: http(status, json.dumps(CODED).encode()))
    with client_of(server.credentials()) as client, pytest.raises(OutcomeUnknown):
        client.send_job(JOB)
    assert len(server.requests("POST")) == 1


def test_a_token_holds_no_time_so_nothing_is_tried_again(raw_server: StartServer) -> None:
    token = http(200, b'{"access_token":"t","expires_in":3599}')
    server = raw_server(lambda line: token if "oauth2" in line else http(400, json.dumps(CODED).encode()))
    keys = Credentials(server.credentials().endpoint, client_id="id", client_secret="secret")
    with client_of(keys) as client, pytest.raises(AuthenticationError):
        client.send_job(JOB)
    assert len(server.requests("POST /1.0/sms")) == 1


def test_the_second_time_has_the_same_last_moment(raw_server: StartServer) -> None:
    def script(line: str) -> bytes:
        time.sleep(0.6)
        return http(400, json.dumps(CODED).encode())

    server = raw_server(script)
    with client_of(server.credentials()) as client, pytest.raises(DeadlineMissed):
        client.send_job(JOB, not_after=time.monotonic() + 0.4)
    assert len(server.requests("POST")) == 1
