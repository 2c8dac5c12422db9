"""Waits for credits and for orders on one account's watch, on a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from ovh_sms.errors import MissingRight, NotFound, Unavailable
from ovh_sms.sending.account_watch import AccountWatch
from ovh_sms.sending.credits_watch import CreditsNews
from ovh_sms.sending.orders_watch import AwaitedOrder
from ovh_sms.sending.progress import ProgressNews, WaitEnd
from support.fake_clock import START, FakeClock

DAY = timedelta(days=1)


class Account:
    """Stands for the client: credits and the statuses of orders."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.credits = 100.0
        self.statuses: dict[int, str | Exception] = {}
        self.reads: list[tuple[float, str]] = []
        self.error: Exception | None = None
        self.account = SimpleNamespace(get=self._get)
        self.orders = SimpleNamespace(status=self._status)

    @property
    def calls_made(self) -> int:
        return len(self.reads)

    def _get(self) -> Any:
        self._note("account")
        return SimpleNamespace(credits_left=self.credits)

    def _status(self, number: int) -> str:
        self._note(f"order {number}")
        found = self.statuses[number]
        if isinstance(found, Exception):
            raise found
        return found

    def _note(self, what: str) -> None:
        self.reads.append((self.clock.monotonic(), what))
        if self.error is not None:
            raise self.error


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.account = Account(self.clock)
        self.watch = AccountWatch(self.account, clock=self.clock)  # type: ignore[arg-type]
        self.ended: dict[str, WaitEnd | Exception] = {}
        self.news: list[tuple[str, str]] = []

    def credits(self, key: str, at_least: float | None, within: timedelta = DAY) -> None:
        deadline = START + within if at_least is not None else None
        self.watch.credits.add(key, poll_interval=300, at_least=at_least, deadline=deadline)

    def order(self, number: int, within: timedelta = 30 * DAY) -> None:
        it = AwaitedOrder(order_id=number, poll_interval=timedelta(minutes=5), deadline=START + within)
        self.watch.orders.add(f"order {number}", it)

    def run(self, duration: timedelta, until: Callable[[], bool] = lambda: False) -> None:
        end = self.clock.now() + duration
        while not until() and self.clock.now() < end:
            for key, news in self.watch.step():
                if isinstance(news, ProgressNews):
                    self.news.append((str(key), str(news)))
                else:
                    assert key not in self.ended, "exactly one end"
                    self.ended[str(key)] = news
            self.clock.sleep(min(self.watch.pause(), (end - self.clock.now()).total_seconds() or 1))


def test_a_wait_for_credits_ends_once_they_are_there() -> None:
    world = World()
    world.credits("few", 150)
    world.credits("many", 5000)
    world.run(timedelta(hours=1))
    assert world.ended == {}
    world.account.credits = 200
    world.run(timedelta(minutes=6))
    assert world.ended == {"few": WaitEnd("enough", "The account holds 200 credits.")}
    world.run(DAY)
    assert world.ended["many"] == WaitEnd("deadline", "The deadline has come: the account holds 200 credits.")
    assert len(world.watch) == 0


def test_one_read_serves_all_waits_for_credits() -> None:
    world = World()
    for number in range(20):
        world.credits(f"wait {number}", 1000)
    world.run(timedelta(hours=1))
    assert 11 <= len(world.account.reads) <= 12


def test_a_wait_without_end_gets_news_of_every_reading() -> None:
    world = World()
    world.credits("endless", None)
    world.run(timedelta(minutes=16))
    assert world.news == [("endless", "The account holds 100 credits.")] * 3
    assert CreditsNews("x", credits=5).credits == 5


def test_an_outage_of_ovh_ends_no_wait() -> None:
    world = World()
    world.credits("endless", None)
    world.order(7)
    world.account.error = Unavailable("OVH cannot be reached.")
    world.run(timedelta(hours=3))
    assert world.ended == {}
    world.account.error, world.account.statuses[7] = None, "delivered"
    world.run(timedelta(hours=1))
    assert set(world.ended) == {"order 7"}
    assert world.news


def test_an_error_of_ovh_ends_the_waits_for_credits() -> None:
    world = World()
    world.credits("one", 1000)
    world.account.error = MissingRight("The key lacks GET /sms/x.")
    world.run(timedelta(hours=1))
    assert isinstance(world.ended["one"], MissingRight)


def test_an_order_is_waited_for_until_it_is_delivered() -> None:
    world = World()
    world.order(7)
    world.account.statuses[7] = NotFound("No such order.")  # OVH lists it a little later
    world.run(timedelta(hours=1))
    world.account.statuses[7] = "not paid"
    world.run(2 * DAY)
    world.account.statuses[7] = "checking"
    world.run(DAY)
    world.account.statuses[7] = "delivered"
    world.run(timedelta(hours=1))
    assert world.ended == {"order 7": WaitEnd("delivered", "Order 7: delivered.")}
    assert [news for _, news in world.news] == [
        "Order 7: not listed by OVH.",
        "Order 7: not paid.",
        "Order 7: checking.",
    ]


def test_an_order_that_waits_for_days_is_read_every_half_hour() -> None:
    world = World()
    world.order(7)
    world.account.statuses[7] = "not paid"
    world.run(10 * DAY)
    assert 480 <= len(world.account.reads) <= 560


def test_a_cancelled_order_and_the_deadline_end_the_wait() -> None:
    world = World()
    world.order(7)
    world.order(8, within=2 * DAY)
    world.account.statuses = {7: "cancelled", 8: "not paid"}
    world.run(3 * DAY)
    assert world.ended["order 7"] == WaitEnd("cancelled", "Order 7: cancelled.")
    assert world.ended["order 8"] == WaitEnd("deadline", "The deadline has come: Order 8: not paid.")


def test_an_error_about_one_order_ends_its_wait_alone() -> None:
    world = World()
    world.order(7)
    world.order(8)
    world.account.statuses = {7: MissingRight("The key lacks GET /me/order/7/status."), 8: "not paid"}
    world.run(timedelta(hours=1))
    assert set(world.ended) == {"order 7"}
