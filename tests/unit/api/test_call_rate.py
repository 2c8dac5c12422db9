"""The rate of one key, on a clock that only the test moves."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

import pytest

from ovh_sms.api.call_rate import LEAST_PART, MOST_HOLD_SECONDS, CallLimits, CallRate

FIXED = CallLimits(60, 60)
RISING = CallLimits(60, 240)


class Key:
    """Calls one after the other, as early as the rate allows; OVH answers all of them."""

    def __init__(self, limits: CallLimits) -> None:
        self.now = 1_000_000.0
        self.limits = limits
        self.rate = CallRate(limits, self.now)
        self.made: list[float] = []

    def wait(self, *, write: bool = False) -> float:
        self.rate.adapt(self.now)
        return self.rate.wait(self.now, 1, write=write, leaves_one=False)

    def call(self, *, write: bool = False, answered: bool = True) -> float:
        """Make a call, and return the seconds that it has waited."""
        began = self.now
        while (wait := self.wait(write=write)) > 1e-6:
            self.now += wait
        self.rate.take(self.now)
        self.made.append(self.now)
        if not write and answered:
            self.rate.count_answered(1)
        self.rate = CallRate(self.limits, self.now, self.rate.stored())
        return self.now - began

    def keep_calling(self, seconds: float, **how: bool) -> None:
        end = self.now + seconds
        while self.now < end:
            self.call(**how)

    def in_a_minute(self, start: float) -> int:
        return bisect_left(self.made, start + 60 - 1e-6) - bisect_left(self.made, start)

    def most_in_a_minute(self) -> int:
        return max(self.in_a_minute(each) for each in self.made)


@pytest.mark.parametrize("per_minute", [1, 5, 6, 11, 12, 60, 600])
@pytest.mark.parametrize("idle", [0.0, 45.0, 1000.0])
def test_no_sixty_seconds_hold_more_calls_than_allowed(per_minute: int, idle: float) -> None:
    key = Key(CallLimits(per_minute, per_minute))
    for number in range(per_minute * 4):
        if number == per_minute:
            key.now += idle  # a pause, then a rush
        key.call()
    assert key.most_in_a_minute() <= per_minute


def test_a_short_burst_does_not_wait_and_a_long_one_reaches_the_rate() -> None:
    key = Key(FIXED)
    assert [key.call() for _ in range(10)] == [0.0] * 10
    assert key.call() == pytest.approx(61 / 50)
    start = key.now
    for _ in range(500):
        key.call()
    assert key.now - start == pytest.approx(610)


def test_the_rate_rises_by_a_twentieth_a_minute_while_reads_use_it_and_not_above_the_most() -> None:
    key = Key(RISING)
    limits = []
    for _ in range(60):
        key.keep_calling(61)
        limits.append(key.rate.limit)
    assert limits[0] == pytest.approx(60 + 50 * 0.05)
    assert all(after <= before * 1.05 + 0.01 for before, after in pairwise(limits))
    assert 75 < limits[10] < 100
    assert limits[-1] == 240
    assert 220 < key.most_in_a_minute() <= 240


def test_an_unused_rate_stays_and_one_that_is_used_no_more_fades() -> None:
    key = Key(RISING)
    for _ in range(20 * 40):
        key.now += 1.5  # 40 in a minute
        key.call()
    assert key.rate.limit == 60
    key.keep_calling(1200)
    risen = key.rate.limit
    assert risen > 120
    for _ in range(10 * 40):
        key.now += 1.5
        key.call()
    assert 60 < key.rate.limit < risen / 1.4
    key.now += 7200
    key.wait()
    assert key.rate.limit == 60


@pytest.mark.parametrize("how", [{"write": True}, {"answered": False}])
def test_writes_and_unanswered_reads_raise_nothing(how: dict[str, bool]) -> None:
    key = Key(RISING)
    key.keep_calling(1200, **how)
    assert key.rate.limit == 60


def test_a_write_never_uses_what_no_read_has_proved_and_waits_little_for_it() -> None:
    key = Key(RISING)
    waits, ahead_of_the_proof = [], 0
    for _ in range(40):
        key.keep_calling(45)
        ahead_of_the_proof += key.in_a_minute(key.now - 60) > key.rate.proved_limit + 1
        waits.append(key.call(write=True))
        assert key.in_a_minute(key.now - 60 + 1e-3) <= key.rate.proved_limit + 1
        assert key.rate.proved_limit <= max(60, key.most_in_a_minute() + 3)
    assert key.rate.proved_limit > 100
    assert ahead_of_the_proof > 2, "reads went ahead of it"
    assert max(waits) < 7


def test_a_429_halves_the_rate_and_nothing_goes_before_retry_after() -> None:
    key = Key(RISING)
    key.call()
    key.rate.refuse(key.now, taken_at=key.now, retry_after=17)
    assert key.rate.limit == pytest.approx(30, abs=1)
    assert key.wait(write=True) == 17
    assert key.call() == 17


def test_calls_that_were_under_way_together_halve_the_rate_once() -> None:
    key = Key(RISING)
    for seconds in (0, 0, 1):
        key.rate.refuse(key.now + seconds, taken_at=key.now - seconds, retry_after=2 + seconds)
    assert key.rate.limit == pytest.approx(30, abs=1)
    assert key.wait() == 4, "the longest Retry-After counts"
    key.call()
    key.rate.refuse(key.now, taken_at=key.now, retry_after=None)
    assert key.rate.limit == pytest.approx(15, abs=1)
    assert 0 < key.wait() < 6, "without Retry-After it goes on slowly"


def test_any_number_of_429_leaves_the_least_and_use_raises_it_again() -> None:
    key = Key(RISING)
    for _ in range(20):
        key.call()
        key.rate.refuse(key.now, taken_at=key.now, retry_after=1)
    assert 60 * LEAST_PART - 1 <= key.rate.limit <= 60 * LEAST_PART + 1
    key.keep_calling(3600)
    assert key.rate.limit >= 60


def test_after_a_429_reads_alone_find_the_way_back() -> None:
    key = Key(RISING)
    key.rate.refuse(key.now, taken_at=key.now, retry_after=1)
    key.now += 600
    halved, waits = key.rate.limit, []
    for _ in range(8):
        key.keep_calling(50)
        waits.append(key.call(write=True) * key.rate.per_second)
        assert key.in_a_minute(key.now - 60 + 1e-3) <= key.rate.proved_limit + 1
    assert max(waits) > 2, "reads went ahead of the proof"
    assert halved < key.rate.proved_limit < key.rate.limit <= 60


def test_an_absurd_retry_after_is_believed_for_an_hour() -> None:
    key = Key(FIXED)
    key.rate.refuse(key.now, taken_at=key.now, retry_after=1e9)
    assert key.wait() == MOST_HOLD_SECONDS == 3600


def test_another_number_in_the_connection_keeps_what_ovh_taught_in_proportion() -> None:
    key = Key(RISING)
    key.rate.refuse(key.now, taken_at=key.now, retry_after=1)
    doubled = CallRate(CallLimits(120, 480), key.now, key.rate.stored())
    assert doubled.limit == pytest.approx(60, abs=1)
    assert CallRate(RISING, key.now, doubled.stored()).limit == pytest.approx(30, abs=1)
