"""A notifier that fails hinders no task of a top-up: the order is made, paid and awaited all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.pay_order import PayOrderOperator
from support.airflow_task import context
from support.logs import Log, log
from support.notifiers import FailingNotifier
from support.sandbox import SandboxProcess

__all__ = ["log"]

pytestmark = pytest.mark.usefixtures("leaping")

FAILING = [{"notifier": "support.notifiers.FailingNotifier", "arguments": {}, "language": "en"}]
QUICK: dict[str, Any] = {
    "quiet_period": timedelta(seconds=3),
    "reconcile_timeout": timedelta(seconds=9),
    "deferrable": False,
}


@pytest.fixture(autouse=True)
def failures() -> list[str]:
    FailingNotifier.kept.clear()
    FailingNotifier.failures[:] = ["the server of notifications is away, orderPassword=secret"] * 3
    return FailingNotifier.failures


def test_a_notifier_that_fails_hinders_no_order_payment_or_reminder(
    sandbox: SandboxProcess, failures: list[str], log: Log
) -> None:
    sandbox.account(creditsLeft=99)
    task = OrderCreditsOperator(task_id="order", threshold=100, quantity=1000, max_price=500, notify=FAILING, **QUICK)
    order = task.execute(context(task_id="order"))
    assert order["ordered"]
    paid = PayOrderOperator(task_id="pay", order=order, notify=FAILING, **QUICK).execute(context(task_id="pay"))
    assert paid["result"] == "no method"
    given: dict[str, Any] = {"threshold": 500, "sizes": [1000], "max_price": 500, "notify": FAILING}
    found = CheckCreditsOperator(task_id="check", **given).execute(context(task_id="check", run_id="run_2"))
    assert (found["decision"], failures) == ("covered", []), "each of them has tried to notify"
    assert log.text.count("not all notifiers were used") == 3
    ours = [line for line in log.text.splitlines() if "not all notifiers were used" in line]
    assert "secret" not in str(ours), "an error of a notifier may hold OVH's link"
    CheckCreditsOperator(task_id="check", **given).execute(context(task_id="check", run_id="run_3"))
    assert len(FailingNotifier.kept) == 1, "the reminder of the day is made up for"
