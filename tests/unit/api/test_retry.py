from __future__ import annotations

from dataclasses import replace

import pytest

from ovh_sms.api.retry import RetryPolicy, call_with_retries, is_worth_retrying, retry_after_seconds, seconds_to_wait
from ovh_sms.errors import (
    AuthenticationError,
    MissingRight,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from support.fake_clock import START, FakeClock

POLICY = RetryPolicy(total_seconds=100, first_wait=1, longest_wait=8)


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (Unavailable("x"), True),
        (RateLimited("x"), True),
        (OutcomeUnknown("x"), False),
        (RequestRefused("x"), False),
        (NotFound("x"), False),
        (MissingRight("x"), False),
        (AuthenticationError("x"), False),
        (ValueError("x"), False),
    ],
)
def test_only_an_unavailable_ovh_is_worth_another_try(error: Exception, worth: bool) -> None:
    assert is_worth_retrying(error) is worth


def test_waits_double_up_to_the_longest_and_are_jittered() -> None:
    waits = [seconds_to_wait(n, Unavailable("x"), POLICY, jitter=1) for n in range(1, 7)]
    assert waits == [1, 2, 4, 8, 8, 8]
    assert [seconds_to_wait(n, None, POLICY, jitter=0) for n in (1, 2)] == [0.5, 1]
    assert seconds_to_wait(10_000, None, POLICY, jitter=1) == 8


def test_retry_after_wins_over_the_longest_wait() -> None:
    assert seconds_to_wait(1, RateLimited("x", retry_after=40), POLICY, jitter=0) == 40
    assert seconds_to_wait(1, RateLimited("x", retry_after=40), POLICY, jitter=1) == pytest.approx(44)
    assert seconds_to_wait(1, RateLimited("x"), POLICY, jitter=1) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("12", 12),
        (" 0 ", 0),
        ("-3", None),
        ("soon", None),
        ("Tue, 03 Mar 2026 10:00:30 GMT", 30),
        ("Tue, 03 Mar 2026 09:00:00 GMT", 0),
        ("²", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=START) == seconds


def tries_until(
    answers: list[Exception | str], policy: RetryPolicy = POLICY, *, seconds_each: float = 0
) -> tuple[object, int, list[float]]:
    left, clock = list(answers), FakeClock()

    def attempt() -> str:
        clock.advance(seconds_each)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    try:
        result: object = call_with_retries(attempt, name="GET /sms", policy=policy, clock=clock)
    except Exception as error:
        result = error
    return result, len(answers) - len(left), clock.sleeps


def test_a_read_is_tried_until_it_works() -> None:
    result, tries, waits = tries_until([Unavailable("a"), RateLimited("b", retry_after=3), "done"])
    assert (result, tries) == ("done", 3)
    assert 0.5 <= waits[0] <= 1
    assert 3 <= waits[1] <= 3.3


def test_a_refusal_ends_it_at_once() -> None:
    refusal = NotFound("x")
    assert tries_until([refusal, "never"]) == (refusal, 1, [])


def test_a_wait_beyond_the_total_time_does_not_start_and_the_last_error_is_raised() -> None:
    limit = RateLimited("x", retry_after=500)
    assert tries_until([limit, "never"]) == (limit, 1, [])


def test_a_read_ends_once_its_time_is_over() -> None:
    policy = RetryPolicy(total_seconds=10, first_wait=1, longest_wait=1)
    away = Unavailable("x")
    result, tries, sleeps = tries_until([away] * 50, policy)
    assert result is away
    assert 10 <= tries <= 20
    assert sum(sleeps) < 10
    assert tries_until([away] * 50, replace(policy, total_seconds=8), seconds_each=4)[1] == 2
    assert tries_until([away] * 50, RetryPolicy(total_seconds=0))[1] == 1
