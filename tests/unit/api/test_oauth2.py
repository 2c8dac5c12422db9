"""An OAuth2 client: its token is renewed before its end, and one that ends early loses and doubles nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovh_sms.api.credentials import Credentials
from ovh_sms.errors import ApiError, AuthenticationError, ConfigurationError, Unavailable
from support.fake_clock import FakeClock
from support.raw_server import QUERY_ID, RawServer, http
from support.sandbox import SandboxProcess
from unit.api.samples import NUMBER, SENT, SUBMIT, MakeClient, StartServer, submission

ONE = submission(receivers=[NUMBER])
TOKEN = b'{"access_token": "t-%d", "token_type": "Bearer", "expires_in": 3599, "scope": "all"}'
ASKS = "POST /auth/oauth2/token"
REFUSED = http(401, b'{"class": "Client::Unauthorized", "message": "Invalid or expired access token"}', QUERY_ID)


def oauth2(server: RawServer) -> Credentials:
    return Credentials(f"http://127.0.0.1:{server.port}/1.0", client_id="EU.any", client_secret="any")


def test_python_ovh_sends_calls_and_writes_by_the_clients_token(
    make_client: MakeClient, oauth2_keys: Credentials, sandbox: SandboxProcess
) -> None:
    client = make_client(credentials=oauth2_keys)
    assert client.account.get().credits_left == 100_000
    assert client.jobs.submit(ONE).accepted == [NUMBER]
    assert [job.receiver for job in client.jobs.iter(client.jobs.pending_ids())] == [NUMBER]
    assert sandbox.truth()["accepted"] == 1


def test_a_token_is_asked_for_once_and_again_before_its_end(
    make_client: MakeClient, raw_server: StartServer, clock: FakeClock
) -> None:
    made = iter(range(1, 9))
    server = raw_server(lambda line: http(200, TOKEN % next(made)) if line.startswith(ASKS) else http(200, b"[]"))
    client = make_client(credentials=oauth2(server))
    for wait, asked in ((0, 1), (3500, 1), (60, 2), (3600, 3)):
        clock.advance(wait)
        client.jobs.pending_ids()
        assert len(server.requests(ASKS)) == asked, wait


def test_a_read_goes_on_with_a_new_token_if_the_old_one_has_ended_early(
    make_client: MakeClient, oauth2_keys: Credentials, sandbox: SandboxProcess
) -> None:
    client = make_client(credentials=oauth2_keys)
    client.account.get()
    sandbox.end_tokens()
    assert client.account.get().credits_left == 100_000
    assert sandbox.calls("GET /sms/{serviceName}") == 3


def test_a_write_is_left_to_the_next_try_if_its_token_has_ended_early(
    make_client: MakeClient, oauth2_keys: Credentials, sandbox: SandboxProcess
) -> None:
    client = make_client(credentials=oauth2_keys)
    client.account.get()
    sandbox.end_tokens()
    with pytest.raises(Unavailable, match="refused the token of POST") as caught:
        client.jobs.submit(ONE)
    assert (caught.value.is_retryable, caught.value.was_executed) == (True, None)
    assert (sandbox.truth()["accepted"], sandbox.calls(SUBMIT)) == (0, 1)
    assert client.jobs.submit(ONE).accepted == [NUMBER]
    assert sandbox.truth()["accepted"] == 1


def test_a_new_token_that_is_refused_too_is_an_error_of_the_keys(
    make_client: MakeClient, raw_server: StartServer
) -> None:
    server = raw_server(lambda line: http(200, TOKEN % 1) if line.startswith(ASKS) else REFUSED)
    with pytest.raises(AuthenticationError):
        make_client(credentials=oauth2(server)).jobs.pending_ids()
    assert (len(server.requests(ASKS)), len(server.requests("GET /1.0/sms"))) == (2, 2)


@pytest.mark.parametrize("answer", [http(500, b"{}"), http(401, b'{"error": "invalid_client"}'), http(200, b"{}")])
def test_without_a_token_a_write_does_not_leave(
    make_client: MakeClient, raw_server: StartServer, clock: FakeClock, answer: bytes
) -> None:
    tokens = [http(200, TOKEN % 1)]
    server = raw_server(
        lambda line: (tokens.pop() if tokens else answer) if line.startswith(ASKS) else http(200, b"[]")
    )
    client = make_client(credentials=oauth2(server))
    client.jobs.pending_ids()
    clock.advance(3600)  # between the claim and the POST
    with pytest.raises(ApiError) as caught:
        client.jobs.submit(ONE)
    assert caught.value.was_executed is False
    assert server.requests("POST /1.0/sms") == []
    tokens.append(http(200, TOKEN % 2))
    assert client.jobs.pending_ids() == []


def test_the_deadline_of_a_write_holds_with_a_token_that_is_asked_for_first(
    make_client: MakeClient, raw_server: StartServer, clock: FakeClock
) -> None:
    server = raw_server(lambda line: http(200, TOKEN % 1) if line.startswith(ASKS) else http(200, SENT))
    client = make_client(credentials=oauth2(server))
    assert client.jobs.submit(ONE, not_after=clock.monotonic() + 30).ids == [1]
    assert len(server.requests("POST /1.0/sms")) == 1


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_id": "EU.unknown"}])
def test_wrong_keys_are_one_clear_error(
    make_client: MakeClient, oauth2_keys: Credentials, sandbox: SandboxProcess, changes: dict[str, str]
) -> None:
    client = make_client(credentials=replace(oauth2_keys, **changes))
    with pytest.raises(AuthenticationError, match="Check the OAuth2 client id and secret") as caught:
        client.jobs.submit(ONE)
    assert (caught.value.is_retryable, caught.value.was_executed) == (False, False)
    assert "wrong" not in str(caught.value)
    assert sandbox.calls(SUBMIT) == 0


def test_an_application_key_of_the_environment_is_refused_beside_an_oauth2_client(
    make_client: MakeClient, oauth2_keys: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVH_APPLICATION_KEY", "foreign")
    monkeypatch.setenv("OVH_APPLICATION_SECRET", "foreign")
    with pytest.raises(ConfigurationError, match="OVH_APPLICATION_KEY"):
        make_client(credentials=oauth2_keys).account.get()


def test_python_ovhs_own_way_to_a_token_works_with_the_sandbox_too(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ovh
    from ovh.client import ENDPOINTS, OAUTH2_TOKEN_URLS

    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # it takes http for no token otherwise
    monkeypatch.setitem(ENDPOINTS, "sandbox", sandbox.endpoint)
    monkeypatch.setitem(OAUTH2_TOKEN_URLS, "sandbox", sandbox.keys.token_url)
    pair = {"client_id": sandbox.keys.client_id, "client_secret": sandbox.keys.client_secret}
    assert ovh.Client("sandbox", **pair).get("/sms") == ["sms-sb00001-1", "sms-sb00001-2"]
