"""Two accounts, and a person who may read the campaigns of one: no page shows anything of the other."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.store.callback_records import RECEIPT, STORED
from ovh_sms.store.credit_checks import AccountCheck
from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.orders import OrderRecord
from ovh_sms.store.outbox_records import QueuedSms
from ovh_sms.store.run_records import Problem, RunRecord
from ovh_sms.store.store import Store
from ovh_sms.store.transfers import TransferRecord
from ovh_sms.store.user_records import UserRow
from support.dashboard_routes import routes
from support.usage_sample import usage_month
from unit.report.report_sample import collect, fill, small

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
OWN, OTHER = small()[0].account, "sms-zz99999-1"
DAG, RUN, NUMBER = "sms_campaign_hush_offer", "manual__hush", "+33639984242"
#: Each is of the other account: its name, a campaign, a person, words, figures.
MARKS = (OTHER, "hush", "42 42", "39984242", "Murmure", "424,242", "424242", "777,001", "777001")


@pytest.fixture
def store(web: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Results in which the other account has rows of every kind; the credits of both are known."""
    made = fill(tmp_path / "two.sqlite")
    monkeypatch.setattr(reading, "_open", lambda: made)
    now, about = made.clock.now(), {"dag_id": DAG, "run_id": RUN, "campaign": "hush_offer", "account": OTHER}
    made.runs.start(RunRecord(list_tag="hush", started_at=now, **about))
    record, messages = small()
    changed = dataclasses.replace(record, tag="hush1", credits_spent=424_242.0, sent_at=now, submitted=1, **about)
    one = dataclasses.replace(messages[0], tag="hush1", outgoing_id=77, receiver=NUMBER)
    collect(made, changed, [one], complete=True)
    for account, amount in ((OWN, 500.0), (OTHER, 424_242.0)):
        made.credit_readings.add(CreditReading(account=account, at=now, credits=amount, enough=10))
    problem = Problem(step="check", error="BudgetExceeded", what="Murmure.", action="Raise it.", at="2026-11-29")
    made.credit_checks.record(
        AccountCheck(account=OTHER, name="hush", checked_at=now, decision="refused", problem=problem)
    )
    made.orders.record(
        OrderRecord(
            order_id=777_001, account=OTHER, tag="o1", quantity=424_242, ordered_at=now, status="not paid",
            url="https://pay.example/hush",
        )
    )  # fmt: skip
    made.transfers.record(
        TransferRecord(tag="t1", source=OTHER, target=OWN, credits=5, at=now, source_before=424_242, source_after=2)
    )
    row = UserRow(account=OTHER, login="hush", state="unmanaged", at=now, quota_left=424_242)
    made.users.record(OTHER, [row])
    month = usage_month()
    made.usage.save(dataclasses.replace(month.record, account=OTHER), month.lines)
    sms = {"receiver": NUMBER, "message": "Murmure", "sender": "HUSH", "stop_clause": False}
    made.outbox.queue([QueuedSms(key="hush-key", account=OTHER, tag="hush", **sms)])
    made.outbox.queue([QueuedSms(key="hush-nobody", tag="hush", **sms)])
    said: dict[str, Any] = {"number": NUMBER, "text": "Murmure", "received_at": now, "action": "inbox"}
    run = {"dag_id": DAG, "run_id": RUN, "campaign": "hush_offer"}
    replies = [InboundMessage(inbound_id=1, tag="hush1", **run, **said), InboundMessage(inbound_id=2, tag="", **said)]
    made.inbound.save(OTHER, replies)
    made.callbacks.receive([], {(OTHER, RECEIPT, STORED): 424_242})
    return made


ABOUT = {
    "account": OTHER, "dag_id": DAG, "run_id": RUN, "campaign": "hush_offer", "month": "2026-10", "reply": "2",
    "tag": "hush1", "numbers": "shown", "version": "1", "name": "pages.css",
}  # fmt: skip


