"""Orders of credits: under the threshold, at a known price, never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from ovh_sms.credits.needs import order_tag
from ovh_sms.errors import BudgetExceeded, OpenOrderExists, OutcomeUnknown, RequestRefused
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.store import migrate
from support.airflow_task import connection, context
from support.leaping_time import LeapingTime
from support.logs import Log, log
from support.sandbox import SandboxProcess
from support.tries import asked, once_claimed, states

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")

__all__ = ["log"]

ORDER = {"method": "POST", "path": "/order/sms/*/credits"}


@pytest.fixture(autouse=True)
def results(sandbox: SandboxProcess) -> None:
    """Tables made beforehand: making them takes longer than a claim may be old here."""
    migrate.init(ResultsHook().store)


def order(**changes: Any) -> OrderCreditsOperator:
    given = {"task_id": "order", "threshold": 100, "quantity": 1000, "max_price": 500}
    quick = {"quiet_period": timedelta(seconds=3), "reconcile_timeout": timedelta(seconds=9), "deferrable": False}
    return OrderCreditsOperator(**{**given, **quick, **changes})


def made(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return [each for each in sandbox.orders() if sandbox.account_name in str(each)]


def test_orders_nothing_above_the_threshold(sandbox: SandboxProcess) -> None:
    answer = order().execute(context())
    assert (answer["ordered"], answer["credits_left"], answer["order_id"]) == (False, 1000, None)
    assert made(sandbox) == []


def test_orders_once_below_the_threshold(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    answer = order().execute(context())
    assert answer["ordered"]
    assert answer["order_id"]
    assert answer["status"] == "not paid"
    assert "http" not in str(answer), "OVH's link carries a password"
    assert 0 < answer["price_without_tax"] < answer["price_with_tax"] <= 500
    assert order().execute(context()) == answer
    assert len(made(sandbox)) == 1


def test_another_run_gets_the_open_order_and_a_later_one_orders_once_it_is_delivered(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    first = order().execute(context(run_id="run_1"))
    second = order().execute(context(run_id="run_2"))
    assert (second["ordered"], second["order_id"], second["covered_by"]) == (False, first["order_id"], "order")
    assert len(made(sandbox)) == 1
    sandbox.ask("POST", f"/orders/{first['order_id']}", {"status": "delivered"})
    assert order().execute(context(run_id="run_3"))["credits_left"] == 1099
    sandbox.account(creditsLeft=99)
    assert order().execute(context(run_id="run_4"))["ordered"]
    assert len(made(sandbox)) == 2


def test_an_order_that_names_no_purpose_may_be_ours(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    OvhSmsHook().client.orders.create(1000)  # by a person
    (first,) = made(sandbox)
    sandbox.ask("POST", f"/orders/{first['id']}", {"domains": [None]})
    with pytest.raises(OpenOrderExists, match=f"{first['id']}, of an account that it does not name"):
        order().execute(context())
    assert len(made(sandbox)) == 1
    sandbox.ask("POST", f"/orders/{first['id']}", {"status": "cancelled"})


def test_of_two_tasks_at_the_same_time_one_orders(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.account(creditsLeft=99)
    other: list[BaseException] = []

    def order_too() -> None:
        try:
            order(task_id="order_b", deferrable=True).execute(context(task_id="order_b"))
        except TaskDeferred as error:
            other.append(error)

    once_claimed(monkeypatch, order_too)
    first = order(task_id="order_a").execute(context(task_id="order_a"))
    assert len(other) == 1
    (only,) = made(sandbox)
    assert only["id"] == first["order_id"]
    assert order(task_id="order_b").execute(context(task_id="order_b"))["order_id"] == only["id"]
    assert len(made(sandbox)) == 1


def test_a_failed_read_before_the_order_orders_nothing_and_leaves_nothing_pending(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.account(creditsLeft=99)
    refused = {"method": "GET", "path": "/me/order", "status": 403}
    once_claimed(monkeypatch, lambda: sandbox.fault("status", **refused))
    with pytest.raises(RequestRefused):
        order().execute(context())
    assert made(sandbox) == []
    assert order().execute(context())["ordered"]


def test_an_order_of_unknown_purpose_is_not_taken_for_the_lost_one(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    sandbox.fault("lost_answer", **ORDER)
    with pytest.raises(OutcomeUnknown):
        order().execute(context())
    (lost,) = made(sandbox)
    sandbox.ask("POST", f"/orders/{lost['id']}", {"domains": [None]})
    with pytest.raises(AirflowFailException, match=r"0 of 1 \(ambiguous\)"):
        order().execute(context())
    sandbox.ask("POST", f"/orders/{lost['id']}", {"status": "cancelled"})


def test_refuses_a_price_over_the_maximum(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    with pytest.raises(BudgetExceeded, match=r"maximum is 1\.00"):
        order(max_price=1).execute(context())
    assert made(sandbox) == []


def test_a_lost_answer_is_found_among_the_open_orders(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    sandbox.fault("lost_answer", **ORDER)
    with pytest.raises(OutcomeUnknown):
        order().execute(context())
    answer = order().execute(context())
    assert [each["id"] for each in made(sandbox)] == [answer["order_id"]]


def test_what_never_reached_ovh_is_ordered_by_the_next_try(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    sandbox.fault("reset_before", **ORDER)
    with pytest.raises(OutcomeUnknown):
        order().execute(context())
    assert made(sandbox) == []
    answer = order().execute(context())
    assert [each["id"] for each in made(sandbox)] == [answer["order_id"]]
    assert order().execute(context()) == answer


def test_an_order_paid_meanwhile_is_found(sandbox: SandboxProcess) -> None:
    # a lost order that was paid and delivered is open no more; it must not be made again
    sandbox.account(creditsLeft=99)
    sandbox.fault("lost_answer", **ORDER)
    with pytest.raises(OutcomeUnknown):
        order().execute(context())
    (lost,) = made(sandbox)
    sandbox.settle_order(lost["id"], "delivered")
    assert order().execute(context())["order_id"] == lost["id"]
    assert len(made(sandbox)) == 1


def lost(sandbox: SandboxProcess, fault: str = "reset_before", **changes: Any) -> None:
    """A first try whose answer is lost; ``reset_before``: which OVH never got."""
    sandbox.account(creditsLeft=1)
    sandbox.fault(fault, **ORDER)
    with pytest.raises(OutcomeUnknown):
        order(**changes).execute(context())


def test_a_later_try_orders_the_quantity_that_is_wanted_now(sandbox: SandboxProcess) -> None:
    lost(sandbox, quantity=100, max_price=10)
    assert order(quantity=200).execute(context())["quantity"] == 200
    assert [each["quantity"] for each in made(sandbox)] == [200]


def test_an_order_that_was_made_is_the_needs_though_another_quantity_is_wanted(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    order(quantity=100).execute(context())
    assert order(quantity=200).execute(context())["quantity"] == 100
    assert len(made(sandbox)) == 1


def test_each_account_has_orders_of_its_own(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    lost(sandbox)
    other = f"{sandbox.account_name}9"
    sandbox.add_account(other, creditsLeft=1)
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", connection(sandbox, account=other))
    assert order(ovh_sms_conn_id="other").execute(context())["account"] == other
    assert [each["account"] for each in made(sandbox)] == [other]
    assert order().execute(context())["account"] == sandbox.account_name


def test_a_later_try_keeps_to_the_price(sandbox: SandboxProcess) -> None:
    lost(sandbox)
    with pytest.raises(BudgetExceeded, match=r"maximum is 1\.00"):
        order(max_price=1).execute(context())
    assert made(sandbox) == []


def test_a_later_try_orders_nothing_where_there_are_credits_again(sandbox: SandboxProcess, log: Log) -> None:
    lost(sandbox)
    sandbox.account(creditsLeft=100_000)
    answer = order(max_price=1).execute(context())
    assert (answer["ordered"], answer["credits_left"]) == (False, 100_000)
    assert "100000 credits left, threshold 100: nothing to order. OVH has no order of the earlier try." in log.text
    assert made(sandbox) == []


def test_nothing_is_ordered_for_a_person_where_there_are_credits_again(sandbox: SandboxProcess) -> None:
    lost(sandbox, "lost_answer")
    (unclear,) = made(sandbox)
    sandbox.ask("POST", f"/orders/{unclear['id']}", {"domains": [None]})
    question = asked(lambda: order().execute(context()))
    assert "0 of 1 (ambiguous)" in question.says
    sandbox.settle_order(unclear["id"], "delivered")
    question.decide("send")
    answer = order().execute(context())
    assert (answer["ordered"], len(made(sandbox))) == (False, 1)


def test_an_order_that_was_made_is_found_where_there_are_credits_again(sandbox: SandboxProcess) -> None:
    lost(sandbox, "lost_answer")
    sandbox.account(creditsLeft=100_000)
    answer = order().execute(context())
    assert [each["id"] for each in made(sandbox)] == [answer["order_id"]]


def test_credits_that_come_between_the_check_and_the_order_are_seen(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.account(creditsLeft=99)
    once_claimed(monkeypatch, lambda: sandbox.account(creditsLeft=5000))
    answer = order().execute(context())
    assert (answer["ordered"], answer["credits_left"]) == (False, 5000)
    assert made(sandbox) == []
    assert states(order_tag(answer["need"])) == ["not_executed"]


def test_by_default_an_order_has_ten_minutes_to_be_listed() -> None:
    # no credits are missing after an order that is not listed: time is the only witness
    task = OrderCreditsOperator(task_id="order", threshold=100, quantity=100, max_price=10)
    assert (task.quiet_period, task.reconcile_timeout) == (timedelta(minutes=10), timedelta(minutes=30))


def test_an_order_that_ovh_lists_late_is_found(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    lost(sandbox, quiet_period=timedelta(seconds=4))
    leaping.after(2, lambda: OvhSmsHook().client.orders.create(1000))  # what OVH has taken, and lists only now
    answer = order(quiet_period=timedelta(seconds=4)).execute(context())
    assert [each["id"] for each in made(sandbox)] == [answer["order_id"]]


def test_an_order_that_ovh_lists_after_the_quiet_period_is_made_twice_and_no_third_time(
    sandbox: SandboxProcess,
) -> None:
    # this remains impossible to prevent; both orders are unpaid
    lost(sandbox)
    order().execute(context())
    OvhSmsHook().client.orders.create(1000)  # what OVH had taken, and lists only now
    assert not order().execute(context(run_id="run_2"))["ordered"]
    assert [each["status"] for each in made(sandbox)] == ["notPaid", "notPaid"]
