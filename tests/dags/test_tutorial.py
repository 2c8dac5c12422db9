"""The tutorial, followed to the letter: its list, its campaign and its commands, beside a real Airflow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.own_airflow import ROOT, run_in_airflow
from support.pages import DOCS, blocks, marked
from support.sandbox import SandboxProcess

PROBE = """
from support.tutorial_runs import TutorialRuns

made = TutorialRuns(bag, sys.argv[2], {account!r}).all({commands!r})
print(json.dumps({{"made": made}}, default=str))
"""
PEOPLE = {"+33639980041", "+33639980042", "+33639980043"}


def commands() -> list[str]:
    shown = [body for language, _, body in blocks(DOCS / "tutorial.md") if language == "bash"]
    return [line for body in shown for line in body.splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The result of each command, the sandbox's messages last."""
    home = tmp_path_factory.mktemp("tutorial")
    (csv,), (campaign,) = marked("tutorial.md", "visits"), marked("tutorial.md", "campaign")
    files = {"include/contacts/visits.csv": csv, "include/campaigns/visits.yaml": campaign}
    files |= {
        f"dags/{name}.py": (ROOT / "dags" / f"{name}.py").read_text()
        for name in ("sms_campaigns", "sms_campaign_report", "sms_replies")
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    with SandboxProcess(home / "sandbox", start=None) as sandbox:
        sandbox.features(ends={each: [1, 1] for each in PEOPLE})  # each message arrives
        code = PROBE.format(account=sandbox.account_name, commands=commands())
        found: list[dict[str, Any]] = json.loads(run_in_airflow(code, home, sandbox))["made"]
        return [*found, {"messages": sandbox.messages()}]


def given(made: list[dict[str, Any]], part: str) -> dict[str, Any]:
    (found,) = [each for each in made if part in each.get("command", "")]
    return found


def test_every_command_ends_well(made: list[dict[str, Any]]) -> None:
    assert {each["code"] for each in made if "code" in each} == {0}, made
    runs = [each for each in made if "state" in each]
    assert [each["state"] for each in runs] == ["success"] * 2
    assert runs[0]["report"] == "success"


def test_the_preview_shows_what_the_page_says(made: list[dict[str, Any]]) -> None:
    out = given(made, "make preview")["out"]
    assert "Bonjour Camille, rendez-vous mardi a 10 h." in out
    assert "duplicate" in out
    assert "invalid_number" in out


def test_three_people_get_one_sms_and_the_tester_gets_the_three_texts(made: list[dict[str, Any]]) -> None:
    messages = made[-1]["messages"]
    assert sorted(each["receiver"] for each in messages) == ["+33639980001"] * 3 + sorted(PEOPLE)


def test_who_said_stop_is_left_out_of_the_next_preview(made: list[dict[str, Any]]) -> None:
    assert [each["stop"] for each in made if "stop" in each] == [False, True]
    assert "suppressed" not in given(made, "make preview")["out"]
    assert "suppressed" in given(made, "--ask-ovh")["out"]


def test_the_french_tutorial_has_the_same_commands_files_and_pictures() -> None:
    english, french = ((DOCS / name).read_text(encoding="utf-8") for name in ("tutorial.md", "tutorial.fr.md"))
    assert blocks(DOCS / "tutorial.md") == blocks(DOCS / "tutorial.fr.md")
    pictures = [
        [line.rsplit("(", 1)[1] for line in each.splitlines() if line.startswith("![")] for each in (english, french)
    ]
    assert pictures[0] == pictures[1]
    heads = [
        [line.split(" ")[:2] for line in each.splitlines() if line.startswith("## ")] for each in (english, french)
    ]
    assert heads[0] == heads[1]
