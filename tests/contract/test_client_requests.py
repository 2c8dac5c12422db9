"""Every request that the client really makes, against OVH's own description of its API."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest

from contract.client_users import some_users
from contract.user_calls import user_calls
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.rights import RIGHTS, USER_RIGHTS
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import NotFound, RequestRefused
from support.fake_clock import FakeClock
from support.openapi import described
from support.sandbox import SandboxProcess
from support.signed import Signed

SPECS = Path(os.environ.get("OVH_SMS_SPECS") or Path(__file__).resolve().parents[3] / "shared" / "ovh-api")

pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(), reason=f"OVH's description of its API is not at {SPECS} (set OVH_SMS_SPECS)"
)

#: Calls that OVH's description leaves out: they belong to every API of OVH.
UNDESCRIBED = {"/auth/time", "/auth/currentCredential"}

NUMBERS = [f"+3363998{number:04d}" for number in range(60)]


@dataclass
class Recorded:
    """Requests as they left, by the session's own hook."""

    requests: list[Any] = field(default_factory=list)

    def __call__(self, response: Any, **_: Any) -> None:
        self.requests.append(response.request)


@dataclass(frozen=True)
class Descriptions:
    """OVH's descriptions, with the sandbox in the place of OVH's servers."""

    endpoint: str
    documents: list[dict[str, Any]]
    validators: list[Any]

    @classmethod
    def read(cls, endpoint: str) -> Descriptions:
        """Read them all."""
        from openapi_core import OpenAPI

        servers = [{"url": endpoint}]
        names = sorted(file.name for file in SPECS.glob("*.openapi.json"))
        documents = [{**described(name, whole=False), "servers": servers} for name in names]
        return cls(endpoint, documents, [OpenAPI.from_dict(document) for document in documents])

    def validate(self, request: Any) -> tuple[str, str]:
        """Check one request; returns the method and the path's template of the operation that it is."""
        from openapi_core.contrib.requests import RequestsOpenAPIRequest
        from openapi_core.templating.paths.exceptions import PathNotFound

        for document, validator in zip(self.documents, self.validators, strict=True):
            found = validator.unmarshal_request(RequestsOpenAPIRequest(request))
            if any(isinstance(error, PathNotFound) for error in found.errors):
                continue
            assert found.errors == [], f"{request.method} {request.url}: {found.errors}"
            method, template = self._operation(document, request)
            self._nothing_unknown(document["paths"][template][method.lower()], request)
            return method, template
        raise AssertionError(f"{request.method} {urlsplit(request.url).path} is not described")

    def _operation(self, document: dict[str, Any], request: Any) -> tuple[str, str]:
        given = urlsplit(request.url).path.removeprefix(urlsplit(self.endpoint).path).split("/")
        fitting = [
            template
            for template, methods in document["paths"].items()
            if request.method.lower() in methods and _fits(template.split("/"), given)
        ]
        return request.method, min(fitting, key=lambda template: template.count("{"))

    def _nothing_unknown(self, operation: dict[str, Any], request: Any) -> None:
        known = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        assert set(parse_qs(urlsplit(request.url).query)) <= known
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if "properties" in body:
            assert set(json.loads(request.body)) <= set(body["properties"])


def _fits(template: list[str], given: list[str]) -> bool:
    pairs = zip(template, given, strict=False)
    return len(template) == len(given) and all(one.startswith("{") or one == two for one, two in pairs)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), start=None) as process:
        yield process


@pytest.fixture(scope="module")
def requests_made(sandbox: SandboxProcess) -> list[Any]:
    """One call of each kind, in every form that the client has for it."""
    keys = sandbox.keys
    client = OvhSmsClient(
        credentials=Credentials(
            sandbox.endpoint, keys.application_key, keys.application_secret, consumer_key=keys.consumer_key
        ),
        account=sandbox.account_name,
        calls_per_minute=60_000,
        clock=FakeClock(on_sleep=lambda seconds: time.sleep(0.3)),  # an export takes one real second
    )
    recorded = Recorded()
    client._transport.session.hooks["response"].append(recorded)
    with client:
        _account(client)
        _list(client)
        _submissions(client, sandbox)
        _orders(client, sandbox)
        _callbacks(client, sandbox)
        some_users(client)
        user_calls(client, sandbox)
    return recorded.requests


