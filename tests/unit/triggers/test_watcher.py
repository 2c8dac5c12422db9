"""Many waits on one account: one thread, one event each, and nothing that keeps other triggers waiting."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import GetVariable

from ovh_sms.hooks.collect_now import COLLECT_NOW
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sending import account_watch
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.triggers import watcher
from ovh_sms.triggers import watching as watching_trigger
from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger
from ovh_sms.triggers.watcher import Subscription, subscribed
from support.airflow_task import connection, context
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.stores import figures_of

NUMBERS = [f"+3363998{n:04d}" for n in range(5)]
DAYS = 3 * 86_400

Many = Callable[[int], list[DeliveryReceiptsTrigger]]


@pytest.fixture(autouse=True)
def _many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait for the twenty calls of a minute; those are tested on a clock that a test moves."""
    monkeypatch.setattr(account_watch, "CALLS_PER_MINUTE", 6000)


@pytest.fixture(autouse=True)
def _receipts_wait_for_the_test(sandbox: SandboxProcess) -> None:
    """No receipt comes by itself: a wait ends when the test sets the sandbox's clock forward."""
    sandbox.clock(speed=0)


@pytest.fixture
def many(sandbox: SandboxProcess) -> Many:
    """Submit so many batches without waiting, and make their triggers."""

    def make(count: int) -> list[DeliveryReceiptsTrigger]:
        with LeapingTime(sandbox).installed():
            submissions = [submit(f"run_{number}") for number in range(count)]
        return [trigger(sandbox, each) for each in submissions]

    return make


def submit(run_id: str) -> dict[str, Any]:
    task = SendJobOperator(
        task_id="send", message=f"Bonjour {run_id}", numbers=NUMBERS, sender="MYSHOP", stop_clause=False, campaign="one"
    )
    return task.execute(context(run_id=run_id))


def trigger(sandbox: SandboxProcess, submission: dict[str, Any], **changes: Any) -> DeliveryReceiptsTrigger:
    given: dict[str, Any] = {
        "ovh_sms_conn_id": "ovh_sms_default",
        "account": sandbox.account_name,
        "tag": submission["tag"],
        "expected": submission["submitted"],
        "poll_interval": 0.2,
        "ends_at": (datetime.now(UTC) + timedelta(seconds=60)).isoformat(),
        "opt_out_window": 0.0,
        "earliest_after": 0.0,
    }
    return DeliveryReceiptsTrigger(**{**given, **changes})


async def events(waiting: DeliveryReceiptsTrigger) -> list[dict[str, Any]]:
    return [event.payload async for event in waiting.run()]


def watching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ovh_sms watcher")]


