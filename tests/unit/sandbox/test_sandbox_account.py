"""Accounts, senders, and refusals of every kind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed, send


def test_the_default_world(api: Signed) -> None:
    assert api.get("/sms").json == ["sms-sb00001-1", "sms-sb00001-2"]
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000
    assert api.get("/sms/sms-sb00001-2").json["creditsLeft"] == 500
    statuses = {
        name: api.get(f"{ACCOUNT}/senders/{name}").json["status"] for name in api.get(f"{ACCOUNT}/senders").json
    }
    assert statuses == {"MYSHOP": "enable", "WAITING": "waitingValidation", "REFUSED": "refused"}


def test_settings_are_kept_and_the_answer_is_null(api: Signed) -> None:
    answer = api.put(ACCOUNT, {"description": "Été", "creditThresholdForAutomaticRecredit": 50})
    assert (answer.status, answer.content) == (200, b"null")
    changed = api.get(ACCOUNT).json
    assert (changed["description"], changed["creditThresholdForAutomaticRecredit"]) == ("Été", 50)
    assert changed["channel"] == "both"
    assert api.put(ACCOUNT, {"automaticRecreditAmount": 300}).status == 400


def test_the_way_of_replies_is_kept_whole_and_checked(api: Signed) -> None:
    addresses = {name: f"https://shop.example/{name}?key=1" for name in ("callBack", "stopCallBack")}
    response = {"responseType": "cgi", "cgiUrl": "https://shop.example/reply"}
    assert api.put(ACCOUNT, {**addresses, "smsResponse": response}).status == 200
    changed = api.get(ACCOUNT).json
    assert {name: changed[name] for name in addresses} == addresses
    nothing = {"text": None, "trackingDefaultSmsSender": None, "trackingOptions": []}
    assert changed["smsResponse"] == {**nothing, **response}
    option = {"media": "post", "sender": "MYSHOP", "target": "desk"}
    for wrong in ({"responseType": "letter"}, {"responseType": "none", "trackingOptions": [option]}, None):
        assert api.put(ACCOUNT, {"smsResponse": wrong}).status == 400
    assert api.put(ACCOUNT, dict.fromkeys(addresses)).status == 200
    changed = api.get(ACCOUNT).json
    assert [changed["callBack"], changed["stopCallBack"], changed["smsResponse"]["responseType"]] == [None, None, "cgi"]


def test_a_sender_with_a_blank_in_its_name(api: Signed, sandbox: SandboxProcess) -> None:
    assert api.post(f"{ACCOUNT}/senders", {"sender": "My Shop"}).json == "My Shop"
    assert api.get(f"{ACCOUNT}/senders/My Shop").json["status"] == "waitingValidation"
    sandbox.account(senders={"My Shop": "enable"})
    assert api.get(f"{ACCOUNT}/senders/My Shop").json["status"] == "enable"
    assert api.post(f"{ACCOUNT}/senders", {"sender": "My Shop"}).status == 409


def test_an_unknown_account_and_an_expired_one(api: Signed, sandbox: SandboxProcess) -> None:
    unknown = api.get("/sms/sms-nobody-1")
    assert (unknown.status, unknown.json["message"]) == (404, "This service does not exist")
    sandbox.account(expired=True)
    calls: dict[str, dict[str, int]] = {path: {} for path in (ACCOUNT, JOBS, f"{ACCOUNT}/outgoing")}
    for path, query in {**calls, f"/order{ACCOUNT}/credits": {"quantity": 100}}.items():
        answer = api.get(path, **query)
        assert (answer.status, answer.json["message"]) == (460, "This Service is expired")
    sandbox.account(expired=False)
    assert api.get(ACCOUNT).status == 200


def test_accounts_can_be_added(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.add_account("sms-other-1", creditsLeft=7)
    assert "sms-other-1" in api.get("/sms").json
    assert api.get("/sms/sms-other-1").json["creditsLeft"] == 7


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/sms/sms-sb00001-1/nothing", None, 404, "Got an invalid"),
        ("POST", "/sms", None, 404, "Got an invalid"),
        ("POST", JOBS, {"sender": "MYSHOP", "receivers": []}, 400, "Missing parameter: message"),
        ("POST", JOBS, {"message": "x", "mesage": "y"}, 400, "not described parameters: (mesage)"),
        ("POST", JOBS, {"message": "x", "charset": "8bit"}, 400, "[charset]"),
        ("POST", JOBS, {"message": "x", "receiversSlotId": 1}, 400, "[receiversSlotId]"),
        ("GET", f"{ACCOUNT}/outgoing/abc", None, 400, "[id]"),
        ("GET", f"{ACCOUNT}/document", None, 400, "Missing parameter: wayType"),
    ],
)
def test_refusals_name_what_is_wrong(
    api: Signed, method: str, path: str, body: object, status: int, words: str
) -> None:
    answer = api.call(method, path, body)
    assert answer.status == status
    assert words in answer.json["message"]
    assert answer.json["class"].startswith("Client::")


def test_a_misspelt_filter_is_refused_and_not_passed_over(api: Signed) -> None:
    answer = api.get(f"{ACCOUNT}/outgoing", tags="x")
    assert (answer.status, answer.json["message"]) == (400, "Received not described parameters: (tags)")


def test_a_malformed_body_is_taken_for_a_wrong_signature(api: Signed) -> None:
    target = f"/1.0{ACCOUNT}/jobs"
    answer = send(api.sandbox.url, "POST", target, b"{", api.headers("POST", target, b"{"))
    assert (answer.status, answer.json["errorCode"]) == (400, "INVALID_SIGNATURE")


def test_every_answer_has_a_query_id_of_its_own(api: Signed) -> None:
    answers = [api.get("/sms"), api.get("/nothing"), api.get("/sms"), api.get("/auth/time")]
    assert len({answer.headers["x-ovh-queryid"] for answer in answers}) == 4


@pytest.mark.alone
def test_it_starts_within_three_seconds_and_ends_cleanly(tmp_path: Path) -> None:
    begin = time.monotonic()
    with SandboxProcess(tmp_path / "with a space") as sandbox:
        assert time.monotonic() - begin < 3
        assert sandbox.ask("GET", "/health")["status"] == "ok"
        assert sandbox.stop() == 0


def test_state_survives_a_stop_and_a_crash(tmp_path: Path) -> None:
    body = {"message": "Hello", "sender": "MYSHOP", "receivers": ["+33639980001"], "tag": "kept"}
    with SandboxProcess(tmp_path, seed=7) as sandbox:
        assert Signed(sandbox).post(JOBS, body).status == 200
        sandbox.clock(advance=3600)
        key = sandbox.key([("GET", "/sms")])
        before = sandbox.messages()
        assert sandbox.stop() == 0
        sandbox.seed = 8
        sandbox.start()
        assert sandbox.messages() == before
        assert Signed(sandbox, consumer_key=key).get("/sms").status == 200
        assert Signed(sandbox).post(JOBS, body).status == 200
        assert sandbox.kill() == -9
        sandbox.start()
        assert sandbox.truth("kept")["twice"] == 1
        assert sandbox.ask("GET", "/health")["seed"] == 7


def test_the_sandbox_writes_neither_numbers_nor_texts_to_its_log(api: Signed, sandbox: SandboxProcess) -> None:
    body = {"message": "A secret text", "sender": "MYSHOP", "receivers": ["+33639980001"], "tag": "t"}
    assert api.post(JOBS, body).status == 200
    api.get(f"{ACCOUNT}/outgoing", receiver="+33639980001")
    api.get(f"{ACCOUNT}/blacklists/+33639980001")
    assert "Started server" in sandbox.log()
    assert "3998" not in sandbox.log()
    assert "secret text" not in sandbox.log()
