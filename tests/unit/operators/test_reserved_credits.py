"""The credits of runs on one account: reserved before anything is uploaded, waited for, or refused with figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import BudgetExceeded, InsufficientCredits, OvhSmsError, ScheduleTooOld
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.logs import Log, log
from support.sandbox import SandboxProcess
from unit.operators.batch_runs import MESSAGE, Run

__all__ = ["log"]

CHECK = {"message": MESSAGE, "marketing": False, "sender": "MYSHOP"}


@pytest.fixture
def run(sandbox: SandboxProcess, tmp_path: Path) -> Run:
    """A run of six messages in three batches."""
    run = Run(tmp_path)
    run.batches = run.prepare(6)  # type: ignore[attr-defined]
    return run


@pytest.fixture
def later(sandbox: SandboxProcess) -> Iterator[Callable[[float], None]]:
    """Set OVH's time so many seconds ahead."""
    yield lambda seconds: sandbox.clock(offset=seconds) and None
    sandbox.clock(offset=0)


def store() -> Store:
    return ResultsHook().store


def task(run_id: str = "run_1", *, planned: datetime | None = None, **about: Any) -> Any:
    """The context of preflight in a run; another run checks the same list."""
    found = context(task_id="preflight", run_id=run_id, **about)
    if planned is not None:
        found["dag_run"] = SimpleNamespace(run_type="scheduled", logical_date=planned, run_after=planned, conf={})
    return found


def preflight(run: Run, **terms: Any) -> PreflightOperator:
    return PreflightOperator(task_id="preflight", prepared=run.output, **{**CHECK, **terms})


def status() -> RunStatus:
    (results,) = store().run_results.of_run("a_dag", "run_1")
    return run_status(results, datetime.now(UTC))


