"""Named people get the first, the shortest and the longest text of a run, each once; the list gets nothing by it."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.serialization.serialized_objects import DagSerialization

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.dag_factories.campaign import campaign_dag
from ovh_sms.errors import InsufficientCredits, OutcomeUnknown, RunCancelled
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_tests import SendTestsOperator
from ovh_sms.store.campaign_tests import CampaignTests
from support.campaign_runs import CampaignRun
from support.opted_out import stopped_in_store
from support.sandbox import SandboxProcess
from support.tries import asked, killed_once_answered

pytestmark = pytest.mark.usefixtures("leaping")

ANNA, BEN = "+33639980001", "+33639980002"
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#, a mardi."
contacts: {file: contacts/spring.csv}
budget: 100
test_receivers: ["06 39 98 00 01", "+33639980002"]
"""
ROWS = ["0639980100;Eva", "0639980101;Maximilian", "0639980102;Al"]
TEXTS = {name: f"Bonjour {name}, a mardi." for name in ("Eva", "Al", "Maximilian")}


@pytest.fixture
def run(sandbox: SandboxProcess, tmp_path: Path) -> CampaignRun:
    """A run whose list is prepared."""
    path = tmp_path / "campaigns" / "spring.yaml"
    path.parent.mkdir()
    path.write_text(CAMPAIGN, encoding="utf-8")
    made = CampaignRun(campaign=load_file(path, Campaign), run_id="manual__1", include=tmp_path)
    made.prepare(ROWS)
    return made


def send_tests(run: CampaignRun, **changes: Any) -> dict[str, Any]:
    """One try of the task."""
    waits = {"quiet_period": timedelta(seconds=3), "reconcile_timeout": timedelta(seconds=9), "deferrable": False}
    folder = str(run.include / "campaigns")
    task = SendTestsOperator(
        task_id="send_tests", campaign="spring", campaigns=folder, prepared=run.prepared, **waits, **changes
    )
    return task.execute(run.context("send_tests"))


def got(sandbox: SandboxProcess) -> Counter[tuple[str, str]]:
    return Counter((each["receiver"], each["message"]) for each in sandbox.messages(account=sandbox.account_name))


def everything(*people: str) -> Counter[tuple[str, str]]:
    return Counter((person, text) for person in people for text in TEXTS.values())


