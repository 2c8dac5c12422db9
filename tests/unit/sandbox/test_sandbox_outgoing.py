"""Sent messages: filters, batches, pages, exports."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Answer, Signed, get_file

OUTGOING = f"{ACCOUNT}/outgoing"
DAY = 86_400
RECEIVERS = [f"+336399{number:05d}" for number in range(80_000, 80_060)]


def post(api: Signed, receivers: list[str], **about: Any) -> None:
    body = {"message": "Hello; you", "sender": "MYSHOP", "receivers": receivers, **about}
    assert api.post(JOBS, body).status == 200


@pytest.fixture
def sent(api: Signed, sandbox: SandboxProcess) -> Signed:
    sandbox.account(senders={"OTHER": "enable"})
    post(api, RECEIVERS[:40], tag="one")
    sandbox.clock(advance=DAY)
    post(api, RECEIVERS[30:], tag="two", sender="OTHER", noStopClause=True, differedPeriod=5)
    sandbox.clock(advance=3 * DAY)
    return api


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, 70),
        ({"tag": "one"}, 40),
        ({"tag": "two"}, 30),
        ({"tag": "three"}, 0),
        ({"sender": "OTHER"}, 30),
        ({"receiver": RECEIVERS[30]}, 2),
        ({"receiver": RECEIVERS[30], "tag": "two"}, 1),
        ({"differedDelivery": 5}, 30),
        ({"differedDelivery": 0}, 40),
        ({"creationDatetime__from": "2026-03-04T00:00:00+01:00"}, 30),
        ({"creationDatetime__to": "2026-03-03T09:00:00Z"}, 40),
        ({f"creationDatetime__{end}": f"2026-03-03T{at}:00:00" for end, at in (("from", 10), ("to", 23))}, 40),
        ({"deliveryReceipt": 0}, 0),
        ({"batchID": "00000000-0000-4000-8000-000000000000"}, 0),
        ({"messageID": "00000000-0000-4000-8000-000000000000"}, 0),
    ],
)
def test_filters(sent: Signed, filters: dict[str, Any], found: int) -> None:
    answer = sent.get(OUTGOING, **filters)
    assert answer.status == 200
    assert len(set(answer.json)) == len(answer.json) == found


def test_filters_on_what_became_of_a_message(sent: Signed, sandbox: SandboxProcess) -> None:
    truth = sandbox.truth()
    delivered, failed = (sent.get(OUTGOING, deliveryReceipt=receipt).json for receipt in (1, 2))
    assert len(delivered) == truth["delivered"]
    assert sent.get(OUTGOING, ptt=4).json == delivered
    assert not set(delivered) & set(failed)
    one = sent.get(f"{OUTGOING}/{delivered[0]}").json
    assert (one["deliveryReceipt"], one["ptt"]) == (1, 4)
    assert sent.get(OUTGOING, messageID=one["messageID"]).json == [one["id"]]


@pytest.mark.parametrize("wrong", [{"creationDatetime__from": "yesterday"}, {"ptt": "four"}, {"batchID": "x"}])
def test_a_filter_that_makes_no_sense_is_refused(sent: Signed, wrong: dict[str, Any]) -> None:
    assert sent.get(OUTGOING, **wrong).status == 400


def test_a_deleted_message_is_gone_from_the_history_only(sent: Signed, sandbox: SandboxProcess) -> None:
    first = sent.get(OUTGOING, tag="one").json[0]
    assert sent.delete(f"{OUTGOING}/{first}").content == b"null"
    assert sent.get(f"{OUTGOING}/{first}").status == 404
    assert len(sent.get(OUTGOING, tag="one").json) == 39
    assert sandbox.truth("one")["accepted"] == 40


def batch(api: Signed, ids: list[Any], separator: str = ",") -> Answer:
    return api.get(f"{OUTGOING}/{separator.join(map(str, ids))}", headers={"X-Ovh-Batch": separator})


@pytest.mark.parametrize("separator", [",", "|"])
def test_a_batch_answers_for_each_key(sent: Signed, separator: str) -> None:
    ids = sent.get(OUTGOING, tag="one").json[:3]
    answer = batch(sent, [*ids, 1], separator).json
    assert [entry["key"] for entry in answer] == [*map(str, ids), "1"]
    assert [entry["value"]["id"] for entry in answer[:3]] == ids
    assert all(entry["error"] is None for entry in answer[:3])
    assert (answer[3]["value"], answer[3]["error"]["class"]) == (None, "Client::NotFound")


def test_a_batch_can_be_switched_off(sent: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(batch_header=False)
    assert batch(sent, sent.get(OUTGOING, tag="one").json[:3]).status == 400


def page(
    api: Signed, path: str, *, size: int, number: int = 1, more: dict[str, str] | None = None, **query: Any
) -> Answer:
    headers = {"X-Pagination-Mode": "CachedObjectList-Pages", "X-Pagination-Size": str(size)}
    return api.get(path, headers={**headers, "X-Pagination-Number": str(number), **(more or {})}, **query)


def test_pages_hold_objects_and_their_number(sent: Signed) -> None:
    first = page(sent, OUTGOING, size=25, tag="one")
    second = page(sent, OUTGOING, size=25, number=2, tag="one")
    assert {name: first.headers[f"x-pagination-{name}"] for name in ("elements", "number", "size", "total")} == {
        "elements": "40",
        "number": "1",
        "size": "25",
        "total": "2",
    }
    assert [len(first.json), len(second.json)] == [25, 15]
    ids = [message["id"] for message in first.json + second.json]
    assert ids == sent.get(OUTGOING, tag="one").json
    assert first.json[0] == sent.get(f"{OUTGOING}/{ids[0]}").json


def test_pages_can_be_sorted_and_filtered(sent: Signed) -> None:
    order = {"X-Pagination-Sort": "receiver", "X-Pagination-Sort-Order": "DESC"}
    shown = page(sent, OUTGOING, size=100, more={**order, "X-Pagination-Filter": "tag:eq=two&ptt:le=4"})
    receivers = [message["receiver"] for message in shown.json]
    assert receivers == sorted(receivers, reverse=True)
    assert len(receivers) == len(sent.get(OUTGOING, tag="two", ptt=4).json) > 0
    assert page(sent, OUTGOING, size=1, more={"X-Pagination-Filter": "nonsense"}).status == 400
    assert page(sent, OUTGOING, size=1, more={"X-Pagination-Sort": "nonsense"}).status == 400
    assert page(sent, OUTGOING, size=0).status == 400


def test_short_lists_have_pages_too(sent: Signed) -> None:
    names = page(sent, f"{ACCOUNT}/senders", size=3, more={"X-Pagination-Sort": "sender"})
    assert [sender["sender"] for sender in names.json] == ["MYSHOP", "OTHER", "REFUSED"]
    assert (names.headers["x-pagination-elements"], names.headers["x-pagination-total"]) == ("4", "2")
    waiting = page(sent, f"{ACCOUNT}/senders", size=5, more={"X-Pagination-Filter": "status:eq=waitingValidation"})
    assert [sender["sender"] for sender in waiting.json] == ["WAITING"]


def test_pages_can_be_switched_off(sent: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(pagination=False)
    answer = page(sent, OUTGOING, size=1, tag="one")
    assert len(answer.json) == 40
    assert "x-pagination-elements" not in answer.headers


def export(api: Signed, sandbox: SandboxProcess, **filters: Any) -> list[dict[str, str]]:
    document = api.get(f"{ACCOUNT}/document", wayType="outgoing", **filters).json
    shown = api.get(f"/me/document/{document}").json
    assert (shown["size"], get_file(shown["getUrl"]).status) == (0, 404)
    sandbox.wait_until(lambda: api.get(f"/me/document/{document}").json["size"])
    content = get_file(shown["getUrl"]).content.decode()
    assert content.startswith(
        "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt\n"
    )
    return list(csv.DictReader(io.StringIO(content, newline=""), delimiter=";"))


def test_an_export_is_empty_at_first_and_holds_what_was_sent(sent: Signed, sandbox: SandboxProcess) -> None:
    post(sent, RECEIVERS[:5], tag="one", differedPeriod=60)
    rows = export(sent, sandbox, tag="one")
    assert [int(row["id"]) for row in rows] == sent.get(OUTGOING, tag="one").json
    assert {row["message"] for row in rows} == {"Hello; you\nSTOP 36111"}
    shown = sent.get(f"{OUTGOING}/{rows[0]['id']}").json
    row = rows[0]
    assert (row["receiver"], row["sender"], int(row["ptt"])) == (shown["receiver"], "MYSHOP", shown["ptt"])
    assert row["date"] == "2026-03-03 10:00:00"
    assert row["sentAt"] == shown["sentAt"][:19].replace("T", " ")
    delivered = [row for row in rows if row["ptt"] == "4"]
    assert all(row["deliveredAt"] and row["descriptionDlr"] == "Delivered" for row in delivered)
    assert all(not row["deliveredAt"] for row in rows if row["ptt"] != "4")


def test_an_export_by_date_and_in_its_other_shape(sent: Signed, sandbox: SandboxProcess) -> None:
    assert len(export(sent, sandbox, creationDatetime__from="2026-03-04T00:00:00+01:00")) == 30
    sandbox.features(document_shape="object", export_seconds=0)
    answer = sent.get(f"{ACCOUNT}/document", wayType="outgoing").json
    assert list(answer) == ["docId"]
    sandbox.wait_until(lambda: sent.get(f"/me/document/{answer['docId']}").json["size"])


def test_delivery_codes_rates_and_packs(api: Signed) -> None:
    assert api.get("/sms/ptts", ptt=23).json["duration"] == "permanent"
    assert api.get("/sms/ptts", ptt=4242).status == 404
    assert api.get("/sms/rates/destinations", country="fr").json["credit"] == 1
    tiers = api.get("/sms/rates/packs", country="fr", billingCountry="fr").json
    assert [tier["creditQuantityMin"] for tier in tiers[1:]] == [tier["creditQuantityMax"] for tier in tiers[:-1]]
    assert tiers[-1]["creditQuantityMax"] is None
    assert api.get("/sms/rates/packs", country="fr", billingCountry="us").status == 400


def test_an_unreachable_number_fails_for_good_in_every_job(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(unreachable=RECEIVERS[:1])
    for tag in ("one", "two", "three"):
        post(api, RECEIVERS[:2], tag=tag)
    sandbox.features(unreachable=[])
    post(api, RECEIVERS[:1], tag="later")
    sandbox.clock(advance=DAY)
    found = [api.get(f"{OUTGOING}/{number}").json for number in api.get(OUTGOING, receiver=RECEIVERS[0]).json]
    ends = {each["tag"]: (each["deliveryReceipt"], each["ptt"]) for each in found}
    assert {tag: ends[tag] for tag in ("one", "two", "three")} == dict.fromkeys(("one", "two", "three"), (2, 23))
    assert ends["later"] != (2, 23)
    others = [api.get(f"{OUTGOING}/{number}").json for number in api.get(OUTGOING, receiver=RECEIVERS[1]).json]
    assert {each["deliveryReceipt"] for each in others} == {1}


def test_messages_to_some_numbers_end_as_chosen(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(ends={RECEIVERS[0]: [2, 24], RECEIVERS[1]: [1, 4]})
    post(api, RECEIVERS[:2], tag="chosen")
    sandbox.features(ends={})
    sandbox.clock(advance=DAY)
    found = [api.get(f"{OUTGOING}/{number}").json for number in api.get(OUTGOING, tag="chosen").json]
    ends = {each["receiver"]: (each["deliveryReceipt"], each["ptt"]) for each in found}
    assert ends == {RECEIVERS[0]: (2, 24), RECEIVERS[1]: (1, 4)}
