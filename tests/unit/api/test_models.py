from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ovh_sms.api.answer import Answer, describe_unreadable, ids, names, nothing, text
from ovh_sms.api.models import Account, Document, OutgoingMessage, Rate, Rights, SubmissionResult

SECRET = "+33639980001"

MESSAGE = {
    "id": 7,
    "receiver": SECRET,
    "message": "Bonjour",
    "creationDatetime": "2026-07-01T10:00:00+02:00",
    "differedDelivery": 0,
    "numberOfSms": 2,
    "credits": 2,
    "deliveryReceipt": 1,
    "ptt": 4,
}


def answer(body: Any, kind: str = "application/json") -> Answer:
    content = body if isinstance(body, str) else json.dumps(body)
    return Answer(200, {"Content-Type": kind}, content.encode())


@pytest.mark.parametrize("written", ["2026-07-01T10:00:00+02:00", "2026-07-01T08:00:00Z", "2026-07-01T08:00:00"])
def test_dates_come_back_aware_in_utc(written: str) -> None:
    message = OutgoingMessage.read(answer(MESSAGE | {"creationDatetime": written}))
    assert message.created == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert message.created.tzinfo is UTC


def test_half_an_emoji_of_a_message_that_was_cut_is_readable() -> None:
    halved = json.dumps(MESSAGE | {"message": "Bonjour \ud83d"})
    assert OutgoingMessage.read(answer(halved)).message == "Bonjour ?"
    assert OutgoingMessage.read(answer(json.dumps(MESSAGE | {"message": "\U0001f600"}))).message == "\U0001f600"
    assert names(answer(json.dumps(["\ud83d"]))) == ["?"]


def test_null_counts_as_missing() -> None:
    nulls = {"message": None, "sender": None, "tag": None, "sentAt": None}
    message = OutgoingMessage.read(answer(MESSAGE | nulls))
    assert (message.message, message.sender, message.tag, message.sent_at) == ("", "", "", None)
    account = {"name": "a", "status": "enable", "creditsLeft": 1}
    assert Account.read(answer(account | {"creditsHoldByQuota": None})).credits_held == 0.0
    recredit = [Account.read(answer(account | {"automaticRecreditAmount": each})) for each in (None, 100)]
    assert [each.is_recredited for each in recredit] == [False, True]
    with pytest.raises(ValueError, match="creditsLeft"):
        Account.read(answer(account | {"creditsLeft": None}))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("receiver", 1),
        ("receiver", None),
        ("id", "7"),
        ("id", True),
        ("id", 7.5),
        ("id", 7.0),
        ("credits", "1"),
        ("credits", False),
        ("credits", float("nan")),
        ("creationDatetime", "yesterday"),
        ("creationDatetime", 1_700_000_000),
        ("tag", []),
    ],
)
def test_a_field_of_another_type_is_unreadable_and_its_value_is_not_shown(field: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        OutgoingMessage.read(answer(MESSAGE | {field: wrong}))
    assert describe_unreadable(caught.value) == f"wrong or missing: {field}"
    for shown in (str(caught.value), repr(caught.value)):
        assert "yesterday" not in shown
        assert SECRET not in shown


@pytest.mark.parametrize("name", [name for name in MESSAGE if name != "message"])
def test_a_missing_field_is_unreadable(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        OutgoingMessage.read(answer({key: value for key, value in MESSAGE.items() if key != name}))


def test_fields_within_fields_are_named_by_their_path() -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Rate.read(answer({"country": "fr", "credit": 1, "price": {"value": "1"}}))
    assert describe_unreadable(caught.value) == "wrong or missing: price.currencyCode, price.value"
    with pytest.raises(ValueError, match=r"rules\.0\.path"):
        Rights.read(answer({"rules": [{"method": "GET"}], "status": "x"}))


def test_numbers_messages_and_signed_addresses_are_not_printed() -> None:
    result = {"ids": [1], "validReceivers": [SECRET], "invalidReceivers": [SECRET], "totalCreditsRemoved": 1}
    document = {"id": "i", "name": "n", "size": 1, "creationDate": "2026-07-01T08:00:00Z"}
    signed = {"getUrl": "https://signed", "putUrl": "https://signed"}
    for shown in (
        OutgoingMessage.read(answer(MESSAGE)),
        SubmissionResult.read(answer(result)),
        Document.read(answer(document | signed)),
    ):
        for text_of_it in (repr(shown), str(shown)):
            assert not [secret for secret in (SECRET, "Bonjour", "signed") if secret in text_of_it]


@pytest.mark.parametrize("body", ["", "null", "[]", '"text"', "<html>", "5"])
def test_a_body_that_is_no_object_is_unreadable(body: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Account.read(answer(body))
    said = describe_unreadable(caught.value)
    assert said == ("its body is no JSON" if body in ("", "<html>") else "wrong or missing: body")


def test_nothing_is_an_empty_body_or_null() -> None:
    nothing(answer(""))
    nothing(answer("null"))
    for body in ("{}", "<html>"):
        with pytest.raises(ValueError, match="empty body"):
            nothing(answer(body))


def test_text_is_a_json_string_or_declared_as_text() -> None:
    assert text(answer('"a;b"')) == "a;b"
    assert text(answer("number\n1", "text/csv; charset=utf-8")) == "number\n1"
    for wrong in (answer("[]"), Answer(200, {"Content-Type": "text/csv"}, b"\xff")):
        with pytest.raises(ValueError, match=r"."):
            text(wrong)


@pytest.mark.parametrize("body", ['{"a": 1}', "null", '[1, "2"]', "[true]", "[1.5]", '"abc"'])
def test_lists_are_exact(body: str) -> None:
    assert ids(answer("[1, 2]")) == [1, 2]
    assert ids(answer("[2, 1, 2]")) == [2, 1]  # one that is listed twice must not count twice
    assert names(answer('["a"]')) == ["a"]
    for read in (ids, names):
        with pytest.raises(ValueError, match=r"."):
            read(answer(body))