def _account(client: OvhSmsClient) -> None:
    client.account.require("campaign")
    client.account.names()
    client.account.get()
    client.senders.create("Shop 2", description="Shop", reason="Our shop")
    client.senders.create("+33639980077", description="", reason="")
    client.senders.all()
    with suppress(RequestRefused):  # whether the code is right does not matter to the request
        client.senders.validate("+33639980077", "000000")
    client.jobs.estimate("Bonjour Zoé, 5 €", stop_clause=True)
    client.jobs.estimate("Bonjour", stop_clause=False, sender_type="shortcode")
    client.outgoing.operator_code(4)
    list(client.number_checks.iter(client.number_checks.create(NUMBERS[:1]).ids))
    client.number_checks.ids()
    client.rates.destination("fr")
    client.rates.packs("fr")


def _list(client: OvhSmsClient) -> None:
    document = client.documents.create("list.csv", tags={"origin": "airflow", "campaign": "été"})
    client.documents.expire(document.id, datetime.now(UTC) + timedelta(days=1))
    text = "number;prenom\n" + "".join(f"{number};Zoe\n" for number in NUMBERS)
    with urlopen(Request(document.put_url, text.encode(), method="PUT"), timeout=10) as answer:
        assert answer.status < 300
    client.documents.get(document.id)
    client.receivers.create(2, description="contract", document_id=document.id)
    client.receivers.create(3, description="contract", csv_url=client.documents.get(document.id).get_url)
    client.receivers.ids()
    client.receivers.get(2)
    client.receivers.csv(2)
    client.documents.delete(client.documents.create("empty.csv").id)


def _submissions(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    client.jobs.submit(
        SubmissionRequest(message="Bonjour #prenom#", stop_clause=True, tag="slot", slot=2, sender="MYSHOP")
    )
    held = client.jobs.submit(
        SubmissionRequest(
            message="Bonjour",
            stop_clause=False,
            tag="numbers",
            receivers=NUMBERS[:2],
            sender_for_response=True,
            delay_minutes=500_000,
            validity_minutes=2880,
            priority="veryLow",
            charset="UTF-8",
        )
    )
    document = client.documents.create("direct.csv")
    with urlopen(Request(document.put_url, f"number\n{NUMBERS[0]}\n".encode(), method="PUT"), timeout=10):
        pass
    url = client.documents.get(document.id).get_url
    client.jobs.submit(SubmissionRequest(message="A", stop_clause=False, tag="url", document_url=url, sender="MYSHOP"))
    _ovh_batches(client)
    client.jobs.pending_ids()
    client.jobs.get(held.ids[0])
    client.jobs.delete(held.ids[0])
    sandbox.clock(advance=10 * 86_400)
    for pagination in (True, False):
        sandbox.features(pagination=pagination)
        client.outgoing.count(tag="slot", delivery_receipt=1)
    since, until = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=30)
    ids = client.outgoing.ids(tag="slot", delivery_receipt=1, created_from=since, created_to=until)
    client.outgoing.get(ids[0])
    sandbox.features(batch_header=False)
    list(client.outgoing.iter(ids[:3]))
    sandbox.features(batch_header=True)
    client.outgoing.export(tag="slot", created_from=since, created_to=until)
    _replies(client, sandbox)
    client.blacklists.numbers()
    with suppress(NotFound):  # whether this person answered STOP does not matter to the request
        client.blacklists.get(NUMBERS[0])
    client.receivers.delete(2)


