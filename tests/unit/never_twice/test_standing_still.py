"""A process that stands still between its claim and its POST must not make it: another one may have taken over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ovh_sms.credits.needs import current_need, order_tag
from ovh_sms.errors import DeadlineMissed
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.order_credits import OrderCreditsOperator
from support.airflow_task import context
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.tries import held, states


def test_a_post_that_comes_long_after_its_claim_is_not_made(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    order: Any = OrderCreditsOperator(
        task_id="order", threshold=10**6, quantity=100, max_price=100, quiet_period=timedelta(seconds=2)
    )
    with held(
        sandbox, lambda: order.execute(context(task_id="order")), method="GET", path="/me/order", after=1
    ) as still:
        leaping.sleep(1.2)
    assert isinstance(still.error, DeadlineMissed), still.error or still.made
    assert "missed its deadline" in str(still.error)
    store = ResultsHook().store
    need = current_need(OvhSmsHook().client, store, store.clock)
    assert states(order_tag(need.key)) == ["not_executed"]
    mine = [each for each in sandbox.orders() if each["account"] == sandbox.account_name]
    assert mine == []
    assert order.execute(context(task_id="order", try_number=2))["ordered"] is True
