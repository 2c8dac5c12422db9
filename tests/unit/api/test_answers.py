from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ovh_sms.api.answers import Answer, Fields, UnreadableAnswerError


def answer(body: str, kind: str = "application/json") -> Answer:
    return Answer(200, {"Content-Type": kind}, body.encode())


def test_dates_are_read_into_utc_with_or_without_offset() -> None:
    fields = Fields(
        {"paris": "2026-07-01T10:00:00+02:00", "zulu": "2026-07-01T08:00:00Z", "bare": "2026-07-01T08:00:00"}
    )
    expected = datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert [fields.moment(name) for name in ("paris", "zulu", "bare")] == [expected] * 3
    assert fields.optional_moment("none") is None


@pytest.mark.parametrize(
    ("read", "data"),
    [
        ("text", {"x": 1}),
        ("text", {}),
        ("integer", {"x": "1"}),
        ("integer", {"x": True}),
        ("integer", {"x": 1.5}),
        ("number", {"x": "1"}),
        ("number", {"x": False}),
        ("moment", {"x": "yesterday"}),
        ("object", {"x": []}),
        ("integers", {"x": None}),
        ("integers", {"x": [1, "2"]}),
        ("texts", {"x": "abc"}),
    ],
)
def test_a_field_of_another_kind_is_unreadable_and_its_value_is_not_told(
    read: str, data: dict[str, object]
) -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        getattr(Fields(data), read)("x")
    assert "'x'" in str(caught.value) or "object" in str(caught.value)
    assert "yesterday" not in str(caught.value)


def test_nothing_is_an_empty_body_or_null_and_nothing_else() -> None:
    answer("").nothing()
    answer("null").nothing()
    with pytest.raises(ValueError, match="empty body"):
        answer("{}").nothing()
    with pytest.raises(ValueError, match="Expecting value"):
        answer("<html>").nothing()


def test_text_is_json_or_what_says_that_it_is_text() -> None:
    assert answer('"a;b"').text() == "a;b"
    assert answer("number\n1", "text/csv; charset=utf-8").text() == "number\n1"
    with pytest.raises(UnreadableAnswerError):
        answer("[]").text()


def test_lists() -> None:
    assert answer("[1, 2]").integers() == [1, 2]
    assert answer('["a"]').texts() == ["a"]
    with pytest.raises(UnreadableAnswerError):
        answer('{"a": 1}').integers()
    assert [one.integer("a") for one in answer('[{"a": 1}]').objects()] == [1]