def deferred(work: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as wait:
        work()
    assert (wait.value.method_name, wait.value.kwargs) == ("resume", {})
    return wait.value


def test_a_second_run_is_refused_with_the_figures_of_the_first(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.account(creditsLeft=10)
    assert preflight(run).execute(task())["reserved_by_others"] == 0
    with pytest.raises(InsufficientCredits) as short:
        preflight(run).execute(task("run_2"))
    assert short.value.what == (
        "The campaign costs 6 credits; the account holds 10, and 6 of them are reserved by run run_1 of a_dag."
    )
    assert short.value.action.startswith("Nothing was sent. Order at least 2 credits, or wait until those runs have ")
    sandbox.account(creditsLeft=12)
    assert preflight(run).execute(task("run_2"))["reserved_by_others"] == 6
    with pytest.raises(
        InsufficientCredits, match=r"and 12 of them are reserved by run run_1 of a_dag \(6\), run run_2 of"
    ):
        preflight(run).execute(task("run_3"))


def test_of_two_runs_that_read_the_same_credits_at_once_one_is_refused(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.account(creditsLeft=10)
    fault = sandbox.fault("hold_after", method="GET", path="/sms/*", times=2)
    with ThreadPoolExecutor(2) as pool:
        checks = [pool.submit(preflight(run).execute, task(f"run_{at}")) for at in (1, 2)]
        sandbox.wait_until(lambda: len(sandbox.holding(fault)) == 2)  # both have read ten credits
        sandbox.release(fault)
        errors = [each.exception(60) for each in checks]
    (refused,) = [each for each in errors if each is not None]
    assert isinstance(refused, InsufficientCredits)
    assert "the account holds 10, and 6 of them are reserved by run run_" in refused.what


def test_what_is_submitted_is_reserved_no_more(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.account(creditsLeft=12)
    preflight(run).execute(task())
    for at, reserved in ((0, 4.0), (1, 2.0), (2, 0.0)):
        run.send(run.batches, at)  # type: ignore[attr-defined]
        assert preflight(run).execute(task("run_2"))["reserved_by_others"] == reserved
        store().reservations.release("a_dag", "run_2")
        assert store().reservations.reserved(sandbox.account_name) == reserved
    assert preflight(run).execute(task("run_2"))["credits_left"] == 6


def test_a_run_that_has_started_is_finished_however_few_credits_are_left(sandbox: SandboxProcess, run: Run) -> None:
    preflight(run).execute(task())
    run.send(run.batches, 0)  # type: ignore[attr-defined]
    sandbox.account(creditsLeft=0)
    preflight(run, budget_per_month=1.0).execute(task())
    assert store().reservations.reserved(sandbox.account_name) == 4.0


def test_a_run_waits_for_credits_without_a_worker(sandbox: SandboxProcess, run: Run, log: Log) -> None:
    sandbox.account(creditsLeft=4)
    waiting = preflight(run, wait_for_credits=2.0)
    before = datetime.now(UTC)
    wait = deferred(lambda: waiting.execute(task()))
    assert timedelta(minutes=4) < wait.trigger.moment - before < timedelta(minutes=6)
    assert "The campaign costs 6 credits; the account holds 4. Waiting for credits until" in log.text
    found = status()
    assert found.state is RunState.AWAITING_CREDITS
    assert found.is_under_way
    said = run_lines(found, translator("en"), datetime.now(UTC))
    assert "it costs 6 credits; the account held 4" in said.first
    assert said.action == "Order at least 2 credits, or give the run up: mark it failed."
    deferred(lambda: waiting.resume(task()))
    sandbox.account(creditsLeft=6)
    assert waiting.resume(task())["cost"] == 6
    assert status().state is RunState.SUBMITTING


def test_a_run_waits_for_what_another_has_reserved(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.account(creditsLeft=10)
    preflight(run).execute(task("run_2"))
    waiting = preflight(run, wait_for_credits=True)
    deferred(lambda: waiting.execute(task()))
    said = run_lines(status(), translator("fr"), datetime.now(UTC))
    assert "le compte en avait 10" in said.first
    assert "d'autres exécutions en avaient réservé 6" in said.first
    store().reservations.release("a_dag", "run_2")
    assert waiting.resume(task())["reserved_by_others"] == 0


@pytest.mark.parametrize("lasts", [2.0, True])
def test_a_wait_ends_with_the_figures(
    sandbox: SandboxProcess, run: Run, lasts: float | bool, later: Callable[[float], None]
) -> None:
    sandbox.account(creditsLeft=4)
    hours = 2 if lasts == 2.0 else 6
    waiting = partial(preflight, run, wait_for_credits=lasts, hours={"max_lateness": 6 * 3_600, "night": "send"})
    deferred(lambda: waiting().execute(task()))
    later(hours * 3_600 - 60)
    deferred(lambda: waiting().resume(task()))
    later(hours * 3_600 + 1)
    with pytest.raises(InsufficientCredits, match=r"costs 6 credits; the account holds 4\. It has waited for credits "):
        waiting().resume(task())
    assert status().state is RunState.BLOCKED
    deferred(lambda: waiting().execute(task()))
    assert status().state is RunState.AWAITING_CREDITS, "it was cleared, and waits anew"


def test_a_planned_run_waits_as_long_as_it_is_not_late(
    sandbox: SandboxProcess, run: Run, later: Callable[[float], None]
) -> None:
    sandbox.account(creditsLeft=4)
    planned = datetime.now(UTC) - timedelta(hours=5)
    waiting = partial(preflight, run, wait_for_credits=True, hours={"max_lateness": 6 * 3_600, "night": "send"})
    deferred(lambda: waiting().execute(task(planned=planned)))
    later(3_610)
    with pytest.raises(
        ScheduleTooOld, match=r"It had waited for credits since .*: costs 6 credits; the account holds 4"
    ):
        waiting().resume(task(planned=planned))
    assert store().reservations.awaited(store().runs.find_list_tag("a_dag", "run_1", run.output["digest"])) is None  # type: ignore[arg-type]


def test_a_wait_that_the_triggerer_does_not_end_goes_on(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.account(creditsLeft=4)
    waiting = preflight(run, wait_for_credits=2.0)
    deferred(lambda: waiting.execute(task()))
    sandbox.account(creditsLeft=6)
    found = waiting.resume_execution(TRIGGER_FAIL_REPR, {"error": "Trigger timeout"}, task())
    assert found["cost"] == 6


def test_a_run_that_waits_again_after_an_error_is_shown_as_waiting(sandbox: SandboxProcess, run: Run) -> None:
    sandbox.account(creditsLeft=4)
    with pytest.raises(InsufficientCredits):
        preflight(run).execute(task())
    assert status().state is RunState.BLOCKED
    deferred(lambda: preflight(run, wait_for_credits=2.0).execute(task()))
    assert status().state is RunState.AWAITING_CREDITS


def test_a_run_over_the_budget_of_its_month_names_the_figures_and_does_not_wait(
    sandbox: SandboxProcess, run: Run
) -> None:
    terms = {"budget_per_month": 10.0, "wait_for_credits": True}
    preflight(run, **terms).execute(task())
    run.send(run.batches, 0)  # type: ignore[attr-defined]
    with pytest.raises(BudgetExceeded) as over:
        preflight(run, **terms).execute(task("run_2"))
    assert over.value.what.startswith("The run costs 6 credits; the campaign's budget of ")
    assert over.value.what.endswith("is 10: 2 are spent, 4 are reserved by other runs.")
    assert "budget_per_month" in over.value.action
    preflight(run, budget_per_month=12.0).execute(task("run_2"))


def test_a_check_that_fails_reserves_nothing(sandbox: SandboxProcess, run: Run) -> None:
    for terms in ({"sender": "UNKNOWN"}, {"budget": 1.0}):
        with pytest.raises(OvhSmsError):
            preflight(run, **terms).execute(task())
    assert store().reservations.reserved(sandbox.account_name) == 0.0


def test_a_list_that_another_run_has_prepared_is_reserved_by_the_task(sandbox: SandboxProcess, run: Run) -> None:
    preflight(run).execute(task("run_5"))
    assert [each.run_id for each in store().reservations.others(sandbox.account_name)] == ["run_5"]
