"""The order of turns, on a clock that only the test moves: each waiting call asks again as its place says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from ovh_sms.api.call_rate import CallLimits
from ovh_sms.api.turn_queue import FAIR_TURNS, GRACE_SECONDS, CallClass, TurnQueue

WRITE, CANCEL, COLLECT, POLL = CallClass
LIMITS = CallLimits(60, 60)
SECONDS_EACH = 61 / 50


@dataclass
class Waiting:
    """A call that waits; ``dead`` never asks again."""

    name: str
    kind: CallClass
    write: bool = False
    since: float = 0.0
    at: float = 0.0
    dead: bool = False


@dataclass
class Line:
    """A stored queue and the calls that ask it."""

    now: float = 1_000_000.0
    limits: CallLimits = LIMITS
    stored: str = "null"
    waiting: list[Waiting] = field(default_factory=list)
    served: list[tuple[float, str]] = field(default_factory=list)
    asked: int = 0

    def restore(self) -> TurnQueue:
        return TurnQueue.restore(json.loads(self.stored), self.limits, self.now)

    def change(self, action: Callable[[TurnQueue], Any]) -> Any:
        queue = self.restore()
        result = action(queue)
        self.stored = json.dumps(queue.stored(), allow_nan=False)
        return result

    def come(self, name: str, kind: CallClass, *, write: bool = False) -> Waiting:
        call = Waiting(name, kind, write, self.now, self.now)
        self.waiting.append(call)
        return call

    def use_up(self) -> None:
        self.change(lambda queue: queue.rate.use_up(self.now))

    def step(self) -> None:
        """Let the call ask that is next to ask."""
        call = min((each for each in self.waiting if not each.dead), key=lambda each: each.at)
        self.now = max(self.now, call.at)
        place = self.change(
            lambda queue: queue.ask(call.name, call.kind, write=call.write, waited=self.now - call.since)
        )
        self.asked += 1
        if place.is_turn:
            self.waiting.remove(call)
            self.served.append((self.now, call.name))
        else:
            call.at = self.now + place.again_in

    def run(self, seconds: float = math.inf) -> None:
        end = self.now + seconds
        while any(not each.dead for each in self.waiting):
            if min(each.at for each in self.waiting if not each.dead) > end:
                break
            self.step()
        self.now = max(self.now, end) if math.isfinite(end) else self.now

    @property
    def order(self) -> list[str]:
        return [name for _, name in self.served]


@pytest.fixture
def line() -> Line:
    line = Line()
    line.use_up()
    return line


def test_turns_go_by_class_and_within_one_in_the_order_of_arrival(line: Line) -> None:
    for kind in (POLL, COLLECT, CANCEL, WRITE):
        for number in range(3):
            line.come(f"{kind.name} {number}", kind)
            line.run(0.1)
    line.come("the write", WRITE, write=True)
    line.run()
    ordered = [f"{kind.name} {number}" for kind in (WRITE, CANCEL, COLLECT, POLL) for number in range(3)]
    assert line.order == ["the write", *ordered]
    moments = [at for at, _ in line.served]
    assert moments[-1] - moments[0] <= 13 * SECONDS_EACH + 0.1, "no turn is lost: reads leave one"


def test_what_sends_waits_for_the_next_call_and_no_longer_beside_any_number_of_pollers(line: Line) -> None:
    for number in range(100):
        line.come(f"poll {number}", POLL)
    line.run(30)
    for number in range(20):
        began = line.now
        line.come("send", WRITE, write=number % 5 == 0)
        while line.order[-1:] != ["send"]:
            line.step()
        assert line.now - began <= 2 * SECONDS_EACH + 0.1, "one call may go before it"
        line.served.append((line.now, ""))
        line.come(f"poll again {number}", POLL)


def test_one_turn_in_ten_goes_to_the_call_that_waits_longest(line: Line) -> None:
    line.come("poll", POLL)
    line.run(1)
    for number in range(300):
        line.come(f"send {number}", WRITE)
    began = line.now
    while "poll" not in line.order:
        line.step()
    assert 60 <= line.now - began <= 60 + (FAIR_TURNS + 3) * SECONDS_EACH
    line.come("poll", POLL)
    line.served.clear()
    line.run()
    at = line.order.index("poll")
    assert at > 40, "it did not wait for a minute before"


def test_of_ten_turns_nine_stay_with_the_tasks_that_send(line: Line) -> None:
    for number in range(140):
        line.come(f"poll {number}", POLL)
    line.run(70)
    line.served.clear()
    for number in range(200):
        line.come(f"send {number}", WRITE)
        line.now += 0.001
    while len(line.served) < 100:
        line.step()
    first, polls = line.order[:100], [at for at, name in enumerate(line.order[:100]) if name.startswith("poll")]
    assert 9 <= len(polls) <= 11
    assert all(later - earlier >= FAIR_TURNS - 1 for earlier, later in pairwise(polls))
    assert [name for name in first if name.startswith("send")] == [f"send {n}" for n in range(100 - len(polls))]


@pytest.mark.parametrize("kind", [WRITE, POLL])
def test_a_killed_call_blocks_nobody_for_longer_than_the_grace(line: Line, kind: CallClass) -> None:
    dead = [line.come(f"dead {number}", kind) for number in range(5)]
    line.run(0.1)
    for each in dead:
        each.dead = True
    began = line.now
    line.come("alive", kind)
    line.run()
    assert line.order == ["alive"]
    # Each had to ask again within five seconds.
    assert line.now - began <= 5 + GRACE_SECONDS + SECONDS_EACH


def test_a_call_that_was_late_to_ask_gets_its_place_back(line: Line) -> None:
    late = line.come("late", WRITE)
    for number in range(8):
        line.come(f"send {number}", WRITE)
    line.run(0.5)
    late.at = line.now + 5  # paused for longer than the grace
    line.run()
    assert 3 <= line.order.index("late") <= 5


def test_a_hundred_waiting_calls_ask_about_ten_times_a_second(line: Line) -> None:
    for number in range(100):
        line.come(f"poll {number}", POLL)
    line.asked = 0
    line.run(20)
    assert line.asked <= 100 + 20 * 15
    assert len(line.served) >= 20 / SECONDS_EACH - 3


@pytest.mark.parametrize("back", [15.0, 600.0, 1e9])
def test_a_clock_set_back_blocks_nobody(line: Line, back: float) -> None:
    for number in range(5):
        line.come(f"poll {number}", POLL)
    line.run(2)
    line.change(lambda queue: queue.refuse(taken_at=line.now, retry_after=20))
    line.now -= back
    for each in line.waiting:
        each.since -= back
        each.at -= back
    began = line.now
    line.come("send", WRITE, write=True)
    line.run()
    assert {name: at for at, name in line.served}["send"] == pytest.approx(began + 20)
    assert line.now - began <= 20 + 10 * 2 * SECONDS_EACH


@pytest.mark.parametrize(
    "stored", [{}, {"at": 1}, {"at": 1, "rate": {}, "unfair": 0, "tickets": []}, {"at": "x"}, {"at": math.inf}]
)
def test_a_damaged_queue_delays_one_call_and_is_made_again(stored: dict[str, Any]) -> None:
    now = 1_000_000.0
    queue = TurnQueue.restore(stored, LIMITS, now)
    place = queue.ask("one", WRITE, write=False, waited=0)
    assert (place.is_turn, place.again_in <= 2 * SECONDS_EACH) == (False, True)
    again = TurnQueue.restore(queue.stored(), LIMITS, now + place.again_in)
    assert again.ask("one", WRITE, write=False, waited=place.again_in).is_turn


def test_reads_leave_the_last_call_to_a_write_of_a_task_that_sends() -> None:
    line = Line()
    for number in range(12):
        line.come(f"poll {number}", POLL)
    line.run(0)
    assert len(line.served) == 9
    line.come("send", WRITE, write=True)
    line.run(0)
    assert line.order[-1] == "send"


def test_a_place_says_how_many_are_ahead_and_how_many_of_them_send(line: Line) -> None:
    for number in range(12):
        line.come(f"send {number}", WRITE)
    line.come("collect", COLLECT)
    line.run(0)
    place = line.change(lambda queue: queue.ask("poll", POLL, write=False, waited=0))
    assert (place.ahead, place.ahead_writers) == (13, 12)
    assert place.expected == pytest.approx(15 * SECONDS_EACH, abs=0.1)
