"""Waiting for a turn: one client's own queue, or one that clients share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest

from ovh_sms.api.call_rate import CallLimits
from ovh_sms.api.turn_queue import CallClass
from ovh_sms.api.turns import Turns
from ovh_sms.errors import RateLimited, StoreUnavailable
from support.fake_clock import FakeClock

T = TypeVar("T")
WRITE, CANCEL, COLLECT, POLL = CallClass
SECONDS_EACH = 61 / 50


class InMemory:
    """A queue that clients of one process share; ``broken`` cannot be used."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.stored: Mapping[str, Any] | None = None
        self.broken = False

    def change(self, step: Callable[[Mapping[str, Any] | None, float], tuple[dict[str, Any], T]]) -> T:
        if self.broken:
            raise StoreUnavailable("The database is away.")
        self.stored, result = step(self.stored, self.clock.now().timestamp())
        return result


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def queue(clock: FakeClock) -> InMemory:
    return InMemory(clock)


def turns(clock: FakeClock, queue: InMemory | None = None, per_minute: int = 60, **more: Any) -> Turns:
    return Turns(CallLimits(per_minute, more.pop("most", per_minute)), clock=clock, shared=queue, **more)


def test_clients_share_the_limit_and_one_without_a_queue_keeps_to_it_by_itself(
    clock: FakeClock, queue: InMemory
) -> None:
    for shared in (queue, None):
        own = turns(clock, shared)
        for _ in range(9):
            assert (turns(clock, shared) if shared else own).take() == 0
        assert own.take() == pytest.approx(SECONDS_EACH)


def test_a_write_takes_the_call_that_reads_leave(clock: FakeClock) -> None:
    own = turns(clock)
    for _ in range(9):
        own.take()
    assert own.take(write=True) == 0
    assert own.take(write=True) == pytest.approx(SECONDS_EACH)


def test_a_write_waits_for_30_seconds_at_most_and_a_read_as_long_as_it_takes(clock: FakeClock, queue: InMemory) -> None:
    own = turns(clock, queue, per_minute=1)
    own.take(write=True)
    with pytest.raises(RateLimited, match="OVH was not called") as caught:
        own.take(write=True)
    assert (caught.value.was_executed, clock.sleeps) == (False, [])
    assert caught.value.retry_after == pytest.approx(61)
    assert queue.stored is not None
    assert queue.stored["tickets"] == [], "it waits no more"
    assert own.take() == pytest.approx(61)


def test_a_long_wait_is_logged_with_the_calls_ahead_and_each_wait_is_reported(
    clock: FakeClock, queue: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    waits: list[float] = []
    own = turns(clock, queue, call_class=POLL, on_turn=waits.append)
    for _ in range(9):
        own.take()
    own.take()
    assert caplog.text == ""
    for number in range(12):
        turns(clock, queue)._ask(f"send {number}", write=False, waited=1.0)
    own.take()
    assert "12 calls are ahead, 12 of them of tasks that send" in caplog.text
    assert len(waits) == 11
    assert waits[8] == 0 < waits[9] < 5 < waits[10]


def test_a_long_wait_is_logged_once_a_minute(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    own = turns(clock)
    for number in range(300):
        turns(clock)._ask(f"read {number}", write=False, waited=1.0)
    own.note_answer(429, "59", write=False)
    own.take()
    assert sum("about" in record.message for record in caplog.records) == 1


def test_nobody_waits_for_a_pause_of_more_than_a_minute_that_ovh_asked_for(clock: FakeClock, queue: InMemory) -> None:
    turns(clock, queue).note_answer(429, "3600", write=False)
    for write in (False, True):
        with pytest.raises(RateLimited, match="OVH asked for a pause of 3600 s more") as caught:
            turns(clock, queue, call_class=POLL).take(write=write)
        assert (caught.value.was_executed, caught.value.retry_after) == (False, 3600)
    assert clock.sleeps == []
    assert queue.stored is not None
    assert queue.stored["tickets"] == []


def test_a_withdrawal_waits_for_its_turn_as_long_as_it_takes(clock: FakeClock, queue: InMemory) -> None:
    own = turns(clock, queue, per_minute=1, call_class=CANCEL)
    own.take(write=True)
    assert own.take(write=True) == pytest.approx(61)


def test_a_429_holds_the_calls_of_all_clients_of_the_key(clock: FakeClock, queue: InMemory) -> None:
    one, other = turns(clock, queue), turns(clock, queue)
    one.take()
    one.note_answer(429, "20", write=False)
    assert other.take(write=True) == pytest.approx(20)
    one.take(write=True)
    one.note_answer(429, "40", write=True)
    with pytest.raises(RateLimited):
        other.take(write=True)


def test_reads_that_are_answered_raise_the_rate_and_those_that_are_not_do_not(clock: FakeClock) -> None:
    for status, rises in ((200, True), (503, False)):
        own = turns(clock, most=240)
        start = clock.monotonic()
        for _ in range(800):
            own.take()
            own.note_answer(status, None, write=False)
        seconds = clock.monotonic() - start
        assert (seconds < 800) is rises, (status, seconds)


def test_clients_that_lose_the_queue_at_once_do_not_each_begin_with_a_burst(clock: FakeClock, queue: InMemory) -> None:
    clients = [turns(clock, queue, per_minute=600) for _ in range(20)]
    for each in clients:
        each.take()
    queue.broken = True
    assert min(each.take() for each in clients) > 0


def test_a_queue_that_cannot_be_used_is_logged_once_and_used_again_when_it_is_back(
    clock: FakeClock, queue: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    own = turns(clock, queue)
    queue.broken = True
    assert [own.take() for _ in range(9)] == [0.0] * 9
    assert own.take() > 0, "this client still keeps to the limit"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "for this task alone" in caplog.text
    queue.broken = False
    clock.advance(60)
    own.take()
    assert queue.stored is not None
