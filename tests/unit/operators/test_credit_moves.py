"""Payments, transfers and OVH's own recredit as tasks: once each, and reported if a person must act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from ovh_sms.errors import (
    ConfigurationError,
    InsufficientCredits,
    NotFound,
    OpenOrderExists,
    OtherAccount,
    OutcomeUnknown,
)
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.pay_order import PayOrderOperator
from ovh_sms.operators.plan_transfers import PlanTransfersOperator
from ovh_sms.operators.set_recredit import SetRecreditOperator
from ovh_sms.operators.transfer_credits import TransferCreditsOperator
from ovh_sms.sensors.order_delivered import OrderDeliveredSensor
from support.airflow_task import connection, context
from support.leaping_time import LeapingTime
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")

QUICK: dict[str, Any] = {
    "quiet_period": timedelta(seconds=3),
    "reconcile_timeout": timedelta(seconds=9),
    "deferrable": False,
}
NOTIFY = [{"notifier": "support.notifiers.KeepingNotifier", "arguments": {}, "language": "en"}]


@pytest.fixture(autouse=True)
def kept() -> list[dict[str, str]]:
    KeepingNotifier.kept.clear()
    return KeepingNotifier.kept


def ordered(sandbox: SandboxProcess) -> dict[str, Any]:
    sandbox.account(creditsLeft=99)
    task = OrderCreditsOperator(task_id="order", threshold=100, quantity=1000, max_price=500, notify=NOTIFY, **QUICK)
    return task.execute(context(task_id="order"))


def pay(order: dict[str, Any]) -> dict[str, Any]:
    return PayOrderOperator(task_id="pay", order=order, notify=NOTIFY, **QUICK).execute(context(task_id="pay"))


def test_an_order_is_paid_once_with_the_default_method(sandbox: SandboxProcess, kept: list[dict[str, str]]) -> None:
    method = sandbox.payment_method(pays="accepted")
    order = ordered(sandbox)
    assert pay(order)["result"] == "paid"
    assert pay(order)["result"] == "paid"
    assert sandbox.calls("POST /me/order/{orderId}/pay") == 1
    assert [each["subject"] for each in kept] == [f"1,000 credits ordered for {sandbox.account_name}"]
    sandbox.ask("DELETE", f"/payment_methods/{method}")


def test_a_payment_that_ovh_refuses_is_no_failure_and_is_reported(
    sandbox: SandboxProcess, kept: list[dict[str, str]]
) -> None:
    method = sandbox.payment_method(pays="refused")
    order = ordered(sandbox)
    paid = pay(order)
    assert paid["result"] == "refused"
    assert paid["reason"]
    assert kept[-1]["subject"] == f"Order {order['order_id']} for {sandbox.account_name} could not be paid"
    assert paid["reason"] in kept[-1]["text"]
    sandbox.ask("DELETE", f"/payment_methods/{method}")


def test_an_order_for_which_ovh_asks_for_documents_is_reported(
    sandbox: SandboxProcess, kept: list[dict[str, str]]
) -> None:
    order = ordered(sandbox)
    sandbox.settle_order(order["order_id"], "documentsRequested")
    assert pay(order)["result"] == "documents requested"
    assert kept[-1]["subject"] == f"OVH asks for documents for the order {order['order_id']} of {sandbox.account_name}"


def test_nothing_is_paid_if_nothing_was_ordered(sandbox: SandboxProcess) -> None:
    with pytest.raises(AirflowSkipException):
        pay({"ordered": False, "order_id": None, "account": sandbox.account_name})


def test_an_order_that_ovh_does_not_show_yet_is_paid_once_it_does(sandbox: SandboxProcess) -> None:
    method = sandbox.payment_method(pays="accepted")
    payments = "POST /me/order/{orderId}/pay"
    before = sandbox.calls(payments)
    sandbox.features(late_orders=3_600.0)
    try:
        order = ordered(sandbox)
        with pytest.raises(TaskDeferred) as deferred:
            PayOrderOperator(task_id="pay", order=order, **{**QUICK, "deferrable": True}).execute(
                context(task_id="pay")
            )
        assert deferred.value.method_name == "resume"
        assert pay(order)["result"] == "paid", "a worker waits if it must"
        assert sandbox.calls(payments) == before + 1
    finally:
        sandbox.features(late_orders=0.0)
        sandbox.ask("DELETE", f"/payment_methods/{method}")


def test_an_order_that_ovh_does_not_show_within_a_day_fails_the_payment(
    sandbox: SandboxProcess, leaping: LeapingTime
) -> None:
    sandbox.features(late_orders=3 * 86_400.0)
    try:
        order = ordered(sandbox)
        leaping.sleep(86_401)
        with pytest.raises(NotFound):
            pay(order)
    finally:
        sandbox.features(late_orders=0.0)


def test_an_order_whose_number_is_not_known_is_neither_paid_nor_awaited(sandbox: SandboxProcess) -> None:
    order = {"ordered": True, "order_id": None, "account": sandbox.account_name, "quantity": 1000, "credits_left": 99.0}
    with pytest.raises(AirflowSkipException, match="Pay it in OVH's manager"):
        pay(order)
    with pytest.raises(AirflowSkipException, match="It is not awaited"):
        OrderDeliveredSensor(task_id="wait", order=order).execute(context(task_id="wait"))


def balance(account: str) -> float:
    name = "central" if account.endswith("-17") else "ovh_sms_default"
    return OvhSmsHook(name, account=account).client.account.get().credits_left


@pytest.fixture
def central(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"{sandbox.account_name}7"
    sandbox.add_account(name, creditsLeft=5000)
    monkeypatch.setenv("AIRFLOW_CONN_CENTRAL", connection(sandbox, account=name))
    return name


def files(sandbox: SandboxProcess, central: str, **changes: Any) -> dict[str, dict[str, Any]]:
    common: dict[str, Any] = {"connection": "ovh_sms_default", "threshold": None, "cover_days": None}
    shop = {**common, "account": sandbox.account_name, "threshold": 500.0, "source": "central", "keep": 2000}
    return {
        "central": {**common, "connection": "central", "account": central},
        "shop": {**shop, "sizes": [1000], **changes},
    }


def plan(accounts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return PlanTransfersOperator(task_id="plan", accounts=accounts).execute(context(task_id="plan"))


def transfer(given: dict[str, Any], run_id: str = "run_1") -> dict[str, Any]:
    task = TransferCreditsOperator(task_id="transfer", **given, **QUICK)
    return task.execute(context(task_id="transfer", run_id=run_id))


def test_an_account_that_falls_short_gets_one_transfer(sandbox: SandboxProcess, central: str) -> None:
    sandbox.account(creditsLeft=200)
    (planned,) = plan(files(sandbox, central))
    first = transfer(planned)
    assert (first["transferred"], first["credits"]) == (True, 1000)
    assert (first["source_before"], first["source_after"]) == (5000, 4000)
    assert (first["target_before"], first["target_after"]) == (200, 1200)
    assert transfer(planned) == first
    again = transfer(planned, run_id="run_2")
    assert (again["transferred"], again["covered_by"]) == (False, "transfer")
    assert (balance(central), balance(sandbox.account_name)) == (4000, 1200)
    assert plan(files(sandbox, central)) == [], "it holds enough"


def test_a_source_that_cannot_cover_the_need_gives_nothing(sandbox: SandboxProcess, central: str) -> None:
    sandbox.account(creditsLeft=200)
    assert plan(files(sandbox, central, keep=4800)) == []
    (planned,) = plan(files(sandbox, central, keep=4600))
    assert planned["credits_wanted"] == 300
    with pytest.raises(InsufficientCredits):
        transfer({**planned, "keep": 4900})
    assert balance(central) == 5000


@pytest.mark.parametrize(("fault", "moved"), [("reset_before", 0), ("lost_answer", 1000)])
@pytest.mark.parametrize("change", ["no source", "another source", "poor source", "enough"])
def test_a_transfer_whose_answer_was_lost_is_reconciled_although_its_file_has_changed(
    sandbox: SandboxProcess, central: str, fault: str, moved: int, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.account(creditsLeft=200)
    accounts = files(sandbox, central)
    (planned,) = plan(accounts)
    sandbox.fault(fault, method="POST", path="/sms/*/transferCredits")
    with pytest.raises(OutcomeUnknown):
        transfer(planned)
    if change == "no source":
        accounts["shop"]["source"] = None
    elif change == "another source":
        other = f"{sandbox.account_name}8"
        sandbox.add_account(other, creditsLeft=9000)
        monkeypatch.setenv("AIRFLOW_CONN_OTHER", connection(sandbox, account=other))
        accounts = {**accounts, "other": {**accounts["central"], "connection": "other", "account": other}}
        accounts["shop"]["source"] = "other"
    elif change == "poor source":
        accounts["shop"]["keep"] = 4900
    else:
        accounts["shop"]["threshold"] = 5
    (again,) = plan(accounts)
    assert (again["account"], again["target"], again["enough"]) == (central, sandbox.account_name, 0)
    found = transfer(again, run_id="run_2")
    assert (found["transferred"], found["covered_by"]) == (False, "transfer" if moved else "")
    assert (balance(central), balance(sandbox.account_name)) == (5000 - moved, 200 + moved)
    assert [each["account"] for each in plan(accounts) if each["account"] == central] == []


def test_a_lost_transfer_from_an_account_that_no_file_names_waits_for_its_connection(
    sandbox: SandboxProcess, central: str
) -> None:
    sandbox.account(creditsLeft=200)
    accounts = files(sandbox, central)
    (planned,) = plan(accounts)
    sandbox.fault("lost_answer", method="POST", path="/sms/*/transferCredits")
    with pytest.raises(OutcomeUnknown):
        transfer(planned)
    (again,) = plan({"shop": {**accounts["shop"], "source": None}})
    with pytest.raises(OtherAccount, match=f"Name the connection of {central}"):
        transfer(again, run_id="run_2")
    (again,) = plan(accounts)
    assert transfer(again, run_id="run_3")["covered_by"] == "transfer"
    assert (balance(central), balance(sandbox.account_name)) == (4000, 1200)


def recredit(**given: Any) -> dict[str, Any]:
    return SetRecreditOperator(task_id="set_recredit", **given).execute(context(task_id="set_recredit"))


def test_the_recredit_of_ovh_is_set_only_if_it_differs(sandbox: SandboxProcess) -> None:
    puts = "PUT /sms/{serviceName}"
    before = sandbox.calls(puts)
    assert not recredit()["changed"]
    assert recredit(threshold=100, quantity=500) == {
        "account": sandbox.account_name,
        "changed": True,
        "threshold": 100,
        "quantity": 500,
    }
    assert not recredit(threshold=100, quantity=500)["changed"]
    assert OvhSmsHook().client.account.get().is_recredited
    assert recredit()["changed"]
    assert not OvhSmsHook().client.account.get().is_recredited
    assert sandbox.calls(puts) == before + 2
    with pytest.raises(ConfigurationError, match="both"):
        recredit(threshold=100)


def test_the_recredit_of_ovh_is_not_switched_on_beside_an_open_order(sandbox: SandboxProcess) -> None:
    order = ordered(sandbox)
    with pytest.raises(OpenOrderExists, match=rf"order {order['order_id']} for .* is open \(status not paid\)"):
        recredit(threshold=100, quantity=500)
    assert not OvhSmsHook().client.account.get().is_recredited
    assert not recredit()["changed"], "it may be switched off at any time"
    sandbox.settle_order(order["order_id"], "cancelled")
    assert recredit(threshold=100, quantity=500)["changed"]
    assert recredit()["changed"]


def test_the_recredit_of_ovh_is_not_switched_on_while_an_order_may_have_been_made(sandbox: SandboxProcess) -> None:
    sandbox.fault("reset_before", method="POST", path="/order/sms/*/credits")
    with pytest.raises(OutcomeUnknown):
        ordered(sandbox)
    with pytest.raises(OpenOrderExists, match=r"An order with the tag .* \(OVH does not list it yet\)"):
        recredit(threshold=100, quantity=500)
    assert not OvhSmsHook().client.account.get().is_recredited
