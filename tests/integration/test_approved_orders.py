"""Orders that need a person, in a real Airflow: made once approved, not made if nobody approves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.credits_in_airflow import TOPUP, World, credits_in_airflow

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with credits_in_airflow(tmp_path_factory.mktemp("credits"), ("asks", "late")) as here:
        yield here


@pytest.mark.parametrize("name", ["asks", "late"])
def test_an_order_that_nobody_approves_is_not_made(world: World, name: str) -> None:
    run = world.cross(name, 900)
    if name == "asks":
        world.answer(run, name, "Reject")
    assert world.ended(run) == "success"
    done = {"check": "success", "approve": "success", "order": "skipped", "wait": "skipped"}
    assert world.states(run, name) == done
    assert world.orders(name) == []
    answer = world.xcom(run, f"{name}.approve")
    assert answer["approved"] is False
    assert (answer["by"] is None) == (name == "late"), "nobody answered in time"
    assert f"The order for {world.account(name)} was not approved" in world.titles()
    world.hold(name, 5000)


def test_an_order_is_made_once_a_person_approves_it(world: World) -> None:
    world.above("asks")
    run = world.cross("asks", 900)
    world.until(lambda: world.states(run, "asks").get("approve") == "awaiting_input")
    again = world.airflow.trigger(TOPUP)
    world.until(lambda: world.states(again, "asks").get("order") == "skipped")
    assert world.states(again, "asks")["approve"] == "skipped", "nobody is asked twice for one need"
    assert any(each.endswith("with tax, waiting for approval") for each in world.titles())
    world.answer(run, "asks", "Approve")
    world.until(lambda: world.states(run, "asks").get("wait") == "deferred")
    (made,) = world.orders("asks")
    assert world.xcom(run, "asks.order")["order_id"] == made["id"]
    world.sandbox.settle_order(made["id"])
    assert world.ended(run) == "success"