def _ovh_batches(client: OvhSmsClient) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    slot = SubmissionRequest(message="Bonjour", stop_clause=True, tag="ovh-slot", slot=2, sender="MYSHOP")
    client.ovh_batches.create(slot, leaves_at=later)
    numbers = SubmissionRequest(
        message="Bonjour", stop_clause=False, tag="ovh-numbers", receivers=NUMBERS[:2], sender_for_response=True
    )
    client.ovh_batches.create(numbers, leaves_at=later)
    (made,) = client.ovh_batches.named("ovh-slot")
    client.ovh_batches.get(made.id)
    client.ovh_batches.statistics(made.id)
    client.ovh_batches.cancel(made.id)


def _replies(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    since, until = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=30)
    about = {"receiver": NUMBERS[0], "text": "OUI", "account": client.account_name, "unasked": True}
    made = sandbox.ask("POST", "/replies", about)
    client.incoming.ids(created_from=since, created_to=until, tag="visit")
    client.incoming.get(made["id"])
    list(client.incoming.iter(client.incoming.ids()))


def _callbacks(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    Signed(sandbox).post(f"/sms/{client.account_name}/users", {"login": "desk", "password": "Secret01"})
    answer = {**client.callbacks.read()["smsResponse"], "responseType": "cgi", "cgiUrl": "https://shop.example/reply"}
    given = {"callBack": "https://shop.example/dlr", "stopCallBack": "https://shop.example/stop"}
    client.callbacks.change({**given, "smsResponse": answer})
    client.callbacks.change({"callBack": None, "stopCallBack": None})
    assert client.callbacks.logins() == ["desk"]
    client.callbacks.read("desk")
    client.callbacks.change(given, "desk")


def _orders(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    client.orders.quote(500)
    client.orders.create(500)
    client.orders.ids()
    assert len(client.orders.open()) == 1
    method = sandbox.payment_method()
    found = client.payments.default_method()
    assert found is not None
    assert client.payments.methods_of_order(client.orders.ids()[0]) == [found.id] == [method]
    client.payments.pay(client.orders.ids()[0], method)
    client.transfers.create(100, "sms-sb00001-2")
    client.account.set_recredit(50, 500)
    client.account.set_recredit(50, None)


@pytest.fixture(scope="module")
def descriptions(sandbox: SandboxProcess) -> Descriptions:
    return Descriptions.read(sandbox.endpoint)


def test_every_request_is_one_that_ovh_describes(requests_made: list[Any], descriptions: Descriptions) -> None:
    validated: dict[tuple[str, str], int] = {}
    for request in requests_made:
        path = urlsplit(request.url).path.removeprefix("/1.0")
        if path in UNDESCRIBED or "," in path:  # batch addressing is OVH's own secret
            continue
        operation = descriptions.validate(request)
        validated[operation] = validated.get(operation, 0) + 1
    # The CSV of a user's list is read here alone: no purpose needs it.
    assert len(validated) == len(RIGHTS) + len(USER_RIGHTS) + 1 == 68, sorted(validated)
    assert sum(validated.values()) >= 45


def test_a_request_that_ovh_does_not_describe_is_refused(requests_made: list[Any], descriptions: Descriptions) -> None:
    job = next(request for request in requests_made if request.method == "POST" and request.url.endswith("/jobs"))
    for change in (
        {"message": None},
        {"noStopClause": "yes"},
        {"priority": "urgent"},
        {"receiversSlotId": 2},
        {"unknown": 1},
    ):
        wrong = job.copy()
        body = {name: value for name, value in (json.loads(job.body) | change).items() if value is not None}
        wrong.body = json.dumps(body)
        with pytest.raises(AssertionError):
            descriptions.validate(wrong)
    wrong = job.copy()
    wrong.url = job.url.replace("/jobs", "/jobz")
    with pytest.raises(AssertionError, match="not described"):
        descriptions.validate(wrong)
