from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ovh_sms.api.calls import Call, path_part, query_string
from ovh_sms.errors import ConfigurationError

NUMBER = "+33639980001"


def test_a_path_is_percent_encoded_and_shown_without_what_it_names() -> None:
    call = Call("GET", "/sms/{account}/blacklists/{number}", {"account": "sms-xx-1", "number": NUMBER})
    assert call.path == "/sms/sms-xx-1/blacklists/%2B33639980001"
    assert call.shown == "GET /sms/sms-xx-1/blacklists/*"
    assert NUMBER not in repr(call)


@pytest.mark.parametrize(
    ("name", "written"), [("My Shop", "My%20Shop"), ("été", "%C3%A9t%C3%A9"), ("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c")]
)
def test_names_with_special_characters_stay_one_part(name: str, written: str) -> None:
    assert path_part("sender", name) == written


def test_several_ids_are_joined_by_plain_commas() -> None:
    assert path_part("outgoing", [1, 2, 3]) == "1,2,3"
    assert path_part("number", ["+1", "a,b"]) == "%2B1,a%2Cb"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_part_that_leads_elsewhere_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="sender"):
        path_part("sender", value)


def test_query_drops_none_and_writes_booleans_dates_and_blanks_as_ovh_reads_them() -> None:
    moment = datetime(2026, 3, 3, 10, 0, 0, 123, tzinfo=UTC)
    written = query_string(
        {"tag": "a b&c", "ptt": None, "deliveryReceipt": 0, "on": True, "creationDatetime.from": moment}
    )
    assert written == "tag=a+b%26c&deliveryReceipt=0&on=true&creationDatetime.from=2026-03-03T10%3A00%3A00%2B00%3A00"


def test_a_date_without_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="zone"):
        query_string({"from": datetime(2026, 3, 3)})  # noqa: DTZ001


def test_a_body_drops_none_but_keeps_false_and_zero() -> None:
    call = Call("POST", "/x", body={"a": None, "b": False, "c": 0})
    assert call.payload == {"b": False, "c": 0}
    assert Call("GET", "/x").payload is None


@pytest.mark.parametrize(
    ("method", "safe", "write"),
    [
        ("GET", False, False),
        ("POST", False, True),
        ("POST", True, False),
        ("PUT", False, True),
        ("DELETE", False, True),
    ],
)
def test_everything_but_a_read_and_a_safe_post_is_a_write(method: str, safe: bool, write: bool) -> None:
    assert Call(method, "/x", safe=safe).is_write is write
