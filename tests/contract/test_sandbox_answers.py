"""Every answer of the sandbox, in several states of its world, against OVH's own description."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from openapi_core.exceptions import OpenAPIError

from contract.ovh_batches import some_batches
from contract.senders import some_number_checks, some_senders
from contract.users import some_users
from ovh_sandbox.routes import (
    account,
    catalogue,
    documents,
    incoming,
    jobs,
    number_checks,
    orders,
    outgoing,
    ovh_batches,
    payments,
    receivers,
    senders,
    user_messages,
    user_receivers,
    users,
)
from support.openapi import Described
from support.sandbox import SandboxProcess
from support.signed import Answer, Signed, put_file

S = "/sms/{serviceName}"
ROUTERS = (
    *(account, catalogue, documents, incoming, jobs, orders, outgoing, ovh_batches, payments, receivers, senders),
    *(user_messages, user_receivers, users, number_checks),
)
LIST = b"number;nom\n+33639980001;Durant\n+33639980002;Dupont\nabc;Nobody\n"
RECEIVERS = [f"+336399{number:05d}" for number in range(80_000, 80_400)]


@dataclass
class Checked:
    """Calls the sandbox by OVH's templates and checks every 200 answer, and every request that led to one."""

    api: Signed
    answers: Described
    requests: Described
    seen: list[tuple[str, str, str, Any]] = field(default_factory=list)

    def call(
        self, method: str, template: str, body: Any = None, /, query: Mapping[str, Any] | None = None, **keys: Any
    ) -> Any:
        path = template.format(serviceName="sms-sb00001-1", **keys)
        asked = {name.replace("__", "."): value for name, value in (query or {}).items()}
        answer: Answer = self.api.call(method, path, body, **(query or {}))
        assert answer.status == 200, (method, path, answer.content)
        sent = None if body is None else json.dumps(body).encode()
        self.requests.check_request(method, template, path, sent, query=asked)
        self.answers.check_answer(method, template, path, answer.content, query=asked)
        self.seen.append((method, template, path, answer.json))
        return answer.json

    def get(self, template: str, /, query: Mapping[str, Any] | None = None, **keys: Any) -> Any:
        return self.call("GET", template, query=query, **keys)


def account_and_catalogue(checked: Checked, sandbox: SandboxProcess) -> None:
    checked.get("/sms")
    checked.get(S)
    checked.call("PUT", S, {"description": "Été", "callBack": "https://shop.example/callback"})
    checked.get(S)
    for name in checked.get(f"{S}/senders"):
        checked.get(f"{S}/senders/{{sender}}", sender=name)
    some_senders(checked, sandbox)
    some_number_checks(checked, sandbox)
    for message in ("Hello", "ê" * 200):
        for kind in ("alpha", "shortcode"):
            checked.call("POST", "/sms/estimate", {"message": message, "noStopClause": False, "senderType": kind})
    for ptt in (0, 4, 8, 23, 1000):
        checked.get("/sms/ptts", {"ptt": ptt})
    for country in ("fr", "be", "us"):
        checked.get("/sms/rates/destinations", {"country": country, "billingCountry": "fr"})
        checked.get("/sms/rates/packs", {"country": country})


def lists_and_documents(checked: Checked, sandbox: SandboxProcess) -> None:
    made = checked.call("POST", "/me/document", {"name": "list.csv", "tags": [{"key": "a", "value": "b"}]})
    assert put_file(made["putUrl"], LIST).status == 201
    checked.call("PUT", "/me/document/{id}", {"expirationDate": "2027-01-01T00:00:00+01:00"}, id=made["id"])
    checked.get("/me/document/{id}", id=made["id"])
    checked.get("/me/document")
    new = {"slotId": 2, "description": "Spring", "autoUpdate": False, "documentId": made["id"]}
    checked.call("POST", f"{S}/receivers", new)
    linked = {"slotId": 3, "description": "Spring", "autoUpdate": True, "csvUrl": made["getUrl"]}
    checked.call("POST", f"{S}/receivers", linked)
    checked.get(f"{S}/receivers")
    checked.get(f"{S}/receivers/{{slotId}}", slotId=2)
    checked.get(f"{S}/receivers/{{slotId}}/csv", slotId=2)
    checked.call("PUT", f"{S}/receivers/{{slotId}}", {"description": "Summer"}, slotId=2)
    for how in ({"freemium": True, "priceOnly": True}, {"freemium": True, "priceOnly": False}):
        task = checked.call("POST", f"{S}/receivers/{{slotId}}/clean", how, slotId=2)["taskId"]
    checked.get(f"{S}/task")
    checked.get(f"{S}/task", {"status": "done"})
    sandbox.wait_until(lambda: checked.get(f"{S}/task/{{taskId}}", taskId=task)["status"] == "done")
    checked.call("DELETE", f"{S}/receivers/{{slotId}}", slotId=3)


