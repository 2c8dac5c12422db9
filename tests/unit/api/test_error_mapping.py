from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ovh_sms.api.answer import Answer
from ovh_sms.api.calls import Call
from ovh_sms.api.error_mapping import error_from_answer, error_from_unreadable, without_numbers
from ovh_sms.errors import (
    AccountExpired,
    ApiError,
    AuthenticationError,
    MissingRight,
    NotFound,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from support.fake_clock import START

SEND = Call("POST", "/sms/{account}/jobs", {"account": "sms-xx-1"})
QUERY_ID = {"X-OVH-QUERYID": "EU.ext-1"}
READ = Call("GET", "/sms/{account}/outgoing/{outgoing}", {"account": "sms-xx-1", "outgoing": 7})


def mapped(call: Call, status: int, body: Any, headers: Mapping[str, str] | None = None) -> ApiError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_from_answer(call, Answer(status, QUERY_ID if headers is None else headers, content), now=START)


@pytest.mark.parametrize("call", [SEND, READ])
@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (403, "INVALID_KEY", "Application key"),
        (403, "INVALID_CREDENTIAL", "Consumer key"),
        (403, "NOT_CREDENTIAL", "Consumer key"),
        (400, "INVALID_SIGNATURE", "Application secret"),
        (400, "QUERY_TIME_OUT", "clock"),
    ],
)
def test_wrong_keys_name_the_field_to_check(call: Call, status: int, code: str, word: str) -> None:
    error = mapped(call, status, {"errorCode": code, "httpCode": f"{status} X", "message": "no"})
    assert type(error) is AuthenticationError
    assert word in error.action
    assert error.code == code


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (401, {"class": "Client::Unauthorized", "message": "Invalid or expired access token"}, "keys"),
        (401, {"error": "invalid_client"}, "OAuth2 client"),
        (400, {"error": "invalid_client"}, "OAuth2 client"),
        (401, b"<html>no</html>", "keys"),
        (400, {"message": "Query out of time"}, "clock"),
        (403, {"class": "Client::Forbidden", "message": "Query out of time"}, "clock"),
    ],
)
def test_other_answers_about_wrong_keys(status: int, body: Any, word: str) -> None:
    error = mapped(READ, status, body)
    assert type(error) is AuthenticationError
    assert word in error.action


@pytest.mark.parametrize(
    "body",
    [
        {"errorCode": "NOT_GRANTED_CALL", "httpCode": "403 Forbidden", "message": "This call has not been granted"},
        {"class": "Client::Forbidden", "message": "User not granted for this request"},
    ],
)
def test_a_missing_right_is_named_by_rule_and_by_action(body: Any) -> None:
    error = mapped(SEND, 403, body)
    assert type(error) is MissingRight
    assert "`POST /sms/sms-xx-1/jobs`" in str(error)
    assert "sms:apiovh:jobs/create" in str(error)
    assert "`GET /sms/sms-xx-1/outgoing/*`" in str(mapped(READ, 403, body))


def test_a_403_with_a_class_only_is_a_refusal_with_ovhs_text() -> None:
    message = "Sms sender NOBODY does not exists. Please create it first"
    error = mapped(SEND, 403, {"class": "Client::Forbidden", "message": message}, {"X-OVH-QUERYID": "EU.ext-1"})
    assert type(error) is RequestRefused
    assert message in str(error)
    assert (error.status, error.code, error.query_id) == (403, "Client::Forbidden", "EU.ext-1")
    assert "EU.ext-1" in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefused),
        (402, OutOfCredits),
        (404, NotFound),
        (409, RequestRefused),
        (413, RequestRefused),
        (460, AccountExpired),
    ],
)
@pytest.mark.parametrize(
    "body", [{"class": "Client::Any", "message": "said"}, {"errorCode": "ANY", "httpCode": "4xx", "message": ""}]
)
def test_4xx_of_ovh_itself_is_refused(status: int, kind: type[ApiError], body: Any) -> None:
    for call in (SEND, READ):
        error = mapped(call, status, body)
        assert type(error) is kind
        # OVH does not document how it refuses for credits, which a first request may have used up.
        assert error.was_executed is (None if call is SEND and kind in (RequestRefused, OutOfCredits) else False)
        assert error.action
        assert error.status == status


