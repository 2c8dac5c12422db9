"""docs/inbound.md against the words and the models; its campaign is sent, answered and read by its DAG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.assets import REPLIES
from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.replies import AccountReplies, CampaignReplies, KeywordEntry
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.operators.collect_replies import CollectRepliesOperator
from ovh_sms.reply_words import CERTAIN, USUAL, words_of
from support.airflow_task import context
from support.answered_runs import announcing, collecting, delivered, people, reply
from support.campaign_runs import CampaignRun, seconds_until
from support.pages import chapter, marked, rows, run_marked, table, text
from support.sandbox import SandboxProcess

PAGE = text("inbound.md")


def file(tmp_path: Path, mark: str, name: str, model: type) -> Any:
    (code,) = marked("inbound.md", mark)
    path = tmp_path / "include" / f"{mark}s" / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(code, encoding="utf-8")
    return load_file(path, model)


def test_every_word_that_opts_out_is_described() -> None:
    part = chapter(PAGE, "How a reply is read")
    listed = {words_of(each) for row in rows(part)[1:] for each in re.findall(r"`([^`]+)`", row[1])}
    assert listed == CERTAIN
    (usual,) = re.findall(r"unless a rule gives them another event: (.+)\.$", part, re.MULTILINE)
    assert {words_of(each) for each in re.findall(r"`([^`]+)`", usual)} == USUAL


def test_every_field_of_replies_is_described() -> None:
    described = set(table(chapter(PAGE, "Ask for replies"))) - {
        "Field of `replies",
        "Field of a rule",
        "Field of `replies`",
    }
    assert described == {*CampaignReplies.model_fields, *AccountReplies.model_fields, *KeywordEntry.model_fields}


@pytest.fixture
def by_day(sandbox: SandboxProcess) -> Iterator[None]:
    """OVH's clock stands at 10 in the morning: nothing waits for the end of the night."""
    sandbox.clock(offset=seconds_until("2026-11-27 10:00"))
    yield
    sandbox.clock(offset=0)


@pytest.mark.usefixtures("by_day")
def test_the_campaign_of_the_page_starts_its_dag_with_the_keys_of_those_who_come(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    campaign = file(tmp_path, "campaign", "visit", Campaign)
    account = file(tmp_path, "account", "shop", AccountFile)
    run = CampaignRun(campaign=campaign, run_id="manual__1", include=tmp_path / "include")
    numbers = people(0, 12)
    lines = [f"{number};P{at};C-{at}" for at, number in enumerate(numbers)]
    run.prepare(lines, header="numero;prenom;client")
    run.send_all()
    there = delivered(sandbox, run)
    for person, said in zip(there, ("Oui", "YES!", "non", "je dis rappelez-moi svp", "info", "??"), strict=False):
        reply(sandbox, person, said)
    task = CollectRepliesOperator(
        task_id="shop", campaigns=str(tmp_path / "include" / "campaigns"), keywords=account.replies.rules()
    )
    made = collecting(task)
    _, (event,) = announcing()
    assert made["by_action"] == {"confirmed": 2, "declined": 1, "call_back": 1, "wants_information": 1, "inbox": 1}
    assert set(table(chapter(PAGE, "Start a DAG with a reply"))) >= {"account", "replies", "by_keyword", "events"}
    dag = run_marked("inbound.md", "dag")["visits_confirmed"]()
    confirmed = dag.get_task("confirmed").python_callable({REPLIES: [event]})
    assert confirmed == [f"C-{numbers.index(person)}" for person in there[:2]]


@pytest.mark.usefixtures("by_day")
def test_the_dag_of_the_page_answers_those_who_come_with_their_names(sandbox: SandboxProcess, tmp_path: Path) -> None:
    campaign = file(tmp_path, "campaign", "visit", Campaign)
    run = CampaignRun(campaign=campaign, run_id="manual__1", include=tmp_path / "include")
    numbers = people(40, 12)
    run.prepare([f"{number};P{at};C-{at}" for at, number in enumerate(numbers)], header="numero;prenom;client")
    run.send_all()
    there = delivered(sandbox, run)
    for person, said in zip(there, ("Oui", "non", "STOP"), strict=False):
        reply(sandbox, person, said)
    collecting(CollectRepliesOperator(task_id="shop", campaigns=str(tmp_path / "include" / "campaigns")))
    task = run_marked("inbound.md", "answer")["dag"].get_task("thank")
    assert task.execute(context(task_id="thank"))["by_state"] == {"answered": 1}
    (sent,) = [each for each in sandbox.messages(account=sandbox.account_name) if "mardi !" in each["message"]]
    assert (sent["receiver"], sent["message"]) == (there[0], f"Merci P{numbers.index(there[0])}, a mardi !")


def test_every_reason_for_no_answer_is_described() -> None:
    from ovh_sms.inbound import answer_post

    names = ("OPTED_OUT", "TOO_OLD", "ERASED", "NO_COLUMNS", "ENOUGH", "NO_NUMBER", "BEFORE_RESTORE")
    described = table(chapter(text("results-and-report.md"), "ovh_sms_answers"))["state"][0]
    assert {getattr(answer_post, each) for each in names} < set(re.findall(r"`([^`]+)`", described))
