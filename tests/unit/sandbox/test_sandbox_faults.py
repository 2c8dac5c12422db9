"""Faults on demand: what breaks, and whether it was executed all the same."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any
from urllib.error import HTTPError

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Answer, Signed

POST_JOBS = "POST /sms/{serviceName}/jobs"


def post(api: Signed, **about: Any) -> Answer:
    body = {"message": "Hello", "sender": "MYSHOP", "receivers": ["+33639980001"], "tag": "t"}
    return api.post(JOBS, body, **about)


@pytest.mark.parametrize(
    ("kind", "executed"), [("lost_answer", 1), ("reset_after", 1), ("reset_before", 0), ("half_body", 1)]
)
def test_a_broken_connection_hides_whether_the_call_was_executed(
    api: Signed, sandbox: SandboxProcess, kind: str, executed: int
) -> None:
    sandbox.fault(kind, method="POST", path="/sms/*/jobs")
    with pytest.raises(ConnectionResetError):
        post(api)
    assert sandbox.truth("t")["accepted"] == executed
    assert post(api).status == 200
    assert sandbox.truth("t")["accepted"] == executed + 1


def test_the_first_half_of_a_body_arrives(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("half_body", path="/sms")
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request("GET", "/1.0/sms", headers=api.headers("GET", "/1.0/sms", b""))
    answer = connection.getresponse()
    whole = int(answer.headers["Content-Length"])
    start = answer.read1()
    assert 0 < len(start) < whole
    with pytest.raises(ConnectionResetError):
        answer.read()
    connection.close()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 403, 460])
def test_any_status_without_executing(api: Signed, sandbox: SandboxProcess, status: int) -> None:
    sandbox.fault("status", method="POST", path="/sms/*/jobs", status=status, retry_after=7)
    answer = post(api)
    assert (answer.status, answer.headers["retry-after"]) == (status, "7")
    assert answer.json["message"]
    assert answer.headers["x-ovh-queryid"]
    assert sandbox.truth("t")["accepted"] == 0


def test_a_429_without_retry_after(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("status", status=429)
    assert "retry-after" not in api.get("/sms").headers


def test_a_proxy_answers_html_and_nothing_is_executed(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("html_502")
    answer = post(api)
    assert (answer.status, answer.headers["content-type"]) == (502, "text/html")
    assert answer.content.startswith(b"<html>")
    assert sandbox.truth("t")["accepted"] == 0


@pytest.mark.parametrize(("page", "kind"), [("html", "text/html"), ("json", "application/json")])
def test_a_proxy_answers_4xx_after_the_call_was_executed(
    api: Signed, sandbox: SandboxProcess, page: str, kind: str
) -> None:
    sandbox.fault("proxy_4xx", method="POST", page=page, status=404)
    answer = post(api)
    assert (answer.status, answer.headers["content-type"]) == (404, kind)
    assert "x-ovh-queryid" not in answer.headers
    assert b"class" not in answer.content
    assert b"errorCode" not in answer.content
    assert sandbox.truth("t")["accepted"] == 1
    sandbox.fault("proxy_4xx", method="GET", path="/sms")
    assert api.get("/sms").status == 403


def test_a_repeated_call_is_executed_twice_and_answered_once(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("repeat", method="POST", path="/sms/*/jobs")
    answer = post(api)
    assert (answer.status, len(answer.json["ids"])) == (200, 1)
    assert (sandbox.truth("t")["accepted"], sandbox.truth("t")["twice"]) == (2, 1)
    sandbox.fault("repeat", method="POST", path="/sms/*/jobs", answer="lost")
    with pytest.raises(ConnectionResetError):
        post(api)
    assert sandbox.truth("t")["accepted"] == 4


def test_every_refusal_of_ovh_itself_has_a_query_id_and_its_fields(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.rate_limit(1)
    for answer in (api.get("/nothing"), api.get("/sms")):
        assert answer.headers["x-ovh-queryid"]
        assert {"class", "errorCode"} & set(answer.json)
    sandbox.rate_limit(None)


def test_a_slow_answer_to_a_call_that_was_executed(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("slow", method="POST", seconds=1.0)
    with pytest.raises(TimeoutError):
        post(api, timeout=0.3)
    sandbox.wait_until(lambda: sandbox.truth("t")["accepted"] == 1)
    sandbox.fault("slow", method="GET", seconds=0.5)
    begin = time.monotonic()
    assert api.get("/sms").status == 200
    assert time.monotonic() - begin >= 0.5


def test_an_executed_call_can_answer_invalid_json(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("wrong_json", method="POST")
    answer = post(api)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        assert answer.json
    assert sandbox.truth("t")["accepted"] == 1


def test_a_fault_hits_the_calls_it_is_meant_for(api: Signed, sandbox: SandboxProcess) -> None:
    number = sandbox.fault("status", method="GET", path="/sms/*/jobs", status=503, times=2, after=1)
    assert post(api).status == 200
    assert api.get("/sms").status == 200
    assert [api.get(JOBS).status for _ in range(4)] == [200, 503, 503, 200]
    (listed,) = sandbox.faults()
    assert (listed["id"], listed["remaining"], listed["fired"]) == (number, 0, 2)
    sandbox.fault("status", times=100)
    assert api.get("/sms").status == 500
    sandbox.clear_faults()
    assert api.get("/sms").status == 200
    assert sandbox.faults() == []


@pytest.mark.parametrize("retry_after", [True, False])
def test_a_limit_on_calls_per_minute(api: Signed, sandbox: SandboxProcess, retry_after: bool) -> None:
    sandbox.reset_calls()
    sandbox.rate_limit(3, retry_after=retry_after)
    answers = [api.get("/sms") for _ in range(3)] + [post(api)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert ("retry-after" in answers[-1].headers) is retry_after
    if retry_after:
        assert 50 <= int(answers[-1].headers["retry-after"]) <= 60
    assert sandbox.truth("t")["accepted"] == 0
    assert sandbox.calls()["refused"] == 1
    sandbox.rate_limit(None)
    assert api.get("/sms").status == 200


def test_calls_are_counted_per_path(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("reset_before", path="/sms/*/jobs")
    with pytest.raises(ConnectionResetError):
        post(api)
    post(api)
    api.get(f"{ACCOUNT}/outgoing/1")
    api.get(f"{ACCOUNT}/outgoing/2")
    api.get(f"{ACCOUNT}/outgoing/1,2,3", headers={"X-Ovh-Batch": ","})
    counted = sandbox.calls()
    assert counted["by_call"] == {POST_JOBS: 2, "GET /sms/{serviceName}/outgoing/{id}": 3}
    assert counted["by_account"] == {ACCOUNT.removeprefix("/sms/"): 5}
    assert counted["total"] == 5
    assert sandbox.calls(POST_JOBS) == 2
    sandbox.reset_calls()
    assert sandbox.calls() == {"total": 0, "refused": 0, "by_call": {}, "by_account": {}}


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "earthquake"},
        {"kind": "status", "chance": -0.1},
        {"kind": "status", "chance": 1.1},
        {"kind": "partial"},
        {"kind": "partial", "share": 0.5, "count": 3},
        {"kind": "partial", "share": 1.5},
        {"kind": "partial", "count": -1},
        {"kind": "proxy_4xx", "status": 502},
    ],
)
def test_wrong_orders_for_faults_are_refused(sandbox: SandboxProcess, order: dict[str, Any]) -> None:
    with pytest.raises(HTTPError, match="422"):
        sandbox.fault(**order)
    assert sandbox.faults() == []
