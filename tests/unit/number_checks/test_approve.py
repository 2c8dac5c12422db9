"""A person sees the price of checks before any is made, and may refuse it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskAwaitingInput

from ovh_sms.operators.approve_number_checks import ApproveNumberChecksOperator
from ovh_sms.operators.price_number_checks import PriceNumberChecksOperator
from support.airflow_task import context
from support.number_checks import check, checks, people, prepared
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")


def approve(price: dict[str, Any], **given: Any) -> ApproveNumberChecksOperator:
    with DAG("a_dag"):
        return ApproveNumberChecksOperator(task_id="approve", price=price, **given)


def test_the_question_holds_numbers_and_credits_and_the_answer_is_kept(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **given: asked.append(given))
    check(prepared(tmp_path / "1", people(2)))
    given = prepared(tmp_path / "2", people(5), run_id="run_2")
    price = PriceNumberChecksOperator(task_id="price", prepared=given).execute(context(task_id="price"))
    assert (price["numbers"], price["known"], price["credits"], price["credits_left"]) == (3, 2, 0.3, 999.8)
    task, here = approve(price), context(task_id="approve")
    here["task_instance"] = here["ti"]
    here["ti"].id = "1"
    with pytest.raises(TaskAwaitingInput):
        task.execute(here)
    assert asked[0]["subject"] == f"Check 3 numbers: 0.3 credits of {sandbox.account_name}"
    assert "| Known already | 2 |" in asked[0]["body"]
    answer = {"params_input": {}, "responded_at": datetime(2026, 3, 3, tzinfo=UTC)}
    found = task.execute_complete(
        here, {**answer, "chosen_options": ["Approve"], "responded_by_user": {"id": "1", "name": "alice"}}
    )
    assert (found["approved"], found["by"], found["numbers"], found["credits"]) == (True, "alice", 3, 0.3)
    assert check(given, run_id="run_2", approved=found)["asked"] == 3
    assert checks(sandbox)["made"] == 5


def test_a_price_that_needs_no_approval_passes() -> None:
    price = {"account": "a", "numbers": 3, "known": 0, "credits": 0.3, "credits_per_number": 0.1, "credits_left": 1}
    found = approve(price, free_up_to=0.3).execute(context(task_id="approve"))
    assert found == {"approved": True, "by": None, "at": None, "account": "a", "numbers": 3, "credits": 0.3}
