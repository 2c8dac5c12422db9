"""No route is open to those who may not: the routes are those of the app, not those of a list."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.dashboard.headers import HEADERS, SecurityHeaders
from support.dashboard_routes import routes
from support.sandbox import ROOT
from unit.dashboard.conftest import KNOWN, OTHER
from unit.report.report_sample import large, small

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
NUMBERS = [message.receiver for message in (*small()[1], *large()[1][:300])]
RUN = {"dag_id": OTHER.dag_id, "run_id": OTHER.run_id}


#: A style or a script that stands in a page, or an address of another server; data of a chart is no script.
WRITTEN_IN = re.compile(
    r"""<style|\sstyle=|<script(?![^>]*(\ssrc=|type="application/json"))|\son\w+=|javascript:|https?://"""
)


def ask(web: TestClient, method: str, path: str, headers: dict[str, str], **more: str) -> Response:
    given = {"version": "x", "name": "pages.css"}
    filled = re.sub(r"\{(\w+)\}", lambda found: given[found[1]], path)
    query = urlencode({**RUN, "list_tag": "x", "numbers": "shown", **more})
    return web.request(method, f"/ovh-sms{filled}?{query}", headers=headers)


def test_there_are_routes_to_check() -> None:
    assert {("GET", "/"), ("GET", "/run"), ("POST", "/receiver"), ("GET", "/static/{version}/{name}")} <= set(routes())


def test_nobody_gets_nothing(web: TestClient) -> None:
    for method, path in routes():
        answer = ask(web, method, path, {})
        assert answer.status_code == 401, (method, path)
        assert OTHER.campaign not in answer.text
        forged = ask(web, method, path, {"Authorization": "Bearer x.y.z"})
        assert forged.status_code in (401, 403), (method, path)


def test_a_person_who_may_read_no_dag_gets_nothing(web: TestClient, as_person: AsPerson) -> None:
    for method, path in routes():
        assert ask(web, method, path, as_person("none")).status_code == 403, (method, path)


def test_a_person_who_may_only_read_sees_no_number_and_changes_nothing(web: TestClient, as_person: AsPerson) -> None:
    refused = set()
    for method, path in routes():
        answer = ask(web, method, path, as_person("vic"))
        assert answer.status_code in (200, 403), (method, path)
        if answer.status_code == 403:
            refused.add((method, path))
        elif "/static" not in path:
            digits = re.sub(r"\D", "", answer.text)
            assert not [each for each in NUMBERS if each[1:] in digits or each in answer.text], path
    assert {(method, path) for method, path in routes() if method != "GET"} <= refused
    assert ("GET", "/rejects.csv") in refused


def test_a_person_who_may_edit_another_dag_sees_no_number(web: TestClient, as_person: AsPerson) -> None:
    for method, path in routes():
        if (
            {"dag_id", "run_id"} <= set(RUN)
            and path not in ("/", "/campaigns", "/receiver", "/inbox")
            and "/static" not in path
        ):
            assert ask(web, method, path, as_person("one")).status_code == 403, (method, path)


def test_every_answer_has_the_headers_of_a_strict_policy(web: TestClient, as_person: AsPerson) -> None:
    for method, path in routes():
        for headers in ({}, as_person("vic"), as_person("admin")):
            answer = ask(web, method, path, headers)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (method, path)
            kept_back = answer.headers["cache-control"] == "no-store"
            assert kept_back, (method, path)
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "nowhere", 404), ("GET", "static/x/nothing.css", 404), ("PUT", "run", 405), ("GET", "?x=%00", 400)],
)
def test_an_error_has_them_too(web: TestClient, as_person: AsPerson, method: str, path: str, status: int) -> None:
    answer = web.request(method, f"/ovh-sms/{path}", headers=as_person("admin"))
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"


def test_a_failure_has_them_too() -> None:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    failing = FastAPI()

    @failing.get("/")
    def page() -> None:
        raise RuntimeError("a fault of the package")

    answer = TestClient(SecurityHeaders(failing), raise_server_exceptions=False).get("/")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "a fault" not in answer.text