def messages(checked: Checked, sandbox: SandboxProcess) -> None:
    job = {"message": "Hello #nom#", "sender": "MYSHOP", "tag": "t", "charset": "UTF-8", "priority": "high"}
    checked.call("POST", f"{S}/jobs", {**job, "receiversSlotId": "2"})
    checked.call("POST", f"{S}/jobs", {**job, "receivers": ["nobody"]})
    checked.call("POST", f"{S}/jobs", {**job, "receivers": RECEIVERS})
    short = {"message": "Hello", "senderForResponse": True, "receivers": RECEIVERS[:1], "differedPeriod": 10}
    late = checked.call("POST", f"{S}/jobs", short)["ids"]
    assert set(late) <= set(checked.get(f"{S}/jobs"))
    for number in late:  # the others leave within a second or two
        checked.get(f"{S}/jobs/{{id}}", id=number)
    checked.call("DELETE", f"{S}/jobs/{{id}}", id=late[0])
    for seconds in (10, 60, 3 * 86_400):
        sandbox.clock(advance=seconds)
        for receipt in (1, 2, 4, 8, 16):
            for number in checked.get(f"{S}/outgoing", {"tag": "t", "deliveryReceipt": receipt})[:2]:
                checked.get(f"{S}/outgoing/{{id}}", id=number)
        checked.get(S)
    checked.get(f"{S}/outgoing", {"creationDatetime__from": "2026-03-03T00:00:00+01:00", "sender": "MYSHOP", "ptt": 4})
    checked.call("DELETE", f"{S}/outgoing/{{id}}", id=checked.get(f"{S}/outgoing")[0])
    export = checked.get(f"{S}/document", {"wayType": "outgoing", "tag": "t"})
    checked.get("/me/document/{id}", id=export)
    sandbox.wait_until(lambda: checked.get("/me/document/{id}", id=export)["size"])
    checked.call("DELETE", "/me/document/{id}", id=export)
    sandbox.block("+33639980009")
    for number in checked.get(f"{S}/blacklists"):
        checked.get(f"{S}/blacklists/{{number}}", number=number)
    checked.call("DELETE", f"{S}/blacklists/{{number}}", number="+33639980009")


def replies(checked: Checked, sandbox: SandboxProcess) -> None:
    options = [{"media": "email", "sender": "MYSHOP", "target": "desk@shop.example"}]
    for given in (
        {"responseType": "cgi", "cgiUrl": "https://shop.example/reply"},
        {"responseType": "text", "text": "Merci", "trackingOptions": options},
        {"responseType": "none", "trackingDefaultSmsSender": "MYSHOP", "trackingOptions": None},
    ):
        checked.call("PUT", S, {"smsResponse": given, "stopCallBack": "https://shop.example/stop"})
        checked.get(S)
    some_users(checked, sandbox)
    asking = {"message": "Viendrez-vous ?", "senderForResponse": True, "noStopClause": True, "tag": "visit"}
    checked.call("POST", f"{S}/jobs", {**asking, "receivers": RECEIVERS[:20]})
    sandbox.clock(advance=3600)
    delivered = [message["receiver"] for message in sandbox.messages("visit") if message["final_receipt"] == 1]
    sandbox.reply(delivered[0], "OUI")
    sandbox.reply(delivered[0], "ê" * 80, tag=None)
    sandbox.reply(delivered[1], "Stop.")
    for number in checked.get(f"{S}/incoming"):
        checked.get(f"{S}/incoming/{{id}}", id=number)
    day = {"creationDatetime__from": "2026-03-03T00:00:00+01:00", "creationDatetime__to": "2026-03-31T00:00:00Z"}
    assert len(checked.get(f"{S}/incoming", {**day, "tag": "visit"})) == 2
    (gone,) = checked.get(f"{S}/incoming", {"sender": delivered[1]})
    checked.call("DELETE", f"{S}/incoming/{{id}}", id=gone)
    assert checked.get(f"{S}/blacklists/{{number}}", number=delivered[1])["smsOutgoingID"]


def credits_and_orders(checked: Checked, sandbox: SandboxProcess) -> None:
    checked.get("/order/sms")
    checked.get("/order/sms/{serviceName}")
    checked.get("/order/sms/{serviceName}/credits", {"quantity": 1000})
    order = checked.call("POST", "/order/sms/{serviceName}/credits", {"quantity": 1000})["orderId"]
    for status in ("notPaid", "checking", "delivered"):
        sandbox.settle_order(order, status)
        assert checked.get("/me/order/{orderId}/status", orderId=order) == status
    checked.get("/me/order")
    checked.get("/me/order", {"date__from": "2026-03-03T00:00:00+01:00"})
    checked.get("/me/order/{orderId}", orderId=order)
    for line in checked.get("/me/order/{orderId}/details", orderId=order):
        checked.get("/me/order/{orderId}/details/{orderDetailId}", orderId=order, orderDetailId=line)


