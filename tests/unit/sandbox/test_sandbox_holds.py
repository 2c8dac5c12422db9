"""Calls that are held until they are released, and answers that trickle: where a client can be killed exactly."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from support.sandbox import ROOT, SandboxProcess
from support.signed import ACCOUNT, JOBS, Answer, Signed

BODY = {"message": "Hello", "sender": "MYSHOP", "receivers": ["+33639980001"], "tag": "t"}
# A client in a process of its own that makes one call, signed outside, and can be killed.
CLIENT = """
import http.client, json, sys
port, method, target, body, headers = json.loads(sys.argv[1])
connection = http.client.HTTPConnection("127.0.0.1", port)
connection.request(method, target, body, headers)
connection.getresponse().read()
"""


def client(api: Signed, method: str, path: str, body: Any = None) -> subprocess.Popen[bytes]:
    target = f"/1.0{path}"
    content = b"" if body is None else json.dumps(body).encode()
    call = [api.sandbox.port, method, target, content.decode(), api.headers(method, target, content)]
    return subprocess.Popen([sys.executable, "-c", CLIENT, json.dumps(call)], cwd=ROOT)


def killed(process: subprocess.Popen[bytes], sandbox: SandboxProcess, fault: int) -> None:
    assert sandbox.wait_held(fault)["client_gone"] is False
    process.kill()
    assert process.wait(60) == -9
    sandbox.wait_until(lambda: sandbox.holding(fault)[0]["client_gone"])


def later(api: Signed) -> tuple[threading.Thread, list[Answer]]:
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(api.post(JOBS, BODY)))
    thread.start()
    return thread, answers


@pytest.mark.parametrize(("kind", "executed"), [("hold_before", 0), ("hold_after", 1)])
def test_a_held_call_goes_on_when_it_is_released(
    api: Signed, sandbox: SandboxProcess, kind: str, executed: int
) -> None:
    fault = sandbox.fault(kind, method="POST", path="/sms/*/jobs")
    assert sandbox.release(fault) == 0
    thread, answers = later(api)
    held = sandbox.wait_held(fault)
    assert (held["call"], held["client_gone"]) == (f"POST {ACCOUNT}/jobs", False)
    assert sandbox.truth("t")["accepted"] == executed
    assert answers == []
    assert api.get("/sms").status == 200  # other calls pass meanwhile
    assert sandbox.release(fault) == 1
    thread.join(60)
    assert answers[0].json["validReceivers"] == BODY["receivers"]
    assert sandbox.truth("t")["accepted"] == 1
    assert sandbox.holding(fault) == []


@pytest.mark.parametrize("kind", ["hold_before", "hold_after"])
def test_a_held_call_goes_on_by_itself_in_the_end(api: Signed, sandbox: SandboxProcess, kind: str) -> None:
    sandbox.fault(kind, seconds=0.4)
    begin = time.monotonic()
    assert api.get("/sms").status == 200
    assert time.monotonic() - begin >= 0.4


@pytest.mark.parametrize(
    ("kind", "drop", "executed"),
    [("hold_before", False, 1), ("hold_before", True, 0), ("hold_after", False, 1), ("hold_after", True, 1)],
)
def test_a_client_killed_while_its_call_is_held(
    api: Signed, sandbox: SandboxProcess, kind: str, drop: bool, executed: int
) -> None:
    fault = sandbox.fault(kind, method="POST", path="/sms/*/jobs", drop=drop)
    killed(client(api, "POST", JOBS, BODY), sandbox, fault)
    assert sandbox.truth("t")["accepted"] == (kind == "hold_after")
    assert sandbox.release(fault) == 1
    sandbox.wait_until(lambda: not sandbox.holding(fault))
    # The job is in the truth soon after its release, or it never comes.
    if executed:
        sandbox.wait_until(lambda: sandbox.truth("t")["accepted"] == executed)
    else:
        time.sleep(0.3)
    assert sandbox.truth("t")["accepted"] == executed


def test_a_client_killed_while_its_order_is_held(api: Signed, sandbox: SandboxProcess) -> None:
    fault = sandbox.fault("hold_after", method="POST", path="/order/*")
    killed(client(api, "POST", "/order/sms/sms-sb00001-1/credits", {"quantity": 100}), sandbox, fault)
    assert len(sandbox.orders()) == 1
    sandbox.release(fault)


def test_clearing_the_faults_releases_what_they_hold(api: Signed, sandbox: SandboxProcess) -> None:
    fault = sandbox.fault("hold_before", method="POST")
    thread, answers = later(api)
    sandbox.wait_held(fault)
    sandbox.clear_faults()
    thread.join(60)
    assert answers[0].status == 200


@pytest.mark.parametrize(("kind", "executed"), [("hold_before", 0), ("hold_after", 1)])
def test_a_clean_stop_breaks_what_is_held(tmp_path: Path, kind: str, executed: int) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        fault = sandbox.fault(kind, method="POST")
        problems: list[BaseException] = []

        def call() -> None:
            try:
                Signed(sandbox).post(JOBS, BODY)
            except ConnectionResetError as problem:
                problems.append(problem)

        thread = threading.Thread(target=call)
        thread.start()
        sandbox.wait_held(fault)
        assert sandbox.stop() == 0
        thread.join(60)
        assert len(problems) == 1
        assert "Traceback" not in sandbox.log()
        sandbox.start()
        assert sandbox.truth("t")["accepted"] == executed


def test_only_a_known_fault_can_be_released(sandbox: SandboxProcess) -> None:
    with pytest.raises(HTTPError, match="404"):
        sandbox.release(99)


def test_an_answer_that_trickles(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("trickle", method="POST", seconds=3.0)
    begin = time.monotonic()
    # No pause between two bytes is as long as the client's patience, so it waits for all of them.
    answer = api.post(JOBS, BODY, timeout=2.9)
    assert time.monotonic() - begin >= 3.0
    assert answer.json["validReceivers"] == BODY["receivers"]
    assert answer.headers["content-length"] == str(len(answer.content))
    assert sandbox.truth("t")["accepted"] == 1


def test_a_long_answer_trickles_in_the_time_it_is_given(api: Signed, sandbox: SandboxProcess) -> None:
    receivers = [f"+336399{number:05d}" for number in range(80_000, 90_000)]
    sandbox.fault("trickle", method="POST", seconds=1.0)
    begin = time.monotonic()
    answer = api.post(JOBS, {**BODY, "receivers": receivers})
    assert answer.json["validReceivers"] == receivers
    assert 1.0 <= time.monotonic() - begin < 30


def test_a_client_killed_while_its_answer_trickles(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("trickle", method="POST", seconds=30)
    process = client(api, "POST", JOBS, BODY)
    sandbox.wait_until(lambda: sandbox.truth("t")["accepted"] == 1)
    process.kill()
    assert process.wait(60) == -9
    assert api.get(JOBS).status == 200
    assert sandbox.truth("t")["accepted"] == 1
