"""An order whose answer was lost is the next run's to find: it is no person's, and nobody approves it twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.errors import OutcomeUnknown
from ovh_sms.operators.approve_order import ApproveOrderOperator
from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from support.airflow_task import context
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess
from support.tries import asked

pytestmark = pytest.mark.usefixtures("leaping")

NOTIFY = [{"notifier": "support.notifiers.KeepingNotifier", "arguments": {}, "language": "en"}]
CALL = {"method": "POST", "path": "/order/sms/*/credits"}


@pytest.fixture(autouse=True)
def kept() -> list[dict[str, str]]:
    KeepingNotifier.kept.clear()
    return KeepingNotifier.kept


def check(run_id: str, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"threshold": 500, "sizes": [1000], "max_price": 500, "notify": NOTIFY, **changes}
    return CheckCreditsOperator(task_id="check", **given).execute(context(task_id="check", run_id=run_id))


def approve(found: dict[str, Any], run_id: str) -> dict[str, Any]:
    """Ask a person only if the check says so."""
    return ApproveOrderOperator(task_id="approve", check=found).execute(context(task_id="approve", run_id=run_id))  # type: ignore[no-any-return]


def order(found: dict[str, Any], run_id: str, approval: dict[str, Any] | None = None) -> dict[str, Any]:
    quick = {"quiet_period": timedelta(seconds=3), "reconcile_timeout": timedelta(seconds=9), "deferrable": False}
    task = OrderCreditsOperator(task_id="order", check=found, approval=approval, **quick)
    return task.execute(context(task_id="order", run_id=run_id))


def lost(sandbox: SandboxProcess, kind: str, **changes: Any) -> dict[str, Any]:
    """A run that has a person approve its order, and loses the answer."""
    sandbox.account(creditsLeft=99)
    found = check("run_1", approve_above=1, **changes)
    approved = {"approved": True, **{name: found["quote"][name] for name in ("quantity", "price_with_tax")}}
    approved["need"] = found["need"]["key"]
    sandbox.fault(kind, **CALL)
    with pytest.raises(OutcomeUnknown):
        order(found, "run_1", approved)
    return found


def made(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return [each for each in sandbox.orders() if each["account"] == sandbox.account_name]


@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
def test_the_next_run_finds_or_makes_an_order_whose_answer_was_lost_and_asks_nobody_again(
    sandbox: SandboxProcess, kept: list[dict[str, str]], kind: str
) -> None:
    first = lost(sandbox, kind)
    found = check("run_2", approve_above=1)
    assert (found["decision"], found["needs_approval"]) == ("reconcile", False)
    assert found["need"]["key"] == first["need"]["key"]
    assert found["price_limit"] == first["quote"]["price_with_tax"], "no more than a person has approved"
    assert approve(found, "run_2")["approved"]
    done = order(found, "run_2")
    (only,) = made(sandbox)
    assert done["order_id"] == only["id"]
    assert check("run_3", approve_above=1)["decision"] == "covered"
    assert [each["subject"] for each in kept] == [f"Order {only['id']} for {sandbox.account_name} is not paid yet"]


def test_an_account_that_holds_enough_meanwhile_still_finds_its_lost_order(sandbox: SandboxProcess) -> None:
    lost(sandbox, "lost_answer")
    sandbox.account(creditsLeft=10_000)
    found = check("run_2")
    assert found["decision"] == "reconcile"
    (only,) = made(sandbox)
    assert order(found, "run_2")["order_id"] == only["id"]


def test_a_lost_order_that_ovh_does_not_have_is_made_within_todays_limit(sandbox: SandboxProcess) -> None:
    first = lost(sandbox, "reset_before")
    found = check("run_2", max_price=first["quote"]["price_with_tax"] - 1, approve_above=None)
    assert (found["decision"], found["price_limit"]) == ("reconcile", first["quote"]["price_with_tax"] - 1)


def test_the_next_run_follows_the_resolution_of_an_order(sandbox: SandboxProcess) -> None:
    lost(sandbox, "lost_answer")
    (unclear,) = made(sandbox)
    sandbox.ask("POST", f"/orders/{unclear['id']}", {"domains": [None]})
    question = asked(lambda: order(check("run_2"), "run_2"))
    with pytest.raises(AirflowFailException):
        order(check("run_3"), "run_3")
    question.decide("sent")
    assert order(check("run_4"), "run_4")["covered_by"] == "order"
    assert len(made(sandbox)) == 1
    sandbox.ask("POST", f"/orders/{unclear['id']}", {"status": "cancelled"})
