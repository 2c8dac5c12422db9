"""Real runs of a campaign that a person approves: approved, refused, marked as successful by hand, prepared again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

SPRING = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
batch_size: 2
budget: 100
approval: true
test_receivers: ["06 39 98 00 09"]
"""
LIMITED = SPRING.replace("approval: true", "limits: {rows: 2}")
LIST = "numero;prenom\n0639980001;Ana\n0639980002;Bo\n0639980003;Cy\n"
PROBE = """
import os, time
from pathlib import Path
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.trigger import handle_event_submit
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.timezone import utcnow
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from sqlalchemy import select, text
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator

sleep, answers, questions = time.sleep, [], []

def wait(seconds):
    # Where Airflow's loop waits for the answer of a person, this is the person.
    if sys._getframe(1).f_code.co_name != "test":
        sleep(seconds)
        return
    with create_session() as session:
        run = session.scalars(select(DagRun).order_by(DagRun.id.desc())).first()
        ti = run.get_task_instance("approve", session=session)
        if ti is None or str(ti.state) != "awaiting_input":
            return
        detail = session.scalar(select(HITLDetail).where(HITLDetail.ti_id == ti.id))
        questions.append([detail.subject, detail.body])
        detail.responded_by, detail.responded_at = {"id": "alice", "name": "alice"}, utcnow()
        detail.chosen_options, detail.params_input = [answers.pop(0)], {}
        session.flush()
        handle_event_submit(TriggerEvent(detail.as_resume_event_payload()), task_instance=ti, session=session)

time.sleep = wait
store = ResultsHook().store

def ran(*given, dag="spring", **more):
    answers[:] = given
    done = bag.dags[f"sms_campaign_{dag}"].test(**more)
    with create_session() as session:
        states = {}
        for each in session.merge(done).get_task_instances(session=session):
            states.setdefault(each.task_id, set()).add(str(each.state))
    results = store.run_results.of_run(f"sms_campaign_{dag}", done.run_id)
    problems = [each.record.problem for each in results] + [b.record.problem for r in results for b in r.batches]
    return {
        "run": str(done.state),
        "tasks": {name: sorted(several) for name, several in sorted(states.items())},
        "problems": sorted({f"{each.step} {each.error}" for each in problems if each}),
        "what": [each.record.problem.what for each in results if each.record.problem],
        "asked": len(questions),
    }, {"logical_date": done.logical_date, "run_after": done.run_after}

found = {}
found["refused"], _ = ran("Reject")
found["by hand"], _ = ran(mark_success_pattern="approve")
check, UploadReceiversOperator._refuse_unapproved = UploadReceiversOperator._refuse_unapproved, lambda *_: None
found["by hand, uploaded"], _ = ran(mark_success_pattern="approve")
UploadReceiversOperator._refuse_unapproved = check
found["limit"], _ = ran(dag="limited")

split = SplitIntoBatchesOperator.execute
def fail(self, context):
    raise AirflowFailException("stopped between the approval and the upload")

SplitIntoBatchesOperator.execute = fail
found["approved"], same_run = ran("Approve")
SplitIntoBatchesOperator.execute = split
contacts = Path(os.environ["OVH_SMS_INCLUDE"]) / "contacts" / "spring.csv"
contacts.write_text(contacts.read_text() + "0639980004;Dee\\n")
found["prepared again"], _ = ran("Approve", **same_run)

with create_session() as session:
    tables = [name for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
    kept = "".join(str(row) for name in tables for row in session.execute(text(f'SELECT * FROM "{name}"')))
found["kept"] = [each for each in ("3998000", "39 98 00", "Bonjour Ana", "Maximilian") if each in kept]
found["questions"] = questions
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("approved")
    for name, text in (
        ("dags/sms_campaigns.py", (ROOT / "dags" / "sms_campaigns.py").read_text(encoding="utf-8")),
        ("include/campaigns/spring.yaml", SPRING),
        ("include/campaigns/limited.yaml", LIMITED),
        ("include/contacts/spring.csv", LIST),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        found: dict[str, Any] = json.loads(run_in_airflow(PROBE, folder, sandbox))
        found["messages"] = sorted((each["receiver"][-2:], each["message"]) for each in sandbox.messages())
        found["uploads"] = sandbox.calls("POST /sms/{serviceName}/receivers")
    return found


def test_a_refused_run_uploads_nothing(runs: dict[str, Any]) -> None:
    refused = runs["refused"]
    assert (refused["run"], refused["problems"], refused["asked"]) == ("success", [], 1)
    assert refused["tasks"]["approve"] == ["success"]
    later = {name for name, states in refused["tasks"].items() if states == ["skipped"]}
    assert {"split_into_batches", "upload_receivers", "send"} <= later


def test_a_task_that_is_marked_as_successful_by_hand_approves_nothing(runs: dict[str, Any]) -> None:
    assert runs["by hand"]["problems"] == ["upload_receivers CampaignNotApproved"]
    assert runs["by hand"]["tasks"]["send"] == ["upstream_failed"]
    uploaded = runs["by hand, uploaded"]
    assert uploaded["problems"] == ["send CampaignNotApproved"], "the claim checks it too"
    assert (uploaded["run"], uploaded["tasks"]["send"], uploaded["asked"]) == ("failed", ["failed"], 1)


def test_a_list_that_is_prepared_again_after_its_approval_is_asked_about_again(runs: dict[str, Any]) -> None:
    assert (runs["approved"]["asked"], runs["prepared again"]["asked"]) == (2, 3)
    assert runs["prepared again"]["run"] == "success"
    assert [subject.partition(":")[0] for subject, _ in runs["questions"]] == [
        *["Send spring to 3 people"] * 2,
        "Send spring to 4 people",
    ]


def test_a_run_over_a_limit_fails_with_figures(runs: dict[str, Any]) -> None:
    assert runs["limit"]["problems"] == ["preflight LimitExceeded"]
    assert runs["limit"]["what"] == ["The list has 3 people; 'rows' allows 2."]
    assert runs["limit"]["run"] == "failed"


def test_what_was_approved_is_sent_and_every_run_was_tested(runs: dict[str, Any]) -> None:
    names = {"01": "Ana", "02": "Bo", "03": "Cy", "04": "Dee"}
    sent = [each for each in runs["messages"] if each[0] != "09"]
    assert sent == [(number, f"Bonjour {name}") for number, name in names.items()]
    # Four runs got so far; the list of the last one was prepared twice, with the same texts to test.
    assert [text for number, text in runs["messages"] if number == "09"] == ["Bonjour Ana"] * 4 + ["Bonjour Bo"] * 4
    assert runs["uploads"] == 2 + 2, "those of the run whose upload was not checked, and the approved ones"


def test_airflow_keeps_no_number_and_no_text(runs: dict[str, Any]) -> None:
    assert runs["kept"] == []
