"""A person approves one list with one content: no other one is uploaded or claimed, whichever states Airflow shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskAwaitingInput
from sqlalchemy import select

from ovh_sms.errors import CampaignNotApproved, RunCancelled, ScheduleTooOld
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.store.campaign_approval_tables import campaign_approvals
from support.airflow_task import context
from support.approvals import CAMPAIGN, ROWS, Approver, approved_run, checked
from support.campaign_runs import CampaignRun, people
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess
from support.tries import send

pytestmark = pytest.mark.usefixtures("leaping")


@pytest.fixture
def run(sandbox: SandboxProcess, tmp_path: Path) -> CampaignRun:
    KeepingNotifier.kept.clear()
    sandbox.reset_calls()
    made = approved_run(tmp_path)
    made.prepare(ROWS)
    return made


@pytest.fixture
def approver(run: CampaignRun, monkeypatch: pytest.MonkeyPatch) -> Approver:
    return Approver(run, monkeypatch)


def nothing_happened(sandbox: SandboxProcess) -> bool:
    """Nothing was sent, and no list uploaded."""
    calls = sandbox.calls("POST /sms/{serviceName}/receivers")
    return not sandbox.messages(account=sandbox.account_name) and not calls


def test_an_approved_list_is_sent_and_the_question_has_counts_alone(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver
) -> None:
    made = approver.answer(approver.ask())
    assert made | {"at": None} == {"approved": True, "by": "alice", "at": None, "people": 3, "credits": 3.0}
    run.send_all()
    assert len(sandbox.messages(account=sandbox.account_name)) == 3
    (asked,) = approver.questions
    assert asked["subject"] == "Send spring to 3 people: 3 credits (0.2250 EUR without tax)"
    assert asked["assigned_users"] == [{"id": "alice", "name": "alice"}]
    for said in (
        "| People | 3 in 1 batch |",
        "| Last run that was sent | none |",
        "| Test messages sent | none |",
        "| Leaves | once it is approved |",
        "Without an answer by",
    ):
        assert said in asked["body"]
    assert f"/ovh-sms/preview?dag_id={run.dag_id}&run_id={run.run_id}" in asked["body"]
    shown = json.dumps([asked["subject"], asked["body"], made, checked(run)])
    assert not any(secret in shown for secret in ("39980100", "39 98", "Eva", "Bonjour"))
    store = ResultsHook().store
    with store.database.reading() as connection:
        (row,) = connection.execute(select(campaign_approvals)).mappings()
    assert (row["decision"], row["decided_by"], row["people"], row["credits"]) == ("approved", "alice", 3, 3.0)
    assert row["digest"] == run.prepared["digest"]
    (line,) = store.audit.list(action="approval")
    assert (line.by, line.detail) == ("alice", f"approved dag={run.dag_id} run={run.run_id}")


def test_without_an_answer_nothing_is_uploaded_or_sent(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver
) -> None:
    checked(run)
    with pytest.raises(CampaignNotApproved, match="nobody was asked about this list"):
        run.send(0)
    approver.ask()
    with pytest.raises(CampaignNotApproved, match="nobody has answered since"):
        run.send(0)  # as if a person had marked *approve* as successful
    assert nothing_happened(sandbox)


@pytest.mark.parametrize(
    ("by", "said", "title"),
    [
        ("alice", "alice refused it on", "SMS campaign spring: not approved, nothing was sent"),
        (None, "nobody answered in time", "SMS campaign spring: not approved, nothing was sent"),
    ],
)
def test_a_refused_run_sends_nothing_also_if_later_tasks_are_cleared(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver, by: str | None, said: str, title: str
) -> None:
    made = approver.answer(approver.ask(), "Reject", by=by)
    assert (made["approved"], made["by"]) == (False, by)
    assert approver.pushed["return_value"] == made
    for _ in range(2):
        with pytest.raises(CampaignNotApproved, match=said):
            run.send(0)
    assert nothing_happened(sandbox)
    asked, answered = KeepingNotifier.kept
    assert asked["subject"] == "SMS campaign spring: waiting for approval"
    assert "Waits for approval by a person since" in asked["text"]
    assert f"/ovh-sms/preview?dag_id={run.dag_id}" in asked["text"]
    assert answered["subject"] == title
    assert "39980100" not in json.dumps(KeepingNotifier.kept)


def test_the_claim_itself_refuses_what_is_not_approved(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked(run)
    monkeypatch.setattr(UploadReceiversOperator, "_refuse_unapproved", lambda *_: None)
    with pytest.raises(CampaignNotApproved, match="nobody was asked about this list"):
        run.send(0)
    assert sandbox.messages(account=sandbox.account_name) == []
    assert ResultsHook().store.attempts.count() == 0


def test_numbers_and_addresses_that_nobody_can_be_asked_about_are_refused(sandbox: SandboxProcess) -> None:
    sandbox.reset_calls()
    with pytest.raises(CampaignNotApproved, match="no prepared list"):
        send(approval=True)
    upload = UploadReceiversOperator(task_id="upload", csv_url="https://example.org/list.csv", approval=True)
    with pytest.raises(CampaignNotApproved, match="no prepared list"):
        upload.execute(context(task_id="upload"))
    assert nothing_happened(sandbox)


def test_a_list_that_is_prepared_again_is_asked_about_again(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver
) -> None:
    task = approver.ask()
    approver.answer(task)
    before = run.batches
    run.prepare([*ROWS, "0639980103;Ana"])
    with pytest.raises(CampaignNotApproved, match="prepared again since"):
        approver.answer(task)  # the answer to the earlier question comes late
    checks = checked(run)
    with pytest.raises(CampaignNotApproved, match="prepared again since"):
        approver.answer(approver.task(checks))  # the same, if Airflow hands the new list on
    with pytest.raises(CampaignNotApproved, match="nobody was asked about this list"):
        run.send(0)
    run.batches, after = before, run.batches
    with pytest.raises(CampaignNotApproved, match="nobody was asked about its list"):
        run.send(0)
    run.batches = after
    assert nothing_happened(sandbox)
    approver.answer(approver.ask())
    run.send_all()
    assert len(sandbox.messages(account=sandbox.account_name)) == 4
    assert len(approver.questions) == 2


def test_another_text_to_the_same_list_is_asked_about_again(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver, tmp_path: Path
) -> None:
    approver.answer(approver.ask())
    digest = run.prepared["digest"]
    run.campaign = approved_run(tmp_path, file=CAMPAIGN.replace("a mardi", "a lundi")).campaign
    run.prepare(ROWS)
    assert run.prepared["digest"] == digest
    checked(run)
    with pytest.raises(CampaignNotApproved, match="nobody was asked about this list"):
        run.send(0)
    assert nothing_happened(sandbox)
    approver.ask()
    assert [each["subject"] for each in KeepingNotifier.kept] == ["SMS campaign spring: waiting for approval"] * 2


def test_the_same_list_that_is_prepared_again_keeps_its_approval(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver
) -> None:
    approver.answer(approver.ask())
    run.prepare(ROWS)
    assert approver.task(checked(run)).execute(approver.context())["by"] == "alice"
    run.send_all()
    assert len(approver.questions) == 1
    assert len(sandbox.messages(account=sandbox.account_name)) == 3


def test_a_refused_run_is_asked_about_again_if_its_task_is_cleared(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver
) -> None:
    approver.answer(approver.ask(), "Reject")
    approver.answer(approver.ask())
    run.send_all()
    assert len(sandbox.messages(account=sandbox.account_name)) == 3


def test_an_approval_that_the_file_asks_for_since_needs_the_list_anew(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = approved_run(tmp_path, file=CAMPAIGN.replace("approval:", "# approval:"))
    run.prepare(ROWS)
    run.campaign = approved_run(tmp_path).campaign
    approver = Approver(run, monkeypatch)
    with pytest.raises(CampaignNotApproved, match="without the approval that its campaign asks for now"):
        approver.task(checked(run)).execute(approver.context())
    monkeypatch.setattr(UploadReceiversOperator, "_refuse_unapproved", lambda *_: None)
    with pytest.raises(CampaignNotApproved, match="nobody was asked about its list"):
        run.send(0)  # by the task's own parameter


def test_an_approval_that_the_file_asks_for_no_more_still_counts_for_the_run(
    sandbox: SandboxProcess, run: CampaignRun, tmp_path: Path
) -> None:
    run.campaign = approved_run(tmp_path, file=CAMPAIGN.replace("approval:", "# approval:")).campaign
    checked(run)
    with pytest.raises(CampaignNotApproved):
        run.send(0)
    run.prepare(ROWS)
    run.send_all()
    assert len(sandbox.messages(account=sandbox.account_name)) == 3


def test_a_cancelled_run_asks_nobody_and_takes_no_approval(run: CampaignRun, approver: Approver) -> None:
    checks = checked(run)
    task = approver.ask(checks)
    ResultsHook().store.cancelled_runs.add(run.dag_id, run.run_id)
    with pytest.raises(RunCancelled):
        approver.answer(task)
    with pytest.raises(RunCancelled):
        approver.task(checks).execute(approver.context())


def test_a_run_past_its_time_fails_once_it_is_approved(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta
    from types import SimpleNamespace

    task = approver.ask()
    now = ResultsHook().store.clock.now()
    here = approver.context()
    here["dag_run"] = SimpleNamespace(
        conf={}, run_type="scheduled", logical_date=now - timedelta(hours=7), run_after=now
    )
    monkeypatch.setattr(approver, "context", lambda: here)
    with pytest.raises(ScheduleTooOld):
        approver.answer(task)
    with pytest.raises(CampaignNotApproved):
        run.send(0)


def test_the_question_says_what_has_grown_since_the_last_run(
    sandbox: SandboxProcess, run: CampaignRun, approver: Approver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    approver.answer(approver.ask())
    run.send_all()
    later = approved_run(tmp_path, run_id="manual__2")
    later.prepare([*people(200, 49), *["12;x"] * 11])
    again = Approver(later, monkeypatch)
    task = again.ask()
    body = again.questions[0]["body"]
    assert "- **The list has 49 people, 16.3 times as many as the last run that was sent (3).**" in body
    assert (
        "**11 of 60 rows were rejected for their faults (18.3 %), 0 of 3 in the last run that was sent (0.0 %).**"
        in body
    )
    assert "3 people; 0 of 3 rows rejected" in body
    assert task.response_timeout is not None
    said = KeepingNotifier.kept[-1]["text"]
    assert "The last run that was sent wrote to 3 people: 16.3 times as many now." in said


def test_a_notifier_that_fails_hinders_no_question(
    run: CampaignRun, approver: Approver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(KeepingNotifier, "notify", fail)
    task = approver.task(checked(run))
    with pytest.raises(TaskAwaitingInput):
        task.execute(approver.context())
    assert len(approver.questions) == 1


def test_the_arguments_of_notifiers_do_not_reach_airflow(sandbox: SandboxProcess, tmp_path: Path) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    from ovh_sms.dag_factories.campaign import campaign_dag

    file = CAMPAIGN.replace("KeepingNotifier}", 'KeepingNotifier, arguments: {text: "06 39 98 00 77"}}')
    dag = campaign_dag(approved_run(tmp_path, file=file).campaign, tmp_path)
    serialized = json.dumps(DagSerialization.to_dict(dag))
    assert '"approve"' in serialized
    assert not any(each in serialized for each in ("39 98", "KeepingNotifier", "Bonjour"))