def payments_and_transfers(checked: Checked, sandbox: SandboxProcess) -> None:
    for about in ({}, {"payment_type": "CREDIT_CARD", "is_default": False, "status": "EXPIRED"}):
        sandbox.payment_method(**about)
    (default,) = checked.get("/me/payment/method", {"default": "true"})
    checked.get("/me/payment/method", {"status": "EXPIRED", "paymentType": "CREDIT_CARD"})
    for method in checked.get("/me/payment/method"):
        checked.get("/me/payment/method/{paymentMethodId}", paymentMethodId=method)
    sandbox.features(discount_percent=15)
    checked.get("/sms/rates/packs", {"country": "be"})
    checked.get("/order/sms/{serviceName}/credits", {"quantity": 250})
    order = checked.call("POST", "/order/sms/{serviceName}/credits", {"quantity": 250})["orderId"]
    sandbox.features(discount_percent=0)
    checked.get("/me/order/{orderId}", orderId=order)
    methods = checked.get("/me/order/{orderId}/paymentMethods", orderId=order)
    assert methods["registered"] == [default]
    checked.call("POST", "/me/order/{orderId}/pay", {"paymentMethod": {"id": default}}, orderId=order)
    for _ in range(3):
        checked.get("/me/order/{orderId}/status", orderId=order)
        sandbox.clock(advance=31)
    checked.call("POST", f"{S}/transferCredits", {"credits": 10.5, "smsAccountTarget": "sms-sb00001-2"})
    for amount in (100, None):
        settings = {"automaticRecreditAmount": amount, "creditThresholdForAutomaticRecredit": 10}
        checked.call("PUT", S, settings)
        checked.get(S)


@pytest.fixture(scope="module")
def checked(
    contract_sandbox: SandboxProcess, answers_described: Described, requests_described: Described
) -> Iterator[Checked]:
    contract_sandbox.reset()
    found = Checked(Signed(contract_sandbox), answers_described, requests_described)
    account_and_catalogue(found, contract_sandbox)
    lists_and_documents(found, contract_sandbox)
    messages(found, contract_sandbox)
    some_batches(found, contract_sandbox, RECEIVERS)
    replies(found, contract_sandbox)
    credits_and_orders(found, contract_sandbox)
    payments_and_transfers(found, contract_sandbox)
    return found


def implemented() -> set[tuple[str, str]]:
    return {(method, route.path) for module in ROUTERS for route in module.router.routes for method in route.methods}


def test_every_operation_that_the_sandbox_has_is_one_of_ovh(answers_described: Described) -> None:
    assert implemented() <= answers_described.operations
    assert len(implemented()) >= 45


def test_every_operation_was_validated(checked: Checked) -> None:
    validated = {(method, template) for method, template, _, _ in checked.seen}
    assert implemented() == validated
    assert len(checked.seen) > 120


def test_all_states_of_a_message_were_among_them(checked: Checked) -> None:
    shown = [
        body for _, template, _, body in checked.seen if template.endswith(("/outgoing/{id}", "/jobs/{id}")) and body
    ]
    assert {body["deliveryReceipt"] for body in shown} == {0, 1, 2, 4, 8, 16}
    assert {body["deliveredAt"] is None for body in shown} == {True, False}


def broken(body: Any) -> Iterator[Any]:
    """Answers that are wrong: a field of another type, a field too few, a field too many."""
    if isinstance(body, dict):
        for name in body:
            yield {key: value for key, value in body.items() if key != name}
        yield {**body, "invented": 1}
        for name, value in body.items():
            yield {**body, name: {"no": "such"} if not isinstance(value, dict) else 5}
    elif isinstance(body, list):
        yield {"no": "list"}
        if body:
            yield [*body, 5 if isinstance(body[0], str | dict) else "x"]
    else:
        yield {"no": "such"}


def test_broken_answers_are_found(checked: Checked) -> None:
    described = {(method, template): (path, body) for method, template, path, body in checked.seen if body is not None}
    assert len(described) >= 30
    tried = 0
    for (method, template), (path, body) in described.items():
        for wrong in broken(body):
            with pytest.raises(OpenAPIError):
                checked.answers.check_answer(method, template, path, json.dumps(wrong).encode())
            tried += 1
    assert tried > 300


def test_pages_hold_the_objects_ovh_describes(checked: Checked) -> None:
    headers = {"X-Pagination-Mode": "CachedObjectList-Pages", "X-Pagination-Size": "20"}
    for name, single in (("outgoing", "id"), ("incoming", "id"), ("senders", "sender"), ("receivers", "slotId")):
        path = f"/sms/sms-sb00001-1/{name}"
        rows = checked.api.get(path, headers=headers).json
        assert rows
        for row in rows:
            content = json.dumps(row).encode()
            checked.answers.check_answer("GET", f"{S}/{name}/{{{single}}}", f"{path}/{row[single]}", content)