def test_a_page_holds_no_style_and_no_script_of_its_own(web: TestClient, as_person: AsPerson) -> None:
    for method, path in routes():
        answer = ask(web, method, path, as_person("admin"))
        if method == "GET" and answer.headers["content-type"].startswith("text/html"):
            assert not WRITTEN_IN.search(answer.text), path


WITHOUT_SECURITY = """
import asyncio, sys
import airflow
for name in ("airflow.api_fastapi.core_api.security", "airflow.api_fastapi.app"):
    sys.modules[name] = None  # an import fails
from ovh_sms.plugin import LazyDashboard
sent = []
async def send(message): sent.append(message)
async def receive(): return {"type": "http.request"}
scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "query_string": b"", "headers": []}
asyncio.run(LazyDashboard()(scope, receive, send))
headers = {name for name, _ in sent[0]["headers"]}
assert {b"content-security-policy", b"x-content-type-options", b"referrer-policy", b"cache-control"} <= headers
print(sent[0]["status"], b"".join(each.get("body", b"") for each in sent))
"""


def test_nothing_is_shown_if_airflows_security_cannot_be_imported() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    command = [sys.executable, "-c", WITHOUT_SECURITY]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    status, body = done.stdout.splitlines()[-1].split(" ", 1)
    assert status == "503"
    assert "The pages cannot check who may see them" in body


def test_a_receiver_is_searched_by_a_form_that_only_its_own_page_can_fill(web: TestClient, as_person: AsPerson) -> None:
    editor, number = as_person("eddy"), small()[1][0].receiver
    token = re.search(r'name="token" value="(\w+)"', web.get("/ovh-sms/receiver", headers=editor).text)
    assert token
    for wrong in ("", "x", token[1][:-1], f"{token[1]}0"):
        answer = web.post("/ovh-sms/receiver", data={"number": number, "token": wrong}, headers=editor)
        assert answer.status_code == 403
    for other in ("admin", "one"):
        answer = web.post("/ovh-sms/receiver", data={"number": number, "token": token[1]}, headers=as_person(other))
        assert answer.status_code == 403, "the token is of another person"
    before = len(reading.store().audit.list())
    answer = web.post("/ovh-sms/receiver", data={"number": "06 39 98 00 00", "token": token[1]}, headers=editor)
    assert answer.status_code == 200
    assert KNOWN.campaign in answer.text
    assert "+33 6 39 ·· ·· 00" in answer.text
    assert "639980000" not in re.sub(r"\D", "", answer.text)
    line, *earlier = reading.store().audit.list()
    assert len(earlier) == before
    assert (line.action, line.by) == ("search", "eddy")
    assert line.digest == reading.store().audit.digest_of(number)
    assert "639980000" not in re.sub(r"\D", "", line.detail)


def test_a_search_finds_only_campaigns_whose_dag_one_may_edit(web: TestClient, as_person: AsPerson) -> None:
    person, number = as_person("one"), large()[1][100].receiver
    token = re.search(r'name="token" value="(\w+)"', web.get("/ovh-sms/receiver", headers=person).text)
    assert token
    answer = web.post("/ovh-sms/receiver", data={"number": number, "token": token[1]}, headers=person)
    assert answer.status_code == 200
    assert OTHER.campaign not in answer.text
    assert "No message to this number is stored for these campaigns." in answer.text


@pytest.mark.parametrize("number", ["", "12", "<script>alert(1)</script>", "0" * 4000, "' OR 1=1 --"])
def test_what_is_no_number_is_refused_in_words(web: TestClient, as_person: AsPerson, number: str) -> None:
    person = as_person("eddy")
    token = re.search(r'name="token" value="(\w+)"', web.get("/ovh-sms/receiver", headers=person).text)
    assert token
    answer = web.post("/ovh-sms/receiver", data={"number": number, "token": token[1]}, headers=person)
    assert answer.status_code == 200
    assert "This is no phone number." in answer.text
    assert "<script>alert" not in answer.text
