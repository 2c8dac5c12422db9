"""Waits on one account, on a clock that only the test moves: when it is read, and how often."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from ovh_sms.errors import ApiError, MissingRight, RateLimited, Unavailable
from ovh_sms.sending.account_watch import AccountWatch
from ovh_sms.sending.progress import LONGEST_INTERVAL, Awaited, ProgressNews, WaitEnd, WaitLimits
from support.fake_clock import START, FakeClock
from unit.sending.accounts import FakeAccount

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
THOUSAND = 1000
#: Stated in docs/operators.md: with so many waiting, each is read once in so many seconds for each of them.
SECONDS_EACH = 5
OPEN = Counter({1: 95, 8: 5})
FINAL = Counter({1: 98, 2: 2})


def limits(**changes: timedelta | None) -> WaitLimits:
    """Limits of a wait; each change replaces one."""
    given = {
        "age": timedelta(0),
        "within": 72 * HOUR,
        "opt_out_window": timedelta(0),
        "poll_interval": MINUTE,
    } | changes
    age = given.pop("age")
    return WaitLimits(deadline=START + given.pop("within"), submitted_at=None if age is None else START - age, **given)


class World:
    """An account and its watch."""

    def __init__(self, *, waiting: int = 0, age: timedelta | None = None, messages: Counter[int] = OPEN) -> None:
        self.clock = FakeClock()
        self.account = FakeAccount(self.clock)
        self.asked: set[str] = set()
        self.called = False
        self.watch = AccountWatch(
            self.account, clock=self.clock, collect_now=lambda: self.asked, called_about=lambda: int(self.called)
        )
        self.ended: dict[str, tuple[WaitEnd | Exception, float]] = {}
        for number in range(waiting):
            self.add(f"tag{number}", Counter(messages), age=age)

    def add(self, tag: str, messages: Counter[int], **changes: timedelta | None) -> None:
        self.account.tags[tag] = messages
        self.watch.receipts.add(tag, Awaited(tag, 100, 100), limits(**changes))

    def run(self, duration: timedelta, until: Callable[[], bool] = lambda: False) -> float:
        """Let time pass; returns the minutes that passed."""
        start = self.clock.now()
        while not until() and self.clock.now() < start + duration:
            for key, news in self.watch.step():
                if not isinstance(news, ProgressNews):
                    assert key not in self.ended, "exactly one end"
                    self.ended[str(key)] = (news, (self.clock.now() - START) / MINUTE)
            self.clock.sleep(min(self.watch.pause(), (start + duration - self.clock.now()).total_seconds() or 1))
        return (self.clock.now() - start) / MINUTE


@pytest.mark.parametrize("age", [timedelta(0), 40 * HOUR])
def test_a_thousand_waiting_campaigns_make_twenty_calls_a_minute_at_most(age: timedelta) -> None:
    world = World(waiting=THOUSAND, age=age)
    moving = world.account.tags["tag7"]
    for _ in range(60):
        moving[8], moving[1] = moving[8] + 1, moving[1] - 1  # so that the account never stands still
        world.run(MINUTE)
    assert world.account.most_in_a_minute() <= 20
    assert len(world.account.calls) > 60 * 14, "the calls that it may make are used"


def test_none_of_a_thousand_waiting_campaigns_starves() -> None:
    world = World(waiting=THOUSAND, age=40 * HOUR)
    moving = world.account.tags["tag7"]
    for _ in range(100):
        moving[8], moving[1] = moving[8] + 1, moving[1] - 1
        world.run(MINUTE)
    read_at: dict[str, list[float]] = {}
    for at, query in world.account.calls:
        read_at.setdefault(query, [1000.0]).append(at)
    assert {f"tag{number}" for number in range(THOUSAND)} <= set(read_at)
    longest = max(later - at for times in read_at.values() for at, later in pairwise(times))
    assert longest <= SECONDS_EACH * THOUSAND


def test_an_ended_campaign_among_a_thousand_is_noticed_within_the_stated_time() -> None:
    world = World(waiting=THOUSAND, age=40 * HOUR)
    world.run(HOUR)
    world.account.tags["tag3"] = Counter(FINAL)
    noticed = world.run(3 * HOUR, until=lambda: "tag3" in world.ended)
    end, _ = world.ended["tag3"]
    assert isinstance(end, WaitEnd)
    assert (end.status, end.message) == ("final", "100 of 100 messages final, 0 pending, 0 not yet sent")
    assert noticed <= LONGEST_INTERVAL / MINUTE + SECONDS_EACH * THOUSAND / 60


def test_a_thousand_campaigns_that_end_at_once_all_end_within_the_stated_time() -> None:
    world = World(waiting=THOUSAND, age=40 * HOUR)
    world.run(HOUR)
    for tag in world.account.tags:
        world.account.tags[tag] = Counter(FINAL)
    minutes = world.run(8 * HOUR, until=lambda: len(world.ended) == THOUSAND)
    assert minutes <= 4 * SECONDS_EACH * THOUSAND / 60
    assert world.account.most_in_a_minute() <= 20


def test_while_nothing_of_the_account_moves_its_campaigns_are_not_read_one_by_one() -> None:
    world = World(waiting=THOUSAND, age=40 * HOUR)
    world.run(2 * HOUR)
    world.account.calls.clear()
    world.run(HOUR / 2)
    assert len(world.account.calls) <= 4 * 30
    assert {query for _, query in world.account.calls} == {"account"}


def test_one_waiting_campaign_is_read_fully_at_its_own_interval_while_it_is_young() -> None:
    world = World(waiting=1, age=None)
    world.run(10 * MINUTE)
    assert 4 * 10 <= len(world.account.calls) <= 4 * 11


def test_the_older_a_campaign_the_rarer_it_is_read_but_at_least_every_half_hour() -> None:
    counts = []
    for age in (HOUR, 5 * HOUR, 60 * HOUR):
        world = World(waiting=1, age=age)
        world.run(2 * HOUR)
        counts.append(len(world.account.calls))
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 4 * 4


def test_while_ovh_calls_about_messages_an_old_campaign_is_read_each_minute() -> None:
    world = World(waiting=1, age=60 * HOUR)
    world.run(HOUR)
    before = len(world.account.calls)
    world.called = True
    world.run(10 * MINUTE)
    assert 4 * 8 <= len(world.account.calls) - before <= 4 * 10
    world.called = False
    world.run(MINUTE)
    before = len(world.account.calls)
    world.run(HOUR)
    assert len(world.account.calls) - before <= 4 * 3, "without calls it is read as rarely as before"


def test_calls_about_messages_never_make_more_reads_than_the_limit_nor_shorten_a_poll_interval() -> None:
    world = World(waiting=THOUSAND, age=40 * HOUR)
    world.called = True
    moving = world.account.tags["tag7"]
    for _ in range(30):
        moving[8], moving[1] = moving[8] + 1, moving[1] - 1
        world.run(MINUTE)
    assert world.account.most_in_a_minute() <= 20
    slow = World()
    slow.add("tag", Counter(OPEN), poll_interval=2 * HOUR)
    slow.called = True
    slow.run(10 * HOUR)
    assert len(slow.account.calls) == 4 * 5


def test_a_poll_interval_above_the_longest_is_kept() -> None:
    world = World()
    world.add("tag", Counter(OPEN), poll_interval=2 * HOUR)
    world.run(10 * HOUR)
    assert len(world.account.calls) == 4 * 5


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Unavailable("No answer."), "OVH could not be reached since 2026-03-03 10:00 UTC."),
        (RateLimited("Too many calls."), "OVH has taken no more calls of this key since 2026-03-03 10:00 UTC."),
    ],
)
def test_a_deadline_is_kept_among_a_thousand_and_while_ovh_is_away(error: Unavailable, says: str) -> None:
    world = World(waiting=THOUSAND)
    world.add("late", Counter(OPEN), within=33 * MINUTE)
    world.account.away, world.account.away_with = True, error
    world.run(HOUR)
    end, at = world.ended["late"]
    assert isinstance(end, WaitEnd)
    assert end.status == "deadline"
    assert end.message.endswith(says)
    assert 33 <= at <= 33.1


def test_an_outage_is_logged_once_and_the_waits_go_on_after_it(caplog: pytest.LogCaptureFixture) -> None:
    world = World(waiting=3)
    world.account.away = True
    with caplog.at_level(logging.INFO, "ovh_sms.sending.account_watch"):
        world.run(90 * MINUTE)
        assert len(world.account.calls) < 30, "it backs off"
        world.account.away = False
        for tag in world.account.tags:
            world.account.tags[tag] = Counter(FINAL)
        world.run(15 * MINUTE)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert {end.status for end, _ in world.ended.values() if isinstance(end, WaitEnd)} == {"final"}
    assert len(world.ended) == 3


def test_a_person_ends_one_wait_and_no_other() -> None:
    world = World(waiting=THOUSAND)
    world.run(HOUR)
    world.asked = {"tag900"}
    world.run(MINUTE)
    assert list(world.ended) == ["tag900"]
    end, _ = world.ended["tag900"]
    assert isinstance(end, WaitEnd)
    assert end.status == "ended_early"


def test_a_refused_read_ends_the_wait_of_that_campaign_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(waiting=3)
    count = world.account.count

    def refused(**query: object) -> int:
        if query.get("tag") == "tag1":
            raise MissingRight("no right")
        return count(**query)  # type: ignore[arg-type]

    monkeypatch.setattr(world.account, "count", refused)
    world.run(HOUR)
    assert {key: type(end) for key, (end, _) in world.ended.items()} == {"tag1": MissingRight}


def test_messages_that_ovh_holds_back_are_waited_for_and_withdrawn_ones_are_not() -> None:
    world = World(waiting=THOUSAND, age=8 * HOUR, messages=Counter())
    world.account.pending = 7
    world.run(5 * HOUR)
    assert world.ended == {}
    world.account.pending = 0
    world.run(20 * MINUTE)
    assert world.ended == {}, "no message is pending, but not for long enough"
    world.run(12 * HOUR, until=lambda: len(world.ended) == THOUSAND)
    assert {end.status for end, _ in world.ended.values() if isinstance(end, WaitEnd)} == {"withdrawn"}
    assert world.account.most_in_a_minute() <= 20


def test_one_read_of_the_slots_serves_all_uploads_and_as_many_go_on_as_slots_are_free() -> None:
    world = World()
    for number in range(50):
        world.watch.slots.add(f"upload{number}", poll_interval=30.0, deadline=START + 12 * HOUR)
    world.run(10 * MINUTE + timedelta(seconds=1))
    assert len(world.account.calls) == 20
    world.account.used_slots = 7
    world.run(MINUTE / 2)
    assert list(world.ended) == ["upload0", "upload1"]
    world.account.used_slots = 9
    world.run(13 * HOUR)
    assert [end.status for end, _ in world.ended.values() if isinstance(end, WaitEnd)][2:] == ["deadline"] * 48


def test_uploads_that_wait_for_a_slot_are_served_beside_a_thousand_campaigns() -> None:
    world = World(waiting=THOUSAND)
    world.run(HOUR)
    world.watch.slots.add("upload", poll_interval=30.0, deadline=START + 12 * HOUR)
    world.account.used_slots = 0
    assert world.run(HOUR, until=lambda: "upload" in world.ended) <= 2


@pytest.mark.parametrize("error", [Unavailable, MissingRight])
def test_a_read_of_the_account_that_fails_proves_nothing(
    error: type[ApiError], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(waiting=100, age=40 * HOUR)
    world.run(MINUTE * 135)  # so that all were read a short time ago
    count = world.account.count

    def failing(**query: object) -> int:
        found = count(**query)  # type: ignore[arg-type]
        if "tag" not in query:
            raise error("not now")
        return found

    monkeypatch.setattr(world.account, "count", failing)
    latest = next(query for _, query in reversed(world.account.calls) if query in world.account.tags)
    world.account.tags[latest] = Counter(FINAL)
    assert world.run(2 * HOUR, until=lambda: latest in world.ended) <= 40
