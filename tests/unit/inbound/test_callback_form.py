"""Callbacks are read in both spellings; what OVH does not write is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.inbound.callback_form import MalformedCallback, read_form
from ovh_sms.store.callback_records import RECEIPT, REPLY, STOP, Callback

ACCOUNT = "sms-sb00001-1"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY = b"k" * 32


def read(kind: str, *, account: str = ACCOUNT, now: datetime = NOON, **form: str) -> Callback:
    return read_form(kind, account, form, key=KEY, now=now)


@pytest.mark.parametrize("name", ["description", "dlr", "Description"])
def test_a_receipt_in_either_spelling(name: str) -> None:
    found = read(RECEIPT, id="410000004", ptt="4", date="2026-11-30 12:00:00", **{name: "1"})
    assert (found.ovh_id, found.delivery_receipt, found.ptt, found.number) == ("410000004", 1, 4, None)


def test_both_spellings_of_a_receipt_are_the_same_callback() -> None:
    assert read(RECEIPT, id="4", ptt="4", dlr="1") == read(RECEIPT, id="4", ptt="4", description="1")
    assert read(RECEIPT, id="4", ptt="4", dlr="1").key != read(RECEIPT, id="4", ptt="23", dlr="2").key


@pytest.mark.parametrize("words", ["", "Delivered"])
def test_a_receipt_in_words_beside_its_number(words: str) -> None:
    assert read(RECEIPT, id="4", ptt="4", description=words, dlr="1") == read(RECEIPT, id="4", ptt="4", dlr="1")


def test_a_reply_is_known_by_its_id_alone() -> None:
    form = {"shortcode": "38100", "tag": "t", "senderid": "+33639980001", "message": "Oui"}
    first = read(REPLY, id="600000003", **form)
    assert first == read(REPLY, id="600000003")
    assert first.number is None
    assert first.key != read(REPLY, id="600000003", account="sms-sb00001-2").key


@pytest.mark.parametrize("name", ["number", "senderid", "sender", "receiver", "msisdn"])
@pytest.mark.parametrize("number", ["+33639980001", "0033639980001", "33639980001", "0639980001"])
def test_the_number_of_a_stop(name: str, number: str) -> None:
    assert read(STOP, **{name: number}).number == "+33639980001"


def test_a_short_number_is_nobody() -> None:
    assert read(STOP, sender="36180").number is None
    assert read(STOP, sender="36180", receiver="+33639980001").number == "+33639980001"


def test_a_stop_without_any_field_is_the_same_within_a_minute() -> None:
    assert read(STOP).key == read(STOP, now=NOON + timedelta(seconds=59)).key
    assert read(STOP).key != read(STOP, now=NOON + timedelta(minutes=1)).key


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (RECEIPT, {}),
        (RECEIPT, {"id": "4"}),
        (RECEIPT, {"dlr": "1"}),
        (RECEIPT, {"id": "4", "dlr": "delivered"}),
        (RECEIPT, {"id": "4", "dlr": "3"}),
        (RECEIPT, {"id": "4", "dlr": "1", "ptt": "x"}),
        (RECEIPT, {"id": "4", "dlr": "1", "ptt": "9" * 50}),
        (RECEIPT, {"id": "4;DROP", "dlr": "1"}),
        (RECEIPT, {"id": "4" * 41, "dlr": "1"}),
        (RECEIPT, {"id": "٤", "dlr": "1"}),
        (REPLY, {}),
        (REPLY, {"id": ""}),
        (REPLY, {"id": "-1"}),
        (REPLY, {"id": "1.5"}),
        (REPLY, {"id": "9" * 19}),
        (REPLY, {"id": "４"}),
        (REPLY, {"senderid": "+33639980001", "message": "Oui"}),
    ],
)
def test_what_ovh_does_not_write_is_refused_without_its_value(kind: str, form: dict[str, str]) -> None:
    with pytest.raises(MalformedCallback) as refused:
        read_form(kind, ACCOUNT, form, key=KEY, now=NOON)
    assert str(refused.value) in ("id", "description", "dlr", "ptt")


def test_the_key_says_nothing_of_the_number() -> None:
    keys = {read_form(STOP, ACCOUNT, {"number": "+33639980001"}, key=key, now=NOON).key for key in (b"a", b"b")}
    assert len(keys) == 2
