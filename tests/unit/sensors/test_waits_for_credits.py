"""Sensors of credits and orders: read once, then wait in the triggerer; an order that brings nothing fails."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from ovh_sms.assets import CREDITS_ARRIVED
from ovh_sms.errors import InsufficientCredits, OrderNotDelivered
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sensors.credits import CreditsSensor
from ovh_sms.sensors.order_delivered import OrderDeliveredSensor
from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.orders import OrderRecord
from ovh_sms.triggers.credits import CreditsTrigger, OrderDeliveredTrigger
from support.airflow_task import context
from support.leaping_time import LeapingTime
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess


def credits_sensor(**changes: Any) -> CreditsSensor:
    return CreditsSensor(task_id="wait", **{"at_least": 1500, "poke_interval": 0.2, "timeout": 60, **changes})


def made(sandbox: SandboxProcess) -> dict[str, Any]:
    """An order that this package has made, as its task returns it."""
    store, found = ResultsHook().store, OvhSmsHook().client.orders.create(100)
    assert found.order_id is not None
    store.orders.record(
        OrderRecord(
            order_id=found.order_id,
            account=sandbox.account_name,
            tag="a-tag",
            quantity=100,
            ordered_at=store.clock.now(),
        )
    )
    order = {"ordered": True, "order_id": found.order_id, "account": sandbox.account_name, "quantity": 100}
    return {**order, "credits_left": 1000.0}


def kept(order: dict[str, Any]) -> OrderRecord:
    found = ResultsHook().store.orders.of(order["order_id"])
    assert found
    return found


def order_sensor(order: dict[str, Any], **changes: Any) -> OrderDeliveredSensor:
    return OrderDeliveredSensor(task_id="wait", order=order, **{"poke_interval": 0.2, "timeout": 60, **changes})


async def event_of(trigger: Any) -> dict[str, Any]:
    (event,) = [each.payload async for each in trigger.run()]
    return event  # type: ignore[no-any-return]


def waited(sensor: Any, meanwhile: Any) -> Any:
    """Defer a sensor, let something happen, run its trigger, and resume it."""
    here = context(task_id="wait")
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute(here)
    path, given = deferred.value.trigger.serialize()
    trigger = type(deferred.value.trigger)(**given)
    assert path == f"ovh_sms.triggers.credits.{type(trigger).__name__}"
    assert deferred.value.timeout > timedelta(seconds=sensor.timeout)
    meanwhile()
    return getattr(sensor, deferred.value.method_name)(here, asyncio.run(event_of(trigger)))


def test_credits_that_are_there_end_the_wait_at_once(sandbox: SandboxProcess) -> None:
    found = credits_sensor(at_least=1000).execute(context())
    assert found == {"account": sandbox.account_name, "credits_left": 1000}


def test_credits_are_waited_for_in_the_triggerer(sandbox: SandboxProcess) -> None:
    found = waited(credits_sensor(), lambda: sandbox.account(creditsLeft=1600))
    assert found["credits_left"] == 1600


def test_credits_that_do_not_come_fail_with_figures(sandbox: SandboxProcess) -> None:
    with pytest.raises(InsufficientCredits, match="holds 1000 credits; 1500 were waited for"):
        waited(credits_sensor(timeout=1), lambda: None)


def test_a_worker_waits_if_it_must(sandbox: SandboxProcess) -> None:
    with pytest.raises(InsufficientCredits):
        credits_sensor(timeout=1, deferrable=False).execute(context())
    sandbox.account(creditsLeft=1600)
    assert credits_sensor(deferrable=False).execute(context())["credits_left"] == 1600


def test_the_credits_of_an_order_are_waited_for(sandbox: SandboxProcess) -> None:
    order, here = made(sandbox), context()
    sensor = order_sensor(order)
    found = waited(sensor, lambda: sandbox.settle_order(order["order_id"]))
    assert found == {
        "account": sandbox.account_name,
        "order_id": order["order_id"],
        "quantity": 100,
        "status": "delivered",
        "credits_left": 1100,
        "arrived": True,
    }
    assert sensor.outlets == [CREDITS_ARRIVED]
    assert order_sensor(order).execute(here) == found
    assert here["outlet_events"][CREDITS_ARRIVED].extra == found
    kept = ResultsHook().store.orders.of(order["order_id"])
    assert kept is not None
    assert kept.status == "delivered"


def test_the_page_knows_the_status_and_the_credits_that_a_wait_has_read(sandbox: SandboxProcess) -> None:
    order, store = made(sandbox), ResultsHook().store
    at = store.clock.now() - timedelta(hours=1)
    store.credit_readings.add(CreditReading(account=sandbox.account_name, at=at, credits=1000, enough=1500))
    statuses = []

    def deliver() -> None:
        def once_seen() -> None:
            sandbox.wait_until(lambda: kept(order).status == "delivering")
            statuses.append(kept(order).status)
            sandbox.settle_order(order["order_id"])

        sandbox.settle_order(order["order_id"], "delivering")
        threading.Thread(target=once_seen, daemon=True).start()

    waited(order_sensor(order), deliver)
    assert statuses == ["delivering"], "kept while it is waited for"
    newest = store.credit_readings.newest(sandbox.account_name)
    assert newest
    assert (newest.credits, newest.enough) == (1100, 1500)


def test_a_delivered_order_is_waited_for_until_its_credits_are_on_the_account(sandbox: SandboxProcess) -> None:
    sandbox.features(credit_seconds=600)
    order, here = made(sandbox), context()
    try:
        sandbox.settle_order(order["order_id"])
        with pytest.raises(TaskDeferred) as deferred:
            order_sensor(order).execute(here)
        assert CREDITS_ARRIVED not in here["outlet_events"]
        sandbox.clock(advance=600)
    finally:
        sandbox.features(credit_seconds=0)
    found = getattr(order_sensor(order), deferred.value.method_name)(here, **deferred.value.kwargs)
    assert (found["status"], found["credits_left"]) == ("delivered", 1100)
    assert here["outlet_events"][CREDITS_ARRIVED].extra == found


def test_credits_that_nobody_sees_end_the_wait_and_update_no_asset(
    sandbox: SandboxProcess, leaping: LeapingTime
) -> None:
    order, here = made(sandbox), context()
    sandbox.settle_order(order["order_id"])
    sandbox.account(creditsLeft=1000)  # spent at once
    KeepingNotifier.kept.clear()
    notify = [{"notifier": "support.notifiers.KeepingNotifier", "arguments": {}, "language": "en"}]
    sensor = order_sensor(order, deferrable=False, poke_interval=600, notify=notify)
    found = sensor.execute(here)
    assert (found["status"], found["arrived"], found["credits_left"]) == ("delivered", False, 1000)
    assert (sensor.outlets, CREDITS_ARRIVED in here["outlet_events"]) == ([], False)
    (notice,) = KeepingNotifier.kept
    assert notice["subject"].endswith("is delivered, and its credits were not seen")


def test_a_cancelled_order_fails_the_wait(sandbox: SandboxProcess) -> None:
    order = made(sandbox)
    with pytest.raises(OrderNotDelivered, match=f"The order {order['order_id']} .* was cancelled"):
        waited(order_sensor(order), lambda: sandbox.settle_order(order["order_id"], "cancelled"))


def test_an_order_that_nobody_pays_fails_the_wait_at_its_end(sandbox: SandboxProcess) -> None:
    with pytest.raises(OrderNotDelivered, match=r"is not delivered .* Pay it, then clear this task"):
        waited(order_sensor(made(sandbox), timeout=1), lambda: None)


def test_without_an_order_there_is_nothing_to_wait_for(sandbox: SandboxProcess) -> None:
    nothing = {"ordered": False, "account": sandbox.account_name, "order_id": None}
    with pytest.raises(AirflowSkipException):
        order_sensor(nothing).execute(context())


def test_triggers_say_what_they_wait_for() -> None:
    at = "2026-03-03T10:00:00+00:00"
    given: dict[str, Any] = {"ovh_sms_conn_id": "c", "account": None, "poll_interval": 5.0, "ends_at": at}
    assert str(CreditsTrigger(at_least=1500, **given)) == f"Waiting until {at} at most for 1500 credits."
    assert str(OrderDeliveredTrigger(order_id=7, **given)).endswith("at most for the credits of the order 7.")
