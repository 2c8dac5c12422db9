"""Credits in a real Airflow: crossings start runs, OVH refuses payments, one order and one transfer for a need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.credits_in_airflow import BALANCE, TOPUP, World, credits_in_airflow

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with credits_in_airflow(tmp_path_factory.mktemp("credits"), ("plain", "pays", "shop", "central")) as here:
        yield here


@pytest.fixture(scope="module")
def first(world: World) -> str:
    """The account of the file ``plain`` falls below its level; returns the run that this starts."""
    return world.cross("plain", 900)


def test_a_crossing_starts_one_run_that_orders(world: World, first: str) -> None:
    world.until(lambda: world.states(first, "plain").get("wait") == "deferred")
    states = world.states(first, "plain")
    assert states == {"check": "success", "approve": "success", "order": "success", "wait": "deferred"}
    assert len(world.orders("plain")) == 1
    world.until(lambda: world.states(first, "pays").get("wait") == "skipped")
    skipped = dict.fromkeys(("approve", "order", "pay", "wait"), "skipped")
    assert world.states(first, "pays") == {"check": "success", **skipped}
    world.read_twice()
    assert world.crossings() == [first], "one event for a crossing"
    assert world.titles() == [f"1,000 credits ordered for {world.account('plain')}"]


def test_runs_at_one_moment_make_one_order_and_one_transfer(world: World, first: str) -> None:
    world.hold("pays", 900)
    world.hold("shop", 300)
    runs = [world.airflow.trigger(TOPUP) for _ in range(2)]  # beside those that the crossings start
    owner = str(world.until(lambda: world.waiting("pays")))
    world.until(lambda: len(world.crossings()) > 1)
    for run in [*runs, *world.crossings()]:
        if run not in (first, owner):
            assert world.ended(run) == "success"
    assert len(world.orders("pays")) == 1
    assert len(world.orders("plain")) == 1, "its order is open"
    assert all(world.states(run, "plain")["order"] == "skipped" for run in runs)
    assert world.orders("shop") == [], "the transfer covers the need"
    assert (world.balance("shop"), world.balance("central")) == (1300, 4000), "one transfer, of a whole order"
    # No payment method is registered: a person must pay.
    assert world.xcom(owner, "pays.pay")["result"] == "no method"
    (order,) = world.orders("pays")
    assert f"Order {order['id']} for {world.account('pays')} could not be paid" in world.titles()
    world.pay("pays")
    assert world.ended(owner) == "success"


def test_a_payment_that_ovh_refuses_is_reported_and_left_to_a_person(world: World, first: str) -> None:
    world.sandbox.payment_method(pays="refused")
    run = world.cross("pays", 900)  # its credits came and went, perhaps between two readings of the watch
    world.until(lambda: world.states(run, "pays").get("wait") == "deferred")
    assert world.states(run, "pays")["pay"] == "success"
    paid = world.xcom(run, "pays.pay")
    assert paid["result"] == "refused"
    assert paid["reason"]
    newest = world.orders("pays")[-1]
    assert f"Order {newest['id']} for {world.account('pays')} could not be paid" in world.titles()
    world.pay("pays")
    assert world.ended(run) == "success"
    assert world.xcom(run, "pays.wait")["credits_left"] == 1900


def test_the_first_run_ends_once_the_credits_arrived_and_the_next_crossing_orders_again(
    world: World, first: str
) -> None:
    world.pay("plain")
    assert world.ended(first) == "success"
    assert world.xcom(first, "plain.wait")["credits_left"] == 1900
    events = world.airflow.call("GET", "/assets/events?limit=100")["asset_events"]
    arrived = [each["extra"] for each in events if each["name"] == "ovh_sms_credits_arrived"]
    assert world.account("plain") in {each["account"] for each in arrived}
    world.above("plain")
    world.cross("plain", 10)
    world.until(lambda: len(world.orders("plain")) == 2)


def test_the_balance_makes_one_transfer_for_a_need(world: World, first: str) -> None:
    before = world.balance("central")
    world.hold("shop", 1001)
    world.above("shop")
    world.airflow.call("PATCH", f"/dags/{TOPUP}", is_paused=True)  # it would transfer too
    world.hold("shop", 950)
    run = world.airflow.trigger(BALANCE)
    assert world.ended(run, BALANCE) == "success"
    assert (world.balance("shop"), world.balance("central")) == (1950, before - 1000)
    made = world.xcom(run, "transfer", BALANCE, 0)
    assert (made["source_before"], made["source_after"]) == (before, before - 1000)
    assert (made["target_before"], made["target_after"]) == (950, 1950)
    world.hold("central", 2500)
    world.hold("shop", 300)
    run = world.airflow.trigger(BALANCE)
    assert world.ended(run, BALANCE) == "success"
    assert (world.balance("shop"), world.balance("central")) == (300, 2500), "it keeps 2,000 and cannot cover 700"