def asks(web: TestClient, person: dict[str, str], method: str, path: str) -> list[Response]:
    """Ask for a page as it is, and about the other account."""
    url = f"/ovh-sms{path}".replace("{version}", "1").replace("{name}", "pages.css")
    if method == "GET":
        return [
            web.get(url, params=params, headers=person, follow_redirects=False)
            for params in ({}, ABOUT, {**ABOUT, "reply": "1"}, {"account": OTHER}, {"language": "fr"})
        ]
    form = {**ABOUT, "number": NUMBER, "text": "Murm", "order_id": "777001", "token": token(web, person)}
    sms = {"key": "new", "receiver": NUMBER, "message": "x", "sender": "HUSH", "stop_clause": False, "account": OTHER}
    return [web.post(url, data=form, headers=person), web.post(url, json=sms, headers=person)]


def token(web: TestClient, person: dict[str, str]) -> str:
    found = re.search(r'name="token" value="([^"]+)"', web.get("/ovh-sms/receiver", headers=person).text)
    assert found
    return found[1]


def shown(answer: Response) -> str:
    """Return the text of an answer, without the words that the request itself had."""
    text = answer.text + str(answer.headers.get("location", ""))
    for asked in (*ABOUT.values(), NUMBER, "Murm"):
        if asked in str(answer.request.url) or asked.encode() in answer.request.read():
            text = re.sub(rf'(value="|[?&;=]|selected>){re.escape(asked)}', "", text)
    return text


@pytest.mark.parametrize(("method", "path"), sorted(routes()))
def test_no_page_shows_anything_of_an_account_whose_campaigns_one_may_not_read(
    web: TestClient, as_person: AsPerson, store: Store, method: str, path: str
) -> None:
    queued = store.outbox.counts()
    for answer in asks(web, as_person("shop"), method, path):
        text = shown(answer)
        found = [text[max(0, text.index(mark) - 60) :][:120] for mark in MARKS if mark in text]
        assert not found, (answer.request.url, answer.status_code, found)
    assert store.outbox.counts() == queued
    assert [each.detail for each in store.audit.list() if OTHER in each.detail or "777001" in each.detail] == []


@pytest.mark.parametrize(
    "path", ["/", "/campaigns", "/credits", "/inbox", "/outbox", "/usage", "/usage.csv", "/users", "/orders.csv"]
)
def test_who_may_read_all_campaigns_is_shown_both_accounts(
    web: TestClient, as_person: AsPerson, store: Store, path: str
) -> None:
    texts = [answer.text for answer in asks(web, as_person("admin"), "GET", path)]
    assert any(mark in text for text in texts for mark in MARKS)


def test_what_is_of_the_own_account_is_still_shown(web: TestClient, as_person: AsPerson, store: Store) -> None:
    page = web.get("/ovh-sms/credits", headers=as_person("shop")).text
    assert OWN in page
    assert "another account" in page
    store.users.record(OWN, [UserRow(account=OWN, login="desk", state="same", at=store.clock.now())])
    assert "desk" in web.get("/ovh-sms/users", headers=as_person("shop")).text


def test_if_there_is_one_account_rows_that_name_none_are_its_own(
    web: TestClient, as_person: AsPerson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = fill(tmp_path / "one.sqlite")
    monkeypatch.setattr(reading, "_open", lambda: one)
    sms = {"receiver": NUMBER, "message": "Bonjour", "sender": "MYSHOP", "stop_clause": False}
    one.outbox.queue([QueuedSms(key="parcel", **sms)])
    assert "parcel" in web.get("/ovh-sms/outbox", headers=as_person("shop")).text
    one.close()


def test_an_sms_without_an_account_is_queued_by_those_alone_who_may_read_every_account(
    web: TestClient, as_person: AsPerson, store: Store
) -> None:
    extra = {"endpoint": "http://127.0.0.1:9/1.0", "consumer_key": "c", "account": OTHER}
    made = json.dumps({"conn_type": "ovh_sms", "login": "a", "password": "s", "extra": extra})
    sms = {"receiver": NUMBER, "message": "Bonjour", "sender": "MYSHOP", "stop_clause": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", made)  # it would be sent by the other account
        answers = [
            web.post("/ovh-sms/outbox", json={**sms, "key": f"by-{who}", "account": account}, headers=as_person(who))
            for who, account in (("shop", ""), ("shop", OWN), ("admin", ""))
        ]
    assert [each.status_code for each in answers] == [422, 200, 200]
    assert "Name the account of each SMS" in answers[0].text
    assert store.outbox.get("by-shop").account == OWN  # type: ignore[union-attr]
