"""A cancelled run: its pending messages are withdrawn, also those listed late, and the report counts them."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import ContactsError, OutcomeUnknown, RequestRefused, RunCancelled
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.cancel_run import CancelRunOperator
from ovh_sms.sending.collect import submission_record
from ovh_sms.sending.submission import Submission
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.store.message_figures import MessageFigures, StatusCount
from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger
from support.airflow_task import context
from support.leaping_time import LeapingTime
from support.logs import Log, log
from support.sandbox import SandboxProcess
from support.sent import campaign, send
from support.stores import figures_of, new_store
from support.tries import Beside

__all__ = ["log"]


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    new_store(tmp_path / "data" / "results.sqlite").close()
    campaign(tmp_path)
    return tmp_path


def cancel(include: Path, run_id: str, quiet_period: float = 0) -> dict[str, Any]:
    task = CancelRunOperator(
        task_id="cancel",
        cancelled_dag_id="a_dag",
        cancelled_run_id=run_id,
        quiet_period=timedelta(seconds=quiet_period),
    )
    return task.execute(context(task_id="cancel"))


def collect(submission: dict[str, Any]) -> dict[str, Any]:
    """Wait for the submission as its report does, and collect it."""
    trigger = DeliveryReceiptsTrigger(
        ovh_sms_conn_id="ovh_sms_default",
        account=submission["account"],
        tag=submission["tag"],
        expected=submission["submitted"],
        poll_interval=0.1,
        ends_at=(datetime.now(UTC) + timedelta(seconds=60)).isoformat(),
        opt_out_window=0.0,
        withdrawn_after=0.5,
        earliest_after=0.0,
    )

    async def events() -> list[dict[str, Any]]:
        return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(events())
    assert event["status"] == "withdrawn"
    return CollectOutgoingSensor(task_id="collect", submission=submission).execute_complete(context(), event)


def test_pending_messages_are_withdrawn_and_the_report_counts_them(sandbox: SandboxProcess, include: Path) -> None:
    before = OvhSmsHook().client.account.get().credits_left
    submissions = send(include, 100, run_id="run_1", delay=60)
    done = cancel(include, "run_1")
    assert done == {"campaign": "spring", "dag_id": "a_dag", "run_id": "run_1", "withdrawn": 5, "left": 0}
    client = OvhSmsHook().client
    assert client.jobs.pending_ids() == []
    assert client.account.get().credits_left == before
    assert [collect(submission)["complete"] for submission in submissions] == [True, True]
    figures = figures_of(ResultsHook().store, *(submission["tag"] for submission in submissions))
    assert (figures.submitted, figures.withdrawn, figures.pending, figures.delivered) == (5, 5, 0, 0)
    assert figures.credits_spent == 0


def test_messages_that_have_left_are_counted_and_stay_in_the_report(sandbox: SandboxProcess, include: Path) -> None:
    (gone,) = send(include, 100, run_id="run_1", delay=0, rows=3)
    sandbox.clock(advance=3 * 86_400)
    done = cancel(include, "run_1")
    assert (done["withdrawn"], done["left"]) == (0, 3)
    sensor = CollectOutgoingSensor(task_id="collect", submission=gone)
    sensor.execute_complete(context(), {"status": "final", "message": "all final"})
    figures = figures_of(ResultsHook().store, gone["tag"])
    assert (figures.submitted, figures.withdrawn, figures.pending) == (3, 0, 0)


def test_a_run_that_has_sent_nothing(sandbox: SandboxProcess, include: Path) -> None:
    assert cancel(include, "run_1")["withdrawn"] == 0


def test_a_task_that_was_still_sending_is_waited_for(
    sandbox: SandboxProcess, include: Path, leaping: LeapingTime
) -> None:
    # the run is cancelled while its POST is on the way; the POST reaches OVH a moment later
    held = sandbox.fault("hold_before", method="POST", path="/sms/*/jobs")
    submission = Beside(lambda: send(include, 100, run_id="run_1", delay=60, rows=3))
    sandbox.wait_held(held)
    leaping.after(1, lambda: (sandbox.release(held), submission.end()))
    assert cancel(include, "run_1", quiet_period=6)["withdrawn"] == 3
    assert OvhSmsHook().client.jobs.pending_ids() == []


def test_a_lost_answer_to_a_deletion_counts_once(sandbox: SandboxProcess, include: Path) -> None:
    submissions = send(include, 100, run_id="run_1", delay=60, rows=3)
    sandbox.fault("lost_answer", method="DELETE", path="/sms/*/jobs/*", times=2)
    assert cancel(include, "run_1", quiet_period=1)["withdrawn"] == 3
    assert ResultsHook().store.withdrawals.count(submissions[0]["tag"]) == (3, 3.0)


def test_a_further_try_counts_what_the_tries_before_it_have_withdrawn(
    sandbox: SandboxProcess, include: Path, log: Log
) -> None:
    submissions = send(include, 100, run_id="run_1", delay=60)
    sandbox.fault("status", method="DELETE", path="/sms/*/jobs/*", status=403, after=4)
    with pytest.raises(RequestRefused):
        cancel(include, "run_1")
    assert cancel(include, "run_1")["withdrawn"] == 5
    assert cancel(include, "run_1")["withdrawn"] == 5  # cleared: the same messages, not none
    assert log.text.count("cancelled run=run_1 withdrawn=5 left=0") == 2
    assert ResultsHook().store.withdrawals.count(*(each["tag"] for each in submissions)) == (5, 5.0)


def test_a_deletion_that_never_came_through_is_made_again(sandbox: SandboxProcess, include: Path) -> None:
    send(include, 100, run_id="run_1", delay=60, rows=3)
    sandbox.fault("status", method="DELETE", path="/sms/*/jobs/*", status=500, times=2)
    assert cancel(include, "run_1", quiet_period=1)["withdrawn"] == 3
    assert OvhSmsHook().client.jobs.pending_ids() == []


def test_a_campaign_whose_answer_was_lost_is_cancelled_without_its_file(sandbox: SandboxProcess, include: Path) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs", times=1)
    with pytest.raises(OutcomeUnknown):
        send(include, 100, run_id="run_1", delay=60, rows=3)
    (include / "campaigns" / "spring.yaml").unlink()
    assert cancel(include, "run_1")["withdrawn"] == 3


def test_messages_whose_answer_was_lost_stay_if_the_list_is_gone(sandbox: SandboxProcess, include: Path) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs", times=1)
    with pytest.raises(OutcomeUnknown):
        send(include, 100, run_id="run_1", delay=60, rows=3)
    (published,) = ResultsHook().store.published_lists.of_run("a_dag", "run_1")
    shutil.rmtree(published.folder)
    with pytest.raises(ContactsError, match="No prepared list"):
        cancel(include, "run_1")
    assert len(OvhSmsHook().client.jobs.pending_ids()) == 3


def test_what_is_known_by_its_ids_needs_no_file(sandbox: SandboxProcess, include: Path) -> None:
    send(include, 100, run_id="run_1", delay=60)
    (include / "campaigns" / "spring.yaml").unlink()
    assert cancel(include, "run_1")["withdrawn"] == 5


def test_messages_of_a_changed_text_are_found_by_their_ids(sandbox: SandboxProcess, include: Path) -> None:
    send(include, 100, run_id="run_1", delay=60)
    campaign(include, "Bonsoir #prenom#")
    assert cancel(include, "run_1")["withdrawn"] == 5


def test_messages_whose_answer_was_lost_are_found_by_the_text_that_was_sent(
    sandbox: SandboxProcess, include: Path
) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs", times=1)
    with pytest.raises(OutcomeUnknown):
        send(include, 100, run_id="run_1", delay=60, rows=3)
    campaign(include, "Bonsoir #prenom#")
    assert cancel(include, "run_1")["withdrawn"] == 3


def test_messages_of_a_repeated_post_are_withdrawn_once_they_are_noticed(
    sandbox: SandboxProcess, include: Path
) -> None:
    sandbox.fault("repeat", method="POST", path="/sms/*/jobs")
    (submission,) = send(include, 100, run_id="run_1", delay=60, rows=3)
    store = ResultsHook().store
    store.submissions.start(submission_record(Submission.from_xcom(submission)))
    noticed = MessageFigures(statuses=(StatusCount("pending", None, None, 4),))
    store.submissions.finish(submission["tag"], noticed, complete=False)
    assert cancel(include, "run_1")["withdrawn"] == 6
    assert OvhSmsHook().client.jobs.pending_ids() == []


def test_a_cancelled_run_sends_no_more(sandbox: SandboxProcess, include: Path) -> None:
    cancel(include, "run_1")
    with pytest.raises(RunCancelled, match="run_1 of a_dag was cancelled"):
        send(include, 100, run_id="run_1", delay=60)
    assert OvhSmsHook().client.jobs.pending_ids() == []
