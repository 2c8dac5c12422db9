"""Orders of credits, payments, transfers and OVH's own recredit."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ovh_sms.errors import OutcomeUnknown
from rights_matrix import campaigns
from rights_matrix.stage import Stage
from support.airflow_task import context


def order(stage: Stage, *, will_be_paid: bool = False) -> dict[str, Any]:
    from ovh_sms.operators.order_credits import OrderCreditsOperator

    about: dict[str, Any] = {"threshold": 2000, "quantity": 1000, "max_price": 500, "will_be_paid": will_be_paid}
    made = OrderCreditsOperator(task_id="order", **about, **campaigns.QUICK).execute(context(task_id="order"))
    stage.kept["order"] = made
    return made


def top_up(stage: Stage) -> None:
    """Check, order, and wait for the credits."""
    from ovh_sms.operators.check_credits import CheckCreditsOperator
    from ovh_sms.sensors.order_delivered import OrderDeliveredSensor

    check = CheckCreditsOperator(task_id="check", threshold=2000, sizes=[1000], max_price=500)
    assert check.execute(context(task_id="check"))["decision"] == "order"
    made = order(stage)
    stage.sandbox.settle_order(made["order_id"])
    OrderDeliveredSensor(task_id="wait", order=made).execute(context(task_id="wait"))


def lose_an_order(stage: Stage, *, will_be_paid: bool = False) -> None:
    stage.sandbox.fault("lost_answer", method="POST", path="/order/sms/*/credits")
    with suppress(OutcomeUnknown):
        order(stage, will_be_paid=will_be_paid)
    order(stage, will_be_paid=will_be_paid)


def a_method(stage: Stage) -> None:
    """A payment method that pays."""
    stage.kept["method"] = stage.sandbox.payment_method(pays="accepted")


def order_to_be_paid(stage: Stage) -> None:
    order(stage, will_be_paid=True)
    pay(stage)


def lose_an_order_to_be_paid(stage: Stage) -> None:
    lose_an_order(stage, will_be_paid=True)
    pay(stage)


def an_order(stage: Stage) -> None:
    """An order that is not paid, and a method that pays."""
    a_method(stage)
    order(stage)


def pay(stage: Stage) -> None:
    from ovh_sms.operators.pay_order import PayOrderOperator

    task = PayOrderOperator(task_id="pay", order=stage.kept["order"], **campaigns.QUICK)
    task.execute(context(task_id="pay"))


def transfer(stage: Stage) -> None:
    """Plan it, and make it."""
    from ovh_sms.operators.plan_transfers import PlanTransfersOperator
    from ovh_sms.operators.transfer_credits import TransferCreditsOperator

    common: dict[str, Any] = {"connection": "ovh_sms_default", "threshold": None, "cover_days": None}
    shop = {**common, "account": stage.account, "threshold": 2000.0, "source": "central", "keep": 2000}
    accounts = {
        "central": {**common, "connection": "central", "account": stage.other},
        "shop": {**shop, "sizes": [1000]},
    }
    planned = PlanTransfersOperator(task_id="plan", accounts=accounts).execute(context(task_id="plan"))
    for each in planned:
        task = TransferCreditsOperator(task_id="transfer", **each, **campaigns.QUICK)
        task.execute(context(task_id="transfer"))


def lose_a_transfer(stage: Stage) -> None:
    stage.sandbox.fault("lost_answer", method="POST", path="/sms/*/transferCredits")
    with suppress(OutcomeUnknown):
        transfer(stage)
    transfer(stage)


def set_recredit(stage: Stage) -> None:
    from ovh_sms.operators.set_recredit import SetRecreditOperator

    SetRecreditOperator(task_id="set", threshold=100, quantity=100).execute(context(task_id="set"))
