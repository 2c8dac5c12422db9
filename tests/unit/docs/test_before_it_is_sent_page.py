"""docs/before-it-is-sent.md: its campaigns are made into DAGs, and run against the sandbox."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import DAG

from ovh_sms.campaign.approval import MOST_HOURS, CampaignApproval
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.dag_factories.campaign import campaign_dag
from ovh_sms.errors import CampaignNotApproved, LimitExceeded
from ovh_sms.operators.send_tests import SendTestsOperator
from support.approvals import Approver, checked
from support.campaign_runs import CampaignRun, people
from support.pages import chapter, marked, table, text
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")
PAGE = "before-it-is-sent.md"


@pytest.fixture
def campaigns(tmp_path: Path, sandbox: SandboxProcess) -> list[Campaign]:
    """The campaigns of the page, in their order: with tests, with an approval, with limits."""
    folder = tmp_path / "campaigns"
    folder.mkdir()
    found = []
    for number, code in enumerate(marked(PAGE, "campaign")):
        path = folder / f"page_{number}.yaml"
        path.write_text(code, encoding="utf-8")
        found.append(load_file(path, Campaign))
    return found


def run_of(campaign: Campaign, include: Path, rows: list[str], *, run_id: str = "manual__1") -> CampaignRun:
    made = CampaignRun(campaign=campaign, run_id=run_id, include=include)
    made.prepare(rows)
    return made


def between(dag: DAG) -> list[str]:
    """The tasks between the checks and the upload."""
    return [each.task_id for each in dag.topological_sort() if each.task_id in ("send_tests", "approve")]


def test_each_campaign_has_the_tasks_that_the_page_names(campaigns: list[Campaign], tmp_path: Path) -> None:
    assert [between(campaign_dag(each, tmp_path)) for each in campaigns] == [["send_tests"], ["approve"], []]


def test_the_first_campaign_is_tested_on_the_phones_that_it_names(
    campaigns: list[Campaign], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    run = run_of(campaigns[0], tmp_path, ["0639980100;Eva", "0639980101;Maximilian", "0639980102;Al"])
    waits = {"quiet_period": timedelta(seconds=3), "reconcile_timeout": timedelta(seconds=9), "deferrable": False}
    about = {"campaign": run.campaign.name, "campaigns": str(tmp_path / "campaigns"), "prepared": run.prepared}
    SendTestsOperator(task_id="send_tests", **about, **waits).execute(run.context("send_tests"))
    got = Counter(each["receiver"] for each in sandbox.messages(account=sandbox.account_name))
    assert got == {"+33639980001": 3, "+33639980002": 3}


def test_the_second_campaign_waits_for_the_person_that_it_names(
    campaigns: list[Campaign], tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(campaigns[1], tmp_path, people(100, 3))
    approver = Approver(run, monkeypatch)
    task = approver.ask()
    assert task.response_timeout == timedelta(hours=4)
    assert approver.questions[0]["assigned_users"] == [{"id": "alice", "name": "alice"}]
    with pytest.raises(CampaignNotApproved):
        run.send(0)
    assert approver.answer(task)["approved"]


def test_the_third_campaign_fails_with_the_figures_of_the_page(
    campaigns: list[Campaign], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    campaign = campaigns[2].model_copy(update={"night": "send"})  # the test may run at night
    run_of(campaign, tmp_path, people(100, 2)).send_all()
    with pytest.raises(LimitExceeded) as caught:
        checked(run_of(campaign, tmp_path, people(200, 10), run_id="manual__2"))
    said, page = str(caught.value), " ".join(text(PAGE).replace("\n>", " ").split())
    assert "5.0 times as many as the last run that was sent (2); 'growth' allows 3 times." in said
    assert said.partition("Nothing was sent.")[2] in page


def test_every_field_of_an_approval_is_described() -> None:
    described = table(chapter(text(PAGE), "A person's yes"))
    assert set(CampaignApproval.model_fields) <= set(described)
    assert f"at most {MOST_HOURS}" in described["within_hours"][1]
