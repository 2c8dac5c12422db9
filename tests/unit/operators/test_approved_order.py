"""A person approves one order: this need, quantity and price. No other one is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.errors import OrderNotApproved
from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")


@pytest.fixture
def check(sandbox: SandboxProcess) -> dict[str, Any]:
    """A check that has chosen an order which a person approves."""
    sandbox.account(creditsLeft=99)
    given: dict[str, Any] = {"threshold": 500, "sizes": [1000], "max_price": 500, "approve_above": 1}
    found: dict[str, Any] = CheckCreditsOperator(task_id="check", **given).execute(context(task_id="check"))
    assert found["needs_approval"]
    return found


def answer(check: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The answer of a person to this check."""
    quote = check["quote"]
    asked = {"need": check["need"]["key"], "quantity": quote["quantity"], "price_with_tax": quote["price_with_tax"]}
    return {"approved": True, "by": "alice", "at": "2026-03-03T10:00:00+00:00", **asked, **changes}


def order(check: dict[str, Any], approval: dict[str, Any] | None) -> dict[str, Any]:
    quick = {"quiet_period": timedelta(seconds=3), "reconcile_timeout": timedelta(seconds=9), "deferrable": False}
    task = OrderCreditsOperator(task_id="order", check=check, approval=approval, **quick)
    return task.execute(context(task_id="order"))


def made(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return [each for each in sandbox.orders() if each["account"] == sandbox.account_name]


def test_the_order_that_a_person_has_approved_is_made(sandbox: SandboxProcess, check: dict[str, Any]) -> None:
    assert order(check, answer(check))["ordered"]
    assert len(made(sandbox)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"approved": False}, "Nobody has approved it"),
        ({"need": "another"}, "another order that was approved"),
        ({"quantity": 5000}, "another order that was approved"),
        ({"price_with_tax": 1.0}, "another order that was approved"),
    ],
)
def test_an_answer_to_another_question_orders_nothing(
    sandbox: SandboxProcess, check: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(OrderNotApproved, match=said):
        order(check, answer(check, **changes))
    assert made(sandbox) == []


def test_without_an_answer_nothing_is_ordered(sandbox: SandboxProcess, check: dict[str, Any]) -> None:
    with pytest.raises(OrderNotApproved, match="Nobody has approved it"):
        order(check, None)
    assert made(sandbox) == []
