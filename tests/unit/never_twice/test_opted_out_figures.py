"""The account of a run from which people opted out before a batch's POST: every row is in it once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.inbound.sent_lists import messages_in_lists
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.report.batch_state import BatchState
from ovh_sms.report.figures import of_run
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from support.airflow_task import context
from support.opted_out import FIRST, PEOPLE, SECOND, left_out
from support.sandbox import SandboxProcess
from support.sent import MESSAGE, batches, send_batch, upload

LAST = ["+33639980103", "+33639980104"]


def status() -> RunStatus:
    store = ResultsHook().store
    (run,) = store.run_results.of_run("a_dag", "run_1")
    return run_status(run, store.clock.now())


def send_all(sandbox: SandboxProcess, folder: Path, *opted_out: str) -> None:
    """Two batches, of three and of two; people opt out between them."""
    first, second = batches(folder, 100, rows=5)
    send_batch(first, upload(first, 0), 0)
    slot = upload(second, 1)
    for number in opted_out:
        sandbox.block(number)
    if len(opted_out) < 2:
        send_batch(second, slot, 1)
        return
    with pytest.raises(AirflowSkipException):
        send_batch(second, slot, 1)


def figures() -> tuple[Any, ...]:
    store = ResultsHook().store
    it = of_run(store, store.submissions.of_run("a_dag", "run_1"))
    return (it.rows, it.accepted, it.rejected, it.submitted, it.not_written, it.unaccounted, it.batches)


def test_who_was_left_out_counts_as_rejected_everywhere(sandbox: SandboxProcess, tmp_path: Path) -> None:
    send_all(sandbox, tmp_path, LAST[1])
    assert left_out(tmp_path) == [LAST[1]]
    run = status()
    assert (run.results.record.rows, run.receivers, run.rejected, run.sent, run.not_written) == (5, 4, 1, 4, 0)
    assert run.results.record.rejected == {"opted_out_since": 1}
    assert [each.receivers for each in run.batches] == [3, 1]
    assert figures() == (5, 4, {"opted_out_since": 1}, 4, 0, 0, 2)


def test_a_batch_that_nobody_is_left_in_leaves_the_run_whole(sandbox: SandboxProcess, tmp_path: Path) -> None:
    send_all(sandbox, tmp_path, *LAST)
    run = status()
    assert [each.state for each in run.batches][1] is BatchState.EMPTY
    assert run.state in {RunState.LEAVING, RunState.HELD}
    assert (run.receivers, run.sent, run.rejected, run.not_written, run.to_come) == (3, 3, 2, 0, 0)
    assert figures() == (5, 3, {"opted_out_since": 2}, 3, 0, 0, 1)


def test_a_run_that_nobody_is_left_in_says_so(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot = upload(batch)
    for number in PEOPLE:
        sandbox.block(number)
    with pytest.raises(AirflowSkipException):
        send_batch(batch, slot)
    run = status()
    assert run.state is RunState.EMPTY
    said = run_lines(run, translator("en"), ResultsHook().store.clock.now())
    assert said.first == "Nothing was sent: everybody on the list has opted out since it was prepared."
    assert (said.action, run.receivers, run.rejected) == ("", 0, 3)


def test_a_list_that_is_prepared_again_keeps_the_account(sandbox: SandboxProcess, tmp_path: Path) -> None:
    send_all(sandbox, tmp_path, LAST[1])
    batches(tmp_path, 100, rows=5)
    assert (status().receivers, status().rejected) == (4, 1)


def test_a_reply_of_somebody_who_was_left_out_answers_no_batch(sandbox: SandboxProcess, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("number;prenom\n" + "".join(f"{number};P\n" for number in PEOPLE))
    terms = {"sender": None, "sender_for_response": True, "stop_clause": False}
    given = {"campaign": "spring", "contacts": str(source), "message": MESSAGE, "stop_clause": False, "terms": terms}
    made = PrepareContactsOperator(task_id="prepare", **given).execute(context(task_id="prepare"))
    (batch,) = SplitIntoBatchesOperator(task_id="split", prepared=made).execute(context())
    slot = upload(batch)
    sandbox.block(SECOND)
    send_batch(batch, slot, sender=None, sender_for_response=True)
    store = ResultsHook().store
    now, day = store.clock.now(), timedelta(days=1)
    open_batches = store.answered.not_collected(sandbox.account_name, since=now - day, until=now + day)
    assert [*messages_in_lists(open_batches, [FIRST, SECOND])] == [FIRST]
