"""The tasks that read and publish opt-outs: what they return, whom they notify, and what a later campaign rejects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.assets import OPT_OUTS, OPT_OUTS_OF_TASK
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.collect_opt_outs import CollectOptOutsOperator
from ovh_sms.operators.publish_opt_outs import PublishOptOutsOperator
from ovh_sms.store.stop_rate import StopRate
from support.airflow_task import context
from support.answered_runs import RULES, delivered, people, pull_replies, reply, send_run
from support.campaign_runs import CampaignRun
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess
from support.supervisor import Supervisor

EVERYONE = people(700, 20)
NOTIFIED = """
stop_threshold: 5
notify:
  - notifier: support.notifiers.KeepingNotifier
    language: LANGUAGE
"""


class Events:
    """The events that a task adds to its asset."""

    def __init__(self) -> None:
        self.added: list[Any] = []

    def add(self, asset: Any, extra: Any) -> None:
        assert asset == OPT_OUTS
        self.added.append(SimpleNamespace(extra=extra))


def collecting(run_id: str = "opt_outs_1") -> dict[str, Any]:
    task = CollectOptOutsOperator(task_id="default")
    return task.execute(context(task_id="default", run_id=run_id) | {"dag": None})


def publishing(run_id: str = "opt_outs_1") -> tuple[dict[str, Any], list[Any]]:
    events = Events()
    task = PublishOptOutsOperator(task_id="publish")
    given = context(task_id="publish", run_id=run_id) | {"outlet_events": {OPT_OUTS_OF_TASK: events}}
    return task.execute(given), events.added


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def supervisor(sandbox: SandboxProcess) -> Supervisor:
    """Airflow, which knows the states of the tasks that publish."""
    found = task_runner.SUPERVISOR_COMMS
    assert isinstance(found, Supervisor)
    found.tasks.clear()
    return found


def test_nothing_that_is_handed_on_has_a_number(sandbox: SandboxProcess, include: Path, supervisor: Supervisor) -> None:
    there = delivered(sandbox, send_run(include, EVERYONE))
    reply(sandbox, there[0], "STOP")
    made = collecting()
    assert made == {
        "account": sandbox.account_name,
        "listed": 1,
        "new": 1,
        "left": 0,
        "attributed": 1,
        "submissions_read": 0,
        "alerts": 0,
    }
    published, (event,) = publishing()
    assert published == {**event.extra, "is_new": True}
    assert (event.extra["opt_outs"], event.extra["failed"]) == (1, 0)
    assert there[0].removeprefix("+") not in json.dumps([made, published])
    assert len(publishing()[1]) == 1, "a further try of the task announces it once more"
    for state in ("success", "up_for_retry"):
        supervisor.tasks["opt_outs_1"] = {"publish": state}
        assert publishing("opt_outs_2")[1] == [], "nothing is new"


@pytest.mark.parametrize("state", ["failed", None])
def test_a_file_that_its_task_never_announced_is_announced_by_the_next_one(
    sandbox: SandboxProcess, include: Path, supervisor: Supervisor, state: str | None
) -> None:
    """The task has failed, or its run is gone."""
    publishing()  # killed before Airflow made the event
    if state:
        supervisor.tasks["opt_outs_1"] = {"publish": state}
    assert [len(publishing("opt_outs_2")[1]) for _ in range(2)] == [1, 1]
    supervisor.tasks["opt_outs_2"] = {"publish": "success"}
    assert publishing("opt_outs_3")[1] == []


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "STOPs to {n} delivered messages ({rate} for 1,000), more than the limit of 5."),
        ("fr", "STOP pour {n} messages distribués ({rate} pour 1 000), plus que la limite de 5."),
    ],
)
@pytest.mark.parametrize("collected", [False, True])
def test_too_many_opt_outs_are_reported_once(
    sandbox: SandboxProcess, include: Path, language: str, line: str, collected: bool
) -> None:
    KeepingNotifier.kept.clear()
    run = send_run(include, EVERYONE, more=RULES + NOTIFIED.replace("LANGUAGE", language))
    there = delivered(sandbox, run)
    assert collecting("before")["alerts"] == 0
    for each in there[:2]:
        reply(sandbox, each, "STOP")
    assert collecting("few")["alerts"] == 0
    reply(sandbox, there[2], "STOP")
    if collected:
        run.collect()
    assert [collecting(each)["alerts"] for each in ("first", "first", "second")] == [1, 0, 0]
    (kept,) = KeepingNotifier.kept
    whole = len(there) if collected else len(EVERYONE)
    rate = f"{3000 / whole:.1f}".replace(".", "," if language == "fr" else ".").removesuffix(",0").removesuffix(".0")
    assert "3 " + line.format(n=whole, rate=rate) in kept["text"]
    assert "+336" not in kept["text"]
    assert "wait for a person" not in kept["text"], "every batch is sent"


def test_opt_outs_by_a_word_of_the_campaign_are_reported_alike(sandbox: SandboxProcess, include: Path) -> None:
    KeepingNotifier.kept.clear()
    words = "replies:\n  keywords:\n    - {words: [plus jamais], event: opt_out}\n"
    there = delivered(sandbox, send_run(include, EVERYONE, more=words + NOTIFIED.replace("LANGUAGE", "en")))
    for each in there[:3]:
        reply(sandbox, each, "plus jamais")
    pull_replies(ResultsHook().store, include)
    made = collecting()
    assert (made["listed"], made["alerts"], len(KeepingNotifier.kept)) == (0, 1, 1)
    assert collecting("second")["alerts"] == 0


def test_a_run_whose_hold_was_reported_is_not_reported_again(sandbox: SandboxProcess, include: Path) -> None:
    KeepingNotifier.kept.clear()
    run = send_run(include, EVERYONE, more=RULES + NOTIFIED.replace("LANGUAGE", "en"))
    for each in delivered(sandbox, run)[:3]:
        reply(sandbox, each, "STOP")
    ResultsHook().store.held_runs.hold(run.dag_id, run.run_id, StopRate(3, 20), 5.0)
    assert (collecting()["alerts"], KeepingNotifier.kept) == (0, [])


def run_of(include: Path, name: str, more: str) -> CampaignRun:
    """Send a campaign with a text of its own to everybody."""
    text = f"kind: transactional\nnight: send\nsender: MYSHOP\nmessage: Bonjour {name}\nbudget: 1000\n"
    path = include / "campaigns" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}contacts: {{file: contacts/{name}.csv}}\n{more}", encoding="utf-8")
    run = CampaignRun(campaign=load_file(path, Campaign), run_id=f"manual__{name}", include=include)
    run.prepare([f"{number};P{at}" for at, number in enumerate(EVERYONE)])
    run.send_all()
    return run


@pytest.fixture
def lost(sandbox: SandboxProcess) -> Iterator[str]:
    """A person whom no message reaches."""
    sandbox.features(unreachable=EVERYONE[:1])
    yield EVERYONE[0]
    sandbox.features(unreachable=[])


def test_a_number_that_failed_for_good_in_two_runs_is_rejected_by_a_third(
    sandbox: SandboxProcess, include: Path, lost: str
) -> None:
    more = "dead_after: 2\n"
    for at in range(2):
        run = run_of(include, f"c{at}", more)
        assert run.prepared["accepted"] == len(EVERYONE), "one failure proves nothing"
        sandbox.clock(advance=3_600)
        run.collect()
        assert collecting(f"read_{at}")["submissions_read"] == 1
    third = run_of(include, "c3", more)
    assert (third.prepared["rejected"], third.prepared["accepted"]) == ({"failed_before": 1}, len(EVERYONE) - 1)
    rejects = (Path(third.prepared["folder"]) / "rejects.csv").read_text(encoding="utf-8")
    assert "failed_before" in rejects
    assert run_of(include, "c4", "dead_after: 0\n").prepared["rejected"] == {}
    counts = {each.number: each.failures for each in ResultsHook().store.suppressed.published()}
    assert counts[lost] == 2
