"""Orders of credits: under the threshold, at a known price, never twice."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.errors import BudgetExceeded, OpenOrderExists, OutcomeUnknown
from ovh_sms.operators.credits import OrderCreditsOperator
from support.airflow_task import Store, context
from support.sandbox import SandboxProcess

ORDER = {"method": "POST", "path": "/order/sms/*/credits"}


def order(**changes: Any) -> OrderCreditsOperator:
    given = {"task_id": "order", "threshold": 100, "quantity": 1000, "max_price": 500}
    return OrderCreditsOperator(**{**given, **changes})


def made(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return [each for each in sandbox.orders() if sandbox.account_name in str(each)]


def test_orders_nothing_above_the_threshold(sandbox: SandboxProcess) -> None:
    answer = order().execute(context(Store()))
    assert answer == {"ordered": False, "credits_left": 1000}
    assert made(sandbox) == []


def test_orders_once_below_the_threshold(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    store = Store()
    answer = order().execute(context(store))
    assert answer["ordered"]
    assert answer["order_id"]
    assert answer["url"].startswith("http")
    assert 0 < answer["price_without_tax"] < answer["price_with_tax"] <= 500
    assert order().execute(context(store)) == answer
    assert len(made(sandbox)) == 1


def test_refuses_while_an_order_is_open_and_orders_again_once_it_is_delivered(
    sandbox: SandboxProcess,
) -> None:
    sandbox.account(creditsLeft=99)
    first = order().execute(context(Store(), run_id="run_1"))
    with pytest.raises(OpenOrderExists, match=str(first["order_id"])):
        order().execute(context(Store(), run_id="run_2"))
    assert len(made(sandbox)) == 1
    sandbox.ask("POST", f"/orders/{first['order_id']}", {"status": "delivered"})
    assert order().execute(context(Store(), run_id="run_3"))["credits_left"] == 1099


def test_refuses_a_price_over_the_maximum(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    with pytest.raises(BudgetExceeded, match=r"maximum is 1\.00"):
        order(max_price=1).execute(context(Store()))
    assert made(sandbox) == []


def test_a_lost_answer_is_found_among_the_open_orders(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    store = Store()
    sandbox.fault("lost_answer", **ORDER)
    with pytest.raises(OutcomeUnknown):
        order().execute(context(store))
    answer = order().execute(context(store))
    assert [each["id"] for each in made(sandbox)] == [answer["order_id"]]
    assert answer["url"].startswith("http")


def test_what_cannot_be_found_is_never_ordered_again(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=99)
    store = Store()
    sandbox.fault("reset_before", **ORDER)
    with pytest.raises(OutcomeUnknown):
        order().execute(context(store))
    with pytest.raises(AirflowFailException, match="0 open orders"):
        order().execute(context(store))
    assert made(sandbox) == []