def test_each_person_gets_each_text_once_however_often_the_task_runs(
    sandbox: SandboxProcess, run: CampaignRun, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = send_tests(run)
    assert made == {"tests": 6, "by_state": {"sent": 6}, "credits_spent": 6.0}
    assert send_tests(run) == made
    assert got(sandbox) == everything(ANNA, BEN)
    tests = ResultsHook().store.campaign_tests.of_run(run.dag_id, run.run_id)
    assert {each.kinds for each in tests} == {"first", "shortest", "longest"}
    assert {each.receiver for each in tests} == {"+33 6 39 ·· ·· 01", "+33 6 39 ·· ·· 02"}
    shown = json.dumps(made) + caplog.text
    assert not any(secret in shown for secret in ("39980001", "39980100", "Bonjour Eva"))


def test_the_tests_are_in_no_figure_and_keep_nobody_from_the_message(sandbox: SandboxProcess, run: CampaignRun) -> None:
    (run.include / "campaigns" / "spring.yaml").write_text(CAMPAIGN.replace("06 39 98 00 01", "06 39 98 01 00"))
    send_tests(run)
    run.send_all()
    sent = got(sandbox)
    assert sent["+33639980100", TEXTS["Eva"]] == 2, "a person of the list gets the message all the same"
    store = ResultsHook().store
    (results,) = store.run_results.of_run(run.dag_id, run.run_id)
    assert [each.submitted for each in results.batches] == [3]
    assert [each.tag for each in store.attempts.of_run(run.dag_id, run.run_id)] == run.tags
    assert store.attempts.of_campaign("spring", account=sandbox.account_name)[0].run_id == run.run_id
    again = CampaignRun(campaign=run.campaign, run_id="manual__2", include=run.include)
    again.prepare([*ROWS, "0639980001;Anna", "0639980002;Maximilian"])
    assert again.prepared["rejected"] == {"already_sent": 3}, "those who had a test alone are not left out"


def test_a_list_with_one_text_is_tested_once(sandbox: SandboxProcess, run: CampaignRun) -> None:
    run.prepare(["0639980100;Eva", "0639980101;Eva"])
    assert send_tests(run)["tests"] == 2
    assert got(sandbox) == Counter({(ANNA, TEXTS["Eva"]): 1, (BEN, TEXTS["Eva"]): 1})
    run.prepare(["0639980100;Al"])
    assert send_tests(run)["tests"] == 2, "a list that is prepared again is tested again"


@pytest.mark.parametrize("fault", ["lost_answer", "reset_before"])
def test_a_lost_answer_is_reconciled_and_keeps_no_other_waiting(
    sandbox: SandboxProcess, run: CampaignRun, fault: str
) -> None:
    sandbox.fault(fault, **SUBMIT)
    made = send_tests(run)  # the last try reconciles at once
    assert made["by_state"] == {"sent": 6}
    assert got(sandbox) == everything(ANNA, BEN)


@pytest.mark.parametrize("stored", [False, True])
def test_a_process_that_is_killed_once_ovh_has_answered_leaves_one_message(
    sandbox: SandboxProcess, run: CampaignRun, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    killed_once_answered(monkeypatch, lambda: send_tests(run), stored=stored)
    assert send_tests(run)["by_state"] == {"sent": 6}
    assert got(sandbox) == everything(ANNA, BEN)


def test_a_person_decides_about_a_test_if_nobody_else_can(sandbox: SandboxProcess, run: CampaignRun) -> None:
    sandbox.features(ends=dict.fromkeys((ANNA, BEN), (1, 4)))  # an error that OVH does not bill would show nothing
    sandbox.fault("late_listing", seconds=600, answer="lost", **SUBMIT)
    asked(lambda: send_tests(run)).decide("sent")
    assert send_tests(run)["by_state"] == {"sent": 6}
    assert got(sandbox) == everything(ANNA, BEN)


def test_a_person_who_opted_out_gets_no_test(sandbox: SandboxProcess, run: CampaignRun) -> None:
    stopped_in_store(ANNA)
    sandbox.block(BEN)
    assert send_tests(run)["by_state"] == {"opted_out": 6}
    assert got(sandbox) == Counter()


def test_without_credits_nothing_is_tested(sandbox: SandboxProcess, run: CampaignRun) -> None:
    sandbox.account(creditsLeft=5)
    with pytest.raises(InsufficientCredits, match="6 test messages cost 6 credits; the account holds 5"):
        send_tests(run)
    assert got(sandbox) == Counter()


def test_a_cancelled_run_is_not_tested(sandbox: SandboxProcess, run: CampaignRun) -> None:
    ResultsHook().store.cancelled_runs.add(run.dag_id, run.run_id)
    with pytest.raises(RunCancelled):
        send_tests(run)
    assert got(sandbox) == Counter()


def test_a_run_that_is_cancelled_between_two_tests_sends_no_further_one(
    sandbox: SandboxProcess, run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = CampaignTests.end

    def cancelled_meanwhile(tests: CampaignTests, *given: Any, **more: Any) -> None:
        end(tests, *given, **more)
        ResultsHook().store.cancelled_runs.add(run.dag_id, run.run_id)

    monkeypatch.setattr(CampaignTests, "end", cancelled_meanwhile)
    with pytest.raises(RunCancelled):
        send_tests(run)
    assert got(sandbox).total() == 1


def test_an_invalid_file_is_tested_by_its_last_good_version(sandbox: SandboxProcess, run: CampaignRun) -> None:
    from ovh_sms.campaign.last_good_files import keep_good_version

    keep_good_version(run.campaign)
    (run.include / "campaigns" / "spring.yaml").write_text("budgett: 1\n", encoding="utf-8")
    assert send_tests(run)["by_state"] == {"sent": 6}


def test_numbers_reach_neither_airflow_nor_an_error(sandbox: SandboxProcess, run: CampaignRun) -> None:
    dag = campaign_dag(run.campaign, run.include)
    assert {each.task_id for each in dag.get_task("send_tests").get_direct_relatives(upstream=True)} == {
        "preflight",
        "prepare",
    }
    serialized = json.dumps(DagSerialization.to_dict(dag))
    assert '"send_tests"' in serialized
    assert not any(each in serialized for each in ("39 98 00", "39980001", "test_receivers"))
    (run.include / "campaigns" / "spring.yaml").write_text(CAMPAIGN.replace("06 39 98 00 01", "01 39 98 00 01"))
    with pytest.raises(Exception, match="Number 1 of 2 for test messages cannot be used") as caught:
        send_tests(run)
    assert "39 98" not in str(caught.value)


def test_a_marketing_message_is_tested_with_its_stop_clause(sandbox: SandboxProcess, run: CampaignRun) -> None:
    long = "a mardi, " + "x" * 130
    marketing = CAMPAIGN.replace("transactional\nnight: send", "marketing").replace("a mardi.", long)
    path = run.include / "campaigns" / "spring.yaml"
    path.write_text(marketing, encoding="utf-8")
    shop = CampaignRun(campaign=load_file(path, Campaign), run_id="manual__2", include=run.include)
    shop.prepare(["0639980100;Eva"])
    assert send_tests(shop) == {"tests": 2, "by_state": {"sent": 2}, "credits_spent": 4.0}, "the clause needs a part"


def test_an_unknown_outcome_of_one_try_is_raised_for_the_next(
    sandbox: SandboxProcess, run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run.context("send_tests")
    here["ti"].try_number = 1
    monkeypatch.setattr(CampaignRun, "context", lambda *_: here)
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send_tests(run)
    assert sum(got(sandbox).values()) == 6, "the others were sent"
    assert send_tests(run)["by_state"] == {"sent": 6}
    assert got(sandbox) == everything(ANNA, BEN)
