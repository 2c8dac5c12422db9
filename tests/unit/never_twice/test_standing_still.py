"""A process that stands still between its claim and its POST must not make it: another one may have taken over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.errors import DeadlineMissed
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.task_context import task_tag
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.tries import states


def test_a_post_that_comes_long_after_its_claim_is_not_made(sandbox: SandboxProcess) -> None:
    order: Any = OrderCreditsOperator(
        task_id="order", threshold=10**6, quantity=100, max_price=100, quiet_period=timedelta(seconds=2)
    )
    sandbox.fault("slow", method="GET", path="/me/order", seconds=1.2, after=1)
    with pytest.raises(DeadlineMissed, match="missed its deadline"):
        order.execute(context(task_id="order"))
    assert states(task_tag(context(task_id="order"))) == ["not_executed"]
    mine = [each for each in sandbox.orders() if each["account"] == sandbox.account_name]
    assert mine == []
    assert order.execute(context(task_id="order", try_number=2))["ordered"] is True