def test_a_refusal_has_a_sentence_without_technical_details() -> None:
    body = {"class": "Client::PaymentRequired", "message": "Not enough credits: 100 needed, 3 left"}
    error = mapped(SEND, 402, body, {"X-OVH-QUERYID": "EU.ext-1"})
    assert error.plain == "OVH refused the request: the account holds too few credits"
    assert "Not enough credits: 100 needed, 3 left" in error.what
    assert "POST /sms/sms-xx-1/jobs" in error.what
    assert error.what.endswith("(HTTP 402, Client::PaymentRequired, query id EU.ext-1)")
    unknown = mapped(SEND, 403, {"class": "Client::Forbidden", "message": "No sender X"}, {"X-OVH-QUERYID": "EU.ext-1"})
    assert unknown.plain == "OVH refused the request: No sender X"


FOREIGN = [
    {"message": "said"},
    {"class": "Client::Any"},
    {"class": "", "errorCode": 5, "message": "said"},
    b"<html>",
    b"",
    [1],
    "text",
    {"message": 5},
    b"\xff",
]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 409, 413, 429, 451, 460])
@pytest.mark.parametrize("body", FOREIGN)
def test_4xx_that_is_not_ovhs_own_leaves_the_outcome_of_a_write_unknown(status: int, body: Any) -> None:
    error = mapped(SEND, status, body)
    assert type(error) is OutcomeUnknown
    assert error.was_executed is None
    assert error.status == status
    assert "not OVH's own" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 460])
@pytest.mark.parametrize("headers", [{}, {"X-OVH-QUERYID": " "}])
def test_4xx_without_a_query_id_leaves_the_outcome_of_a_write_unknown(status: int, headers: dict[str, str]) -> None:
    assert type(mapped(SEND, status, {"class": "Client::Any", "message": "said"}, headers)) is OutcomeUnknown


@pytest.mark.parametrize("status", [400, 404, 407, 409, 413, 451, 460])
@pytest.mark.parametrize("body", FOREIGN)
def test_a_read_refused_by_a_proxy_says_so_and_proves_nothing_about_the_object(status: int, body: Any) -> None:
    # NotFound would say that OVH does not know the message
    error = mapped(READ, status, body, {})
    assert type(error) is RequestRefused
    assert "not OVH's own" in str(error)
    assert "proxy" in error.action


def test_a_proxy_that_strips_the_query_id_leaves_reads_as_they_are() -> None:
    body = {"class": "Client::NotFound", "message": "This message does not exist"}
    assert type(mapped(READ, 404, body, {})) is NotFound


@pytest.mark.parametrize("status", [302, 307, 408, 500, 502, 503, 504, 599])
def test_an_undecided_call_may_be_repeated_only_if_it_is_a_read(status: int) -> None:
    assert type(mapped(SEND, status, {"message": "x"})) is OutcomeUnknown
    assert type(mapped(READ, status, b"<html>bad gateway</html>")) is Unavailable
    assert type(mapped(Call("POST", "/sms/estimate", safe=True), status, b"")) is Unavailable


@pytest.mark.parametrize(
    ("headers", "seconds", "words"), [({"Retry-After": "17"}, 17, "in 17 s"), ({}, None, "in a minute")]
)
def test_a_rate_limit_says_for_a_write_that_a_proxy_may_have_repeated_it(
    headers: dict[str, str], seconds: float | None, words: str
) -> None:
    said = {"class": "Client::TooManyRequests", "message": "slow down"}
    error = mapped(SEND, 429, said, {**QUERY_ID, **headers})
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds
    assert words in str(error)
    assert "not executed" in str(error)
    assert error.was_executed is None
    assert mapped(READ, 429, said, QUERY_ID).was_executed is False


def test_an_unreadable_answer_is_unknown_for_a_write_and_another_try_for_a_read() -> None:
    answer = Answer(200, {"X-OVH-QUERYID": "q"}, b"+33639980001")
    written = error_from_unreadable(SEND, answer, ValueError("an empty body was expected"))
    assert type(written) is OutcomeUnknown
    assert written.query_id == "q"
    assert "39980001" not in str(written)
    assert type(error_from_unreadable(READ, answer, ValueError("wrong"))) is Unavailable


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Invalid receiver +33639980001", "Invalid receiver …01"),
        ("0033639980001,33639980002 and 0639980003", "…01,…02 and …03"),
        ("error on line 12345", "error on line 12345"),
        ("sms-ab12345-1 has 100000 credits", "sms-ab12345-1 has 100000 credits"),
        ("Invalid https://a.example/ovhcb_a-0639980003_b/x", "Invalid https://a.example/***/x"),
    ],
)
def test_phone_numbers_and_secrets_in_ovhs_words_are_hidden(said: str, shown: str) -> None:
    assert without_numbers(said) == shown
    assert shown in str(mapped(SEND, 400, {"class": "Client::BadRequest", "message": said}))
