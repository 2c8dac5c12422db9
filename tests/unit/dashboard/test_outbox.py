"""``POST /ovh-sms/outbox``: queued once, by those who may start its DAG; answers show no number and no text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ovh_sms.dashboard import outbox, reading

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
TEXT, NUMBER = "Votre colis est parti.", "+33639980007"


@pytest.fixture(autouse=True)
def _sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default connection leads to a sandbox: numbers of fiction are accepted."""
    extra = {"endpoint": "http://127.0.0.1:9/1.0", "consumer_key": "c", "account": "sms-sb00001-1"}
    made = {"conn_type": "ovh_sms", "login": "a", "password": "s", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", json.dumps(made))


def sms(key: str, **changes: Any) -> dict[str, Any]:
    return {"key": key, "receiver": NUMBER, "message": TEXT, "sender": "MYSHOP", "stop_clause": False, **changes}


def post(web: TestClient, headers: dict[str, str], body: Any) -> Response:
    return web.post("/ovh-sms/outbox", json=body, headers=headers)


def test_an_sms_is_queued_once(web: TestClient, as_person: AsPerson) -> None:
    whole = {
        "class": "flash",
        "priority": "low",
        "deferred_until": "2027-01-01T09:00:00+01:00",
        "validity": 60,
        "tag": "t",
    }
    found = [post(web, as_person("eddy"), sms("http-1", **whole)) for _ in range(2)]
    assert [(each.status_code, each.json()) for each in found] == [
        (200, {"new": 1, "known": 0}),
        (200, {"new": 0, "known": 1}),
    ]
    row = reading.store().outbox.get("http-1")
    assert row is not None
    assert (row.receiver, row.message, row.message_class, row.validity) == (NUMBER, TEXT, "flash", 60)
    other = post(web, as_person("eddy"), sms("http-1", message="Autre"))
    assert (other.status_code, "another SMS" in other.text) == (409, True)


def test_a_list_is_queued_whole_or_not_at_all(web: TestClient, as_person: AsPerson) -> None:
    admin = as_person("admin")
    refused = post(web, admin, [sms("http-2"), sms("http-3", receiver="12")])
    assert (refused.status_code, "invalid_number" in refused.text) == (422, True)
    assert reading.store().outbox.get("http-2") is None
    assert post(web, admin, [sms("http-2"), sms("http-3")]).json() == {"new": 2, "known": 0}


@pytest.mark.parametrize("person", ["vic", "one", "half", "none"])
def test_those_who_may_not_start_the_dag_queue_nothing(web: TestClient, as_person: AsPerson, person: str) -> None:
    assert post(web, as_person(person), sms(f"by-{person}")).status_code == 403
    assert reading.store().outbox.get(f"by-{person}") is None


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"key": "x"}, "receiver"),
        ({**sms("x"), "stop_clause": "no"}, "stop_clause"),
        ({**sms("x"), "receiver": 33639980007}, "receiver"),
        ({**sms("x"), "sendr": "MYSHOP"}, "sendr"),
        ([], "Send 1 to 1,000 SMS"),
        ("text", ""),
    ],
)
def test_what_is_no_sms_is_refused_and_not_repeated(
    web: TestClient, as_person: AsPerson, body: Any, fields: str
) -> None:
    answer = post(web, as_person("admin"), body)
    assert (answer.status_code, fields in answer.text) == (422, True)
    assert TEXT not in answer.text
    assert "639980007" not in answer.text


def test_only_json_of_a_bounded_size_is_read(web: TestClient, as_person: AsPerson) -> None:
    admin = as_person("admin")
    assert web.post("/ovh-sms/outbox", data={"key": "x"}, headers=admin).status_code == 415
    given = {**admin, "Content-Type": "application/json"}
    long = b"[" + b" " * outbox.MOST_BYTES + b"]"
    assert web.post("/ovh-sms/outbox", content=long, headers=given).status_code == 413
    assert web.post("/ovh-sms/outbox", content=b"{", headers=given).status_code == 422


def test_the_page_lists_rows_by_state_with_masked_numbers(web: TestClient, as_person: AsPerson) -> None:
    store = reading.store()
    post(web, as_person("admin"), [sms("page-1", tag="shipping"), sms("page-2", tag="shipping")])
    store.outbox.cancel("page-2")
    page = web.get("/ovh-sms/outbox?tag=shipping", headers=as_person("vic")).text
    assert ("page-1" in page, "page-2" in page, "+33 6 39 ·· ·· 07" in page) == (True, True, True)
    assert TEXT not in page
    assert NUMBER not in page
    french = {**as_person("vic"), "Accept-Language": "fr"}
    cancelled = web.get("/ovh-sms/outbox?tag=shipping&state=cancelled", headers=french).text
    assert ("page-1" in cancelled, "page-2" in cancelled, "SMS unitaires" in cancelled) == (False, True, True)
    assert web.get("/ovh-sms/outbox", headers=as_person("one")).status_code == 403
    assert "No row passes these filters." in web.get("/ovh-sms/outbox?tag=none", headers=as_person("vic")).text