async def until(check: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not check():  # noqa: ASYNC110 - of another thread or process
            await asyncio.sleep(0.02)


def test_many_waits_share_one_thread_and_leave_the_executor_to_others(sandbox: SandboxProcess, many: Many) -> None:
    triggers = many(12)

    async def wait() -> list[list[dict[str, Any]]]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        held = sandbox.fault("hold_before", method="GET", path="/sms/*/outgoing", times=1)
        waits = [asyncio.create_task(events(each)) for each in triggers]
        await until(lambda: sandbox.holding(held))
        assert len(watching()) == 1
        async with asyncio.timeout(30):  # the call is held for longer
            await asyncio.to_thread(lambda: None)
            await asyncio.get_running_loop().getaddrinfo("localhost", 80)
        sandbox.release(held)
        sandbox.clock(advance=DAYS)
        return await asyncio.gather(*waits)

    found = asyncio.run(wait())
    assert [[event["status"] for event in each] for each in found] == [["final"]] * 12


def test_two_triggerers_fire_one_event_each_for_the_same_submission(sandbox: SandboxProcess, many: Many) -> None:
    (one,) = many(1)
    path, given = one.serialize()
    assert path == "ovh_sms.triggers.delivery_receipts.DeliveryReceiptsTrigger"
    with ThreadPoolExecutor() as pool:  # each in an event loop of its own
        waits = [pool.submit(asyncio.run, events(DeliveryReceiptsTrigger(**given))) for _ in range(2)]
        sandbox.wait_until(lambda: sandbox.calls("GET /sms/{serviceName}/outgoing") > 2)
        sandbox.clock(advance=DAYS)
        statuses = [[event["status"] for event in wait.result(timeout=30)] for wait in waits]
    assert statuses == [["final"], ["final"]]


def test_the_watcher_ends_with_its_last_trigger_and_starts_again(sandbox: SandboxProcess, many: Many) -> None:
    triggers = many(2)

    async def wait() -> None:
        for _ in range(2):
            waits = [asyncio.create_task(events(each)) for each in triggers]
            await until(watching)
            waits[0].cancel("user action")
            await asyncio.sleep(0.3)
            assert len(watching()) == 1
            waits[1].cancel("user action")
            await until(lambda: not watching())
            assert not watcher._watchers.running

    asyncio.run(wait())


def test_the_wait_goes_on_in_a_restarted_triggerer(sandbox: SandboxProcess, many: Many) -> None:
    (one,) = many(1)
    _, given = one.serialize()

    async def killed() -> None:
        wait = asyncio.create_task(events(one))
        await until(watching)
        wait.cancel()

    asyncio.run(killed())
    sandbox.clock(advance=DAYS)
    (event,) = asyncio.run(events(DeliveryReceiptsTrigger(**given)))
    assert event["status"] == "final"


def test_an_error_that_ends_the_watcher_reaches_all_its_triggers(sandbox: SandboxProcess, many: Many) -> None:
    triggers = many(3)

    def broken(watch: Any, subscription: Any) -> None:
        raise MemoryError("no memory")

    async def wait() -> list[list[dict[str, Any]]]:
        waits = [asyncio.create_task(events(each)) for each in triggers]
        await until(watching)
        settings = await OvhSmsHook(account=sandbox.account_name).asettings()
        with subscribed(settings, Subscription(broken, print)) as subscription, pytest.raises(MemoryError):
            await subscription.next()
        found = await asyncio.gather(*waits)
        await until(lambda: not watching())
        return found

    found = asyncio.run(wait())
    assert [[(event["status"], event["error"]) for event in each] for each in found] == [[("error", "MemoryError")]] * 3
    sandbox.clock(advance=DAYS)
    assert asyncio.run(events(triggers[0]))[0]["status"] == "final", "the next one starts a new watcher"


def test_a_thread_that_cannot_be_started_blocks_no_later_trigger(
    sandbox: SandboxProcess, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(watcher._Watcher, "start", fail)
        with pytest.raises(RuntimeError), subscribed(OvhSmsHook().settings, cast(Subscription, None)):
            pass
    assert not watcher._watchers.running


def test_a_connection_that_was_changed_gets_another_watcher(
    sandbox: SandboxProcess, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    triggers = many(2)

    async def wait() -> None:
        waits = [asyncio.create_task(events(triggers[0]))]
        await until(watching)
        monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, timeout_seconds=7))
        waits.append(asyncio.create_task(events(triggers[1])))
        await until(lambda: len(watching()) == 2)
        sandbox.clock(advance=DAYS)
        await asyncio.gather(*waits)
        await until(lambda: not watching())

    asyncio.run(wait())


def test_a_forked_process_starts_watchers_of_its_own(sandbox: SandboxProcess, many: Many) -> None:
    (one,) = many(1)

    async def wait() -> int:
        waits = asyncio.create_task(events(one))
        await until(watching)
        watcher._watchers.lock.acquire()
        child = os.fork()
        if not child:
            os._exit(1 if watcher._watchers.running or watcher._watchers.lock.locked() else 0)
        watcher._watchers.lock.release()
        _, status = os.waitpid(child, 0)  # noqa: ASYNC222 - it ends at once
        waits.cancel()
        return status

    assert asyncio.run(wait()) == 0


def test_a_person_ends_a_wait_and_gets_a_report_that_says_it_is_not_complete(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_watch, "COLLECT_NOW_SECONDS", 0.2)
    sent, other = submit("run_1"), submit("run_2")
    sandbox.set_to(sandbox.messages(sent["tag"])[0]["sent_at"])  # no receipt comes within that second
    sensor = CollectOutgoingSensor(task_id="collect", submission=sent)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute(context())
    _, given = deferred.value.trigger.serialize()
    assert COLLECT_NOW in str(deferred.value.trigger)

    async def wait() -> dict[str, Any]:
        waits = asyncio.create_task(events(DeliveryReceiptsTrigger(**given)))
        still = asyncio.create_task(events(trigger(sandbox, other)))
        await until(watching)
        task_runner.SUPERVISOR_COMMS.variables[COLLECT_NOW] = f"some-tag, {sent['tag']}"
        (event,) = await waits
        assert not still.done()
        still.cancel()
        return event

    event = asyncio.run(wait())
    assert event["status"] == "ended_early"
    result = sensor.execute_complete(context(), event)
    assert not result["complete"]
    figures = figures_of(ResultsHook().store, sent["tag"])
    assert figures.complete is False
    assert figures.pending == 5


def test_an_airflow_that_does_not_answer_ends_no_wait(sandbox: SandboxProcess, many: Many) -> None:
    (one,) = many(1)
    task_runner.SUPERVISOR_COMMS.away.add(GetVariable)
    sandbox.clock(advance=DAYS)
    (event,) = asyncio.run(events(one))
    assert event["status"] == "final"


def test_the_deadline_comes_while_a_call_is_held(
    sandbox: SandboxProcess, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_trigger, "GRACE_SECONDS", 0.2)
    _, given = many(1)[0].serialize()
    held = sandbox.fault("hold_before", method="GET", path="/sms/*/outgoing", times=1)
    ends = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    (event,) = asyncio.run(events(DeliveryReceiptsTrigger(**{**given, "ends_at": ends})))
    sandbox.release(held)
    assert event["status"] == "deadline"


def test_the_event_waits_until_airflow_has_seen_the_deferral(sandbox: SandboxProcess) -> None:
    sent = submit("run_1")
    sandbox.clock(advance=DAYS)
    started = time.monotonic()
    asyncio.run(events(trigger(sandbox, sent, earliest_after=1.0)))
    assert time.monotonic() - started >= 1.0
