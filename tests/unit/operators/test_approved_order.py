"""A person approves one order: this need, quantity and price. No other one is made, and nobody is asked twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException, TaskAwaitingInput
from airflow.sdk.execution_time import comms, task_runner

from ovh_sms.errors import OrderNotApproved
from ovh_sms.operators.approve_order import ApproveOrderOperator
from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from support.airflow_task import context
from support.notifiers import KeepingNotifier
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


NOTIFY = [{"notifier": "support.notifiers.KeepingNotifier", "arguments": {}, "language": "en"}]


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that Airflow would show."""
    KeepingNotifier.kept.clear()
    shown: list[str] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **given: shown.append(given["subject"]))
    return shown


def approve(check: dict[str, Any], run_id: str) -> ApproveOrderOperator:
    """Ask a person, as the task of a run."""
    task = ApproveOrderOperator(task_id="approve", check=check, notify=NOTIFY)
    here = context(task_id="approve", run_id=run_id)
    here["ti"].id = here["ti"].task_id
    with pytest.raises(TaskAwaitingInput):
        task.execute({**here, "task_instance": here["ti"]})  # type: ignore[arg-type]
    return task


def airflow_has(**states: str | None) -> None:
    """Set what Airflow knows of the tasks of run_1, which is under way."""
    task_runner.SUPERVISOR_COMMS.tasks["run_1"] = states  # type: ignore[attr-defined]


def respond(task: ApproveOrderOperator, option: str) -> dict[str, Any]:
    """The answer of a person in run_1."""
    person = {"id": "alice", "name": "alice"}
    event = {"chosen_options": [option], "params_input": {}, "responded_by_user": person, "timedout": False}
    event["responded_at"] = datetime(2026, 3, 3, 10, tzinfo=UTC)
    here = context(task_id="approve", run_id="run_1")
    here["ti"].xcom_push = lambda **_: None
    return task.execute_complete(here, event)  # type: ignore[arg-type]


def test_a_question_is_reported_and_no_other_run_asks_it_meanwhile(
    sandbox: SandboxProcess, check: dict[str, Any], questions: list[str]
) -> None:
    task = approve(check, "run_1")
    approve(check, "run_1")  # a further try
    airflow_has(approve="awaiting_input")
    with pytest.raises(AirflowSkipException, match="waits for the answer"):
        approve(check, "run_2")
    (notice,) = KeepingNotifier.kept
    assert notice["subject"].startswith(f"1,000 credits for {sandbox.account_name}: ")
    assert notice["subject"].endswith("with tax, waiting for approval")
    assert "without an answer it is rejected" in notice["text"]
    assert order(check, respond(task, "Approve"))["ordered"]
    assert len(questions) == 2


def test_nobody_is_asked_again_until_the_approved_order_is_made_or_has_failed(
    check: dict[str, Any], questions: list[str]
) -> None:
    approve(check, "run_1")
    with DAG("a_dag"):
        task = ApproveOrderOperator(task_id="approve", check=check, notify=NOTIFY)
        task >> OrderCreditsOperator(task_id="order", check=check)
    assert respond(task, "Approve")["approved"]
    for state in (None, "scheduled", "running", "up_for_retry", "deferred"):
        airflow_has(approve="success", order=state)
        with pytest.raises(AirflowSkipException, match="is about to make the order"):
            approve(check, "run_2")
    airflow_has(approve="success", order="failed")
    approve(check, "run_2")
    assert len(questions) == 2


@pytest.mark.parametrize("state", ["failed", "skipped", "success", "removed", "upstream_failed"])
def test_a_question_whose_task_was_ended_from_outside_holds_no_other_run(
    check: dict[str, Any], questions: list[str], state: str
) -> None:
    approve(check, "run_1")
    airflow_has(approve=state)
    approve(check, "run_2")
    assert len(questions) == 2


def test_a_question_of_a_deleted_run_holds_no_other_run(check: dict[str, Any], questions: list[str]) -> None:
    approve(check, "run_1")
    approve(check, "run_2")
    assert len(questions) == 2


def test_while_airflow_cannot_say_whether_a_run_goes_on_nobody_is_asked(
    check: dict[str, Any], questions: list[str]
) -> None:
    approve(check, "run_1")
    task_runner.SUPERVISOR_COMMS.away.add(comms.GetTaskStates)  # type: ignore[attr-defined]
    task = ApproveOrderOperator(task_id="approve", check=check)
    with pytest.raises(AirflowRuntimeError):
        task.execute(context(task_id="approve", run_id="run_2"))  # type: ignore[arg-type]
    assert len(questions) == 1
