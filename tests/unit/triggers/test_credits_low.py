"""The watch of an account's credits: one event for each crossing, in however many triggerers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.hooks import crossings as hook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending import account_watch, credits_watch
from ovh_sms.store.credit_checks import AccountCheck
from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.reservation_records import WantedCredits
from ovh_sms.triggers import credits_low
from ovh_sms.triggers.credits_low import CreditsLowTrigger
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from support.stores import new_store


@pytest.fixture(autouse=True)
def _many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait for the few calls of a minute."""
    monkeypatch.setattr(account_watch, "CALLS_PER_MINUTE", 6000)
    monkeypatch.setattr(credits_watch, "LEAST_SECONDS", 0.1)
    monkeypatch.setattr(credits_low, "RETRY_SECONDS", 0.2)


def watch(**changes: Any) -> CreditsLowTrigger:
    given = {"name": "shop", "ovh_sms_conn_id": "ovh_sms_default", "threshold": 500.0, "poll_interval": 0.1}
    return CreditsLowTrigger(**{**given, **changes})


class Watching:
    """Triggers that run, and the events that they have fired."""

    def __init__(self, sandbox: SandboxProcess, *triggers: CreditsLowTrigger) -> None:
        self.sandbox = sandbox
        self.triggers = triggers
        self.events: list[dict[str, Any]] = []

    async def _run(self, trigger: CreditsLowTrigger) -> None:
        async for event in trigger.run():
            self.events.append(event.payload)

    async def reads(self, more: int = 4) -> None:
        """Wait for so many reads of the account."""
        before = self._read()
        async with asyncio.timeout(60):
            while await asyncio.to_thread(self._read) < before + more:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)

    def _read(self) -> int:
        return int(self.sandbox.calls("GET /sms/{serviceName}"))

    def run(self, script: Callable[[Watching], Any]) -> list[dict[str, Any]]:
        async def both() -> None:
            tasks = [asyncio.create_task(self._run(each)) for each in self.triggers]
            try:
                await script(self)
            finally:
                for task in tasks:
                    task.cancel()

        asyncio.run(both())
        return self.events


async def two_crossings(world: Watching) -> None:
    await world.reads()
    for left in (499, 480, 900, 400):
        world.sandbox.account(creditsLeft=left)
        await world.reads()


def test_each_crossing_fires_once(sandbox: SandboxProcess) -> None:
    found = Watching(sandbox, watch()).run(two_crossings)
    about = {"name": "shop", "account": sandbox.account_name, "enough": 500}
    assert found == [{**about, "credits": 499}, {**about, "credits": 400}]


def test_two_triggerers_fire_one_event_for_a_crossing(sandbox: SandboxProcess) -> None:
    found = Watching(sandbox, watch(), watch(), watch()).run(two_crossings)
    assert [each["credits"] for each in found] == [499, 400]


@pytest.mark.parametrize("triggerers", [1, 3])
def test_a_deposit_that_leaves_the_account_below_its_level_is_one_crossing(
    sandbox: SandboxProcess, triggerers: int
) -> None:
    async def low(world: Watching) -> None:
        await world.reads()
        for left in (100, 150, 350, 340):  # refunds of some messages are no deposit
            world.sandbox.account(creditsLeft=left)
            await world.reads()

    found = Watching(sandbox, *(watch() for _ in range(triggerers))).run(low)
    assert [each["credits"] for each in found] == [100, 350]


def test_a_crossing_that_only_transfers_have_followed_is_noticed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    monkeypatch.setattr(hook, "shared_store", lambda _: store)
    note = partial(hook.note_crossing, "shop", "sms-aa1-1", 100, threshold=500, results_conn_id="")
    assert [note(), note()] == [500, None]
    clock.sleep(60)
    reading = CreditReading(account="sms-aa1-1", at=clock.now(), credits=100, forecast={"per_day": 3})
    store.credit_readings.add(reading)
    clock.sleep(600)
    assert note() == 500
    clock.sleep(60)
    check = AccountCheck(account="sms-aa1-1", name="shop", checked_at=clock.now(), decision="order")
    store.credit_checks.record(check)
    clock.sleep(3_600)
    assert note() is None
    store.close()


def test_a_restarted_triggerer_fires_no_crossing_again(sandbox: SandboxProcess) -> None:
    async def low(world: Watching) -> None:
        sandbox.account(creditsLeft=100)
        await world.reads()

    assert len(Watching(sandbox, watch()).run(low)) == 1
    assert Watching(sandbox, watch()).run(low) == []


def test_a_cover_of_days_has_the_level_of_the_newest_check(sandbox: SandboxProcess) -> None:
    store = ResultsHook().store

    async def low(world: Watching) -> None:
        await world.reads()
        assert world.events == [], "nobody has checked it yet"
        reading = CreditReading(account=sandbox.account_name, at=store.clock.now(), credits=1000, enough=1200)
        store.credit_readings.add(reading)
        await world.reads()

    (event,) = Watching(sandbox, watch(threshold=None)).run(low)
    assert event["enough"] == 1200


@pytest.mark.parametrize("threshold", [500.0, None], ids=["threshold", "cover_days"])
def test_a_run_that_waits_for_credits_is_a_crossing(sandbox: SandboxProcess, threshold: float | None) -> None:
    store, account = ResultsHook().store, sandbox.account_name
    now = store.clock.now()
    # At the newest check 100 credits were reserved, which have been sent since.
    store.credit_readings.add(CreditReading(account=account, at=now, credits=1000, reserved=100, enough=600))

    async def waits(world: Watching) -> None:
        sandbox.account(creditsLeft=550)
        await world.reads()
        assert world.events == [], "it holds enough"
        wanted = WantedCredits(
            list_tag="lwaits",
            dag_id="sms_campaign_spring",
            run_id="run_1",
            account=account,
            batches={"b1": 800.0},
            lasts=timedelta(days=2),
        )
        kept = store.reservations
        assert not kept.reserve(wanted, kept.read(account), credits_left=550).is_reserved
        kept.await_credits("lwaits", since=now, until=now + timedelta(hours=2))
        await world.reads()

    (event,) = Watching(sandbox, watch(threshold=threshold)).run(waits)
    assert (event["credits"], event["enough"]) == (550, 1300)


def test_an_error_ends_no_watch(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = hook.note_crossing

    def failing(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(hook, "note_crossing", noted)
        raise RuntimeError("the results are away")

    async def troubled(world: Watching) -> None:
        sandbox.account(creditsLeft=100)
        fault = sandbox.fault("status", method="GET", path="/sms/*", status=404, times=1)
        await world.reads()
        assert [each["fired"] for each in sandbox.faults() if each["id"] == fault] == [1]
        await world.reads()

    monkeypatch.setattr(hook, "note_crossing", failing)
    assert len(Watching(sandbox, watch()).run(troubled)) == 1


def test_it_is_made_again_from_what_it_is_kept_as(sandbox: SandboxProcess) -> None:
    path, given = watch(account="sms-aa1-1").serialize()
    assert path == "ovh_sms.triggers.credits_low.CreditsLowTrigger"
    assert CreditsLowTrigger(**given).serialize() == (path, given)
