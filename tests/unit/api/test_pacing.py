from __future__ import annotations

import pytest

from ovh_sms.api.pacing import TokenBucket


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.mark.parametrize("per_minute", [1, 5, 6, 11, 12, 60, 600])
@pytest.mark.parametrize("idle", [0.0, 45.0, 1000.0])
def test_no_sixty_seconds_hold_more_calls_than_allowed(per_minute: int, idle: float) -> None:
    time = Time()
    bucket = TokenBucket(per_minute, clock=time.clock, sleep=time.sleep)
    moments = []
    for number in range(per_minute * 4):
        if number == per_minute:
            time.now += idle  # a pause, then a rush
        bucket.acquire()
        moments.append(time.now)
    for first in moments:
        assert sum(first <= moment < first + 60 - 1e-6 for moment in moments) <= per_minute


def test_a_short_burst_does_not_wait_and_a_long_one_reaches_the_rate() -> None:
    time = Time()
    bucket = TokenBucket(60, clock=time.clock, sleep=time.sleep)
    assert [bucket.acquire() for _ in range(10)] == [0.0] * 10
    assert bucket.acquire() == pytest.approx(60 / 50)
    start = time.now
    for _ in range(500):
        bucket.acquire()
    assert time.now - start == pytest.approx(600)  # never slower than 50 in a minute
