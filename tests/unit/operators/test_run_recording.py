"""The results of a run from the start of its preparation on, each time after one more task."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred
from sqlalchemy import func, select

from ovh_sms.errors import (
    BudgetExceeded,
    ConfigurationError,
    ContactsError,
    EmptyList,
    OutcomeUnknown,
    ReceiversMismatch,
)
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.report.run_state import BatchState, RunState, RunStatus, run_status
from ovh_sms.store import tables
from ovh_sms.store.store import Store
from support.airflow_task import connection, context
from support.sandbox import SandboxProcess
from unit.operators.batch_runs import MESSAGE, Run
from unit.operators.sends import NUMBERS, SUBMIT, send


@pytest.fixture
def run(sandbox: SandboxProcess, tmp_path: Path) -> Run:
    return Run(tmp_path)


def store() -> Store:
    return ResultsHook().store


def status() -> RunStatus:
    (results,) = store().run_results.of_run("a_dag", "run_1")
    return run_status(results, datetime.now(UTC))


def credits_in_the_table() -> float:
    with store().database.reading() as connection:
        return float(connection.execute(select(func.sum(tables.submissions.c.credits_spent))).scalar() or 0)


def preflight(run: Run, **terms: Any) -> None:
    given = {"message": MESSAGE, "marketing": False, "sender": "MYSHOP", **terms}
    PreflightOperator(task_id="preflight", prepared=run.output, **given).execute(context(task_id="preflight"))


def test_a_run_is_followed_from_its_list_to_its_submissions(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(5)
    assert (status().state, status().batches_planned, status().receivers) == (RunState.PREPARING, 3, 5)
    preflight(run)
    assert status().state is RunState.SUBMITTING
    spent = 0.0
    for at, rest in ((0, 3), (1, 1), (2, 0)):
        spent += run.send(batches, at)["credits_spent"]
        found = status()
        assert (found.batches_sent, found.not_written, found.sent) == (at + 1, rest, 5 - rest)
        assert found.credits_spent == credits_in_the_table() == spent
    assert spent == sum(each["credits"] for each in sandbox.messages(account=sandbox.account_name))
    assert status().state is RunState.LEAVING


def test_an_uploaded_batch_is_shown_as_such(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    preflight(run)
    upload = context(task_id="upload_receivers", map_index=0)
    UploadReceiversOperator(task_id="upload_receivers", prepared=batches[0]).execute(upload)
    assert [each.state for each in status().batches] == [BatchState.UPLOADED, BatchState.PREPARED]


def test_a_run_over_its_budget_says_why(sandbox: SandboxProcess, run: Run) -> None:
    run.prepare(4)
    with pytest.raises(BudgetExceeded):
        preflight(run, budget=1.0)
    found = status()
    assert found.state is RunState.BLOCKED
    assert (problem := found.results.record.problem) is not None
    assert (problem.step, problem.error) == ("preflight", "BudgetExceeded")
    assert "its budget is 1" in problem.what
    preflight(run, budget=10.0)
    assert status().state is RunState.SUBMITTING, "it was cleared after the budget was raised"


def test_a_list_that_cannot_be_read_is_in_the_results(sandbox: SandboxProcess, run: Run) -> None:
    run.source.write_text("nothing;of;use\n1;2;3\n")
    with pytest.raises(ContactsError):
        run.prepare_again()
    assert (status().state, status().batches_planned) == (RunState.BLOCKED, None)


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_run_without_a_usable_connection_is_in_the_results(
    sandbox: SandboxProcess, run: Run, monkeypatch: pytest.MonkeyPatch, is_missing: bool
) -> None:
    usable = connection(sandbox)
    if is_missing:
        monkeypatch.delenv("AIRFLOW_CONN_OVH_SMS_DEFAULT")
    else:
        monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, account=""))
    with pytest.raises(ConfigurationError):
        run.prepare(2)
    found = status()
    assert (found.state, found.results.record.campaign) == (RunState.BLOCKED, "spring")
    assert found.results.record.problem is not None
    assert "ovh_sms_default" in found.results.record.problem.what + found.results.record.problem.action
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", usable)
    run.prepare(2)
    assert (status().state, status().results.record.account) == (RunState.PREPARING, sandbox.account_name)


def test_an_empty_list_is_no_failure_of_a_batch(sandbox: SandboxProcess, run: Run) -> None:
    with pytest.raises(EmptyList):
        run.prepare(0)
    assert status().state is RunState.EMPTY


def test_a_batch_that_fails_leaves_the_others_sent(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    preflight(run)
    run.send(batches, 0)
    Path(batches[1]["list_path"]).write_text("another list\n")
    with pytest.raises(ReceiversMismatch, match="written again since"):
        run.send(batches, 1)
    found = status()
    assert (found.state, found.sent, found.not_written) == (RunState.IN_PART, 2, 2)


def test_numbers_without_a_list_make_a_run_too(sandbox: SandboxProcess) -> None:
    send().execute(context())
    found = status()
    assert (found.state, found.sent, found.batches_planned) == (RunState.LEAVING, len(NUMBERS), 1)


def test_a_batch_whose_answer_is_lost_is_shown_as_being_submitted(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    preflight(run)
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises((TaskDeferred, OutcomeUnknown)):
        run.send(batches, 0)
    assert [each.state for each in status().batches] == [BatchState.SUBMITTING, BatchState.PREPARED]
    assert run.send(batches, 0)["submitted"] == 2, "it is found at OVH"
    assert (status().batches_sent, len(sandbox.messages(account=sandbox.account_name))) == (1, 2)


def test_a_failing_results_database_hides_no_error(
    sandbox: SandboxProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.prepare(4)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("ovh_sms.store.runs.Runs.failed", broken)
    with pytest.raises(BudgetExceeded):
        preflight(run, budget=1.0)


def test_a_list_prepared_anew_replaces_the_batches_of_the_first(sandbox: SandboxProcess, run: Run) -> None:
    run.prepare(6)
    preflight(run)
    run.prepare(3)
    found = status()
    assert (found.batches_planned, [each.results.record.receivers for each in found.batches]) == (2, [2, 1])
    assert found.state is RunState.PREPARING, "its checks are those of the other list"


def test_the_end_of_the_key_is_known_before_it_ends(
    sandbox: SandboxProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sandbox.key([(method, "/*") for method in ("GET", "POST", "PUT", "DELETE")], expires_in=3 * 86_400)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    run.prepare(2)
    preflight(run)
    ends = status().results.record.key_ends_at
    assert ends is not None
    assert 2.9 < (ends - datetime.now(UTC)).total_seconds() / 86_400 < 3.1
