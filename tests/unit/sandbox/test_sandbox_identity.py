"""Signatures, clocks, access rules, OAuth2: checked on every call."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import urlencode

import ovh
import pytest
from ovh.client import ENDPOINTS

from ovh_sandbox.auth import granted
from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed, send


def refused(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json["errorCode"]


def with_headers(api: Signed, changes: dict[str, str | None], *, target: str = "/1.0/sms", age: int = 0) -> Any:
    headers: dict[str, str | None] = dict(api.headers("GET", target, b"", timestamp=int(time.time()) - age))
    sent = {name: value for name, value in {**headers, **changes}.items() if value is not None}
    return send(api.sandbox.url, "GET", target, b"", sent)


def test_the_time_needs_no_key_and_is_the_real_one(sandbox: SandboxProcess) -> None:
    sandbox.clock(advance=86_400)
    answer = send(sandbox.url, "GET", "/1.0/auth/time", None, {})
    assert answer.status == 200
    assert abs(answer.json - time.time()) < 5


def test_python_ovh_itself_is_understood(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENDPOINTS, "sandbox", sandbox.endpoint)
    keys = sandbox.keys
    client = ovh.Client("sandbox", keys.application_key, keys.application_secret, keys.consumer_key)
    with client._session:
        assert client.get("/sms") == ["sms-sb00001-1", "sms-sb00001-2"]
        sent = client.post(JOBS, message="L'été, ça va ?", sender="MYSHOP", receivers=["+33639980001"])
        assert len(sent["ids"]) == 1
        with pytest.raises(ovh.exceptions.ResourceNotFoundError):
            client.get("/sms/sms-nobody-1")


@pytest.mark.parametrize("version", ["1.0", "v1"])
def test_both_base_paths_answer(sandbox: SandboxProcess, version: str) -> None:
    assert Signed(sandbox, version=version).get("/sms").status == 200


def test_the_query_is_part_of_what_is_signed(api: Signed) -> None:
    assert api.get(f"{ACCOUNT}/outgoing", tag="été & hiver").json == []
    headers = api.headers("GET", f"/1.0{ACCOUNT}/outgoing?tag=a", b"")
    assert refused(send(api.sandbox.url, "GET", f"/1.0{ACCOUNT}/outgoing?tag=b", b"", headers)) == (
        400,
        "INVALID_SIGNATURE",
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"X-Ovh-Application": "nobody"}, (403, "INVALID_KEY")),
        ({"X-Ovh-Application": None}, (403, "INVALID_KEY")),
        ({"X-Ovh-Consumer": "nobody"}, (403, "INVALID_CREDENTIAL")),
        ({"X-Ovh-Consumer": None}, (403, "NOT_CREDENTIAL")),
        ({"X-Ovh-Signature": "$1$" + "0" * 40}, (400, "INVALID_SIGNATURE")),
        ({"X-Ovh-Signature": None}, (400, "INVALID_SIGNATURE")),
        ({"X-Ovh-Timestamp": "1"}, (400, "INVALID_SIGNATURE")),
    ],
)
def test_wrong_keys_are_refused(api: Signed, changes: dict[str, str | None], expected: tuple[int, str]) -> None:
    answer = with_headers(api, changes)
    assert refused(answer) == expected
    assert answer.json["httpCode"].startswith(str(expected[0]))
    assert answer.headers["x-ovh-queryid"]


@pytest.mark.parametrize(("age", "status"), [(170, 200), (-170, 200), (200, 400), (-200, 400)])
def test_a_clock_may_be_three_minutes_off(api: Signed, age: int, status: int) -> None:
    answer = with_headers(api, {}, age=age)
    assert answer.status == status
    assert status == 200 or answer.json["message"] == "Query out of time"


def test_a_key_that_expired_is_refused(sandbox: SandboxProcess) -> None:
    expired = sandbox.key([("GET", "/*")], expires_in=-1)
    assert refused(Signed(sandbox, consumer_key=expired).get("/sms")) == (403, "INVALID_CREDENTIAL")


def test_a_key_may_only_do_what_its_rules_say(sandbox: SandboxProcess) -> None:
    key = Signed(sandbox, consumer_key=sandbox.key([("GET", "/sms"), ("GET", f"{ACCOUNT}/jobs*")]))
    assert key.get("/sms").status == 200
    assert key.get(JOBS).status == 200
    assert refused(key.get(ACCOUNT)) == (403, "NOT_GRANTED_CALL")
    body = {"message": "x", "sender": "MYSHOP", "receivers": ["+33639980001"]}
    assert refused(key.post(JOBS, body)) == (403, "NOT_GRANTED_CALL")
    assert sandbox.truth()["accepted"] == 0
    current = key.get("/auth/currentCredential").json
    assert current["rules"] == [{"method": "GET", "path": "/sms"}, {"method": "GET", "path": f"{ACCOUNT}/jobs*"}]


def test_a_key_that_was_asked_for_is_valid_once_a_person_has_opened_its_address(sandbox: SandboxProcess) -> None:
    rules = [{"method": "GET", "path": "/sms"}]
    headers = {"X-Ovh-Application": sandbox.keys.application_key, "Content-Type": "application/json"}
    asked = send(sandbox.url, "POST", "/1.0/auth/credential", json.dumps({"accessRules": rules}).encode(), headers).json
    key = Signed(sandbox, consumer_key=asked["consumerKey"])
    assert asked["state"] == "pendingValidation"
    assert refused(key.get("/sms")) == (403, "NOT_CREDENTIAL")
    page = asked["validationUrl"].removeprefix(sandbox.url)
    assert send(sandbox.url, "GET", page, None, {}).status == 200
    assert key.get("/sms").status == 200
    assert refused(key.get(ACCOUNT)) == (403, "NOT_GRANTED_CALL")
    assert send(sandbox.url, "GET", page, None, {}).status == 404, "once"
    unknown = send(sandbox.url, "POST", "/1.0/auth/credential", b'{"accessRules": []}', {"X-Ovh-Application": "x"})
    assert refused(unknown) == (403, "INVALID_KEY")


@pytest.mark.parametrize(
    ("rule", "path", "passes"),
    [
        ("/sms", "/sms", True),
        ("/sms", "/sms/x", False),
        ("/sms", "/sms/", False),
        ("/sms/*", "/sms", False),
        ("/sms/*", "/sms/", True),
        ("/sms/*", "/sms/x/jobs/1", True),
        ("/sms/x/jobs/*", "/sms/x/jobs", False),
        ("/sms/*/jobs", "/sms/x/jobs", True),
        ("/*", "/me/order", True),
        ("/sms.x", "/sms/x", False),
    ],
)
def test_a_star_stands_for_the_rest(rule: str, path: str, passes: bool) -> None:
    assert granted([{"method": "get", "path": rule}], "GET", path) is passes
    assert not granted([{"method": "POST", "path": rule}], "GET", path)


def token(sandbox: SandboxProcess, secret: str, *, basic: bool = False) -> Any:
    form = {"grant_type": "client_credentials", "scope": "all"}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if basic:
        pair = base64.b64encode(f"{sandbox.keys.client_id}:{secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    else:
        form |= {"client_id": sandbox.keys.client_id, "client_secret": secret}
    return send(sandbox.url, "POST", "/auth/oauth2/token", urlencode(form).encode(), headers)


@pytest.mark.parametrize("basic", [True, False])
def test_an_oauth2_client_gets_a_token_and_may_call(sandbox: SandboxProcess, basic: bool) -> None:
    issued = token(sandbox, sandbox.keys.client_secret, basic=basic).json
    assert issued["token_type"] == "Bearer"
    assert 3000 < issued["expires_in"] <= 3600
    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    assert send(sandbox.url, "GET", "/1.0/sms", None, headers).json == ["sms-sb00001-1", "sms-sb00001-2"]
    forbidden = send(sandbox.url, "GET", "/1.0/auth/currentCredential", None, headers)
    assert forbidden.status == 403
    assert json.loads(forbidden.content)["class"] == "Client::Forbidden"


def test_wrong_oauth2_secrets_and_tokens_are_refused(sandbox: SandboxProcess) -> None:
    assert token(sandbox, "wrong").status == 401
    answer = send(sandbox.url, "GET", "/1.0/sms", None, {"Authorization": "Bearer wrong"})
    assert answer.status == 401
    assert answer.json["class"] == "Client::Unauthorized"
