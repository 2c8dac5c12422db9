"""Real runs of campaigns that do not leave at once: with a pace, over the end of the hours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

PARIS = ZoneInfo("Europe/Paris")
SPRING = """\
kind: marketing
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
budget: 100
pace: 2 per hour
"""
LIST = "numero;prenom\n" + "".join(f"06399800{at:02d};P{at}\n" for at in range(5))

#: A wait takes none of this machine's time: OVH's clock leaps over it.
PROBE = """
import time, urllib.request
from datetime import UTC, datetime
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from support.own_airflow import set_clock

waited = []

def leap(seconds):
    body = json.dumps({"leap": seconds}).encode()
    request = urllib.request.Request(f"{sys.argv[2]}/clock", body, {"Content-Type": "application/json"}, method="POST")
    urllib.request.urlopen(request, timeout=60).close()

async def run(self):
    seconds = (self.moment - datetime.now(UTC)).total_seconds()
    waited.append(round(seconds))
    leap(max(1.0, seconds + 1))
    yield TriggerEvent(self.moment)

DateTimeTrigger.run = run
store = ResultsHook().store

def ran(dag, **more):
    waited.clear()
    done = bag.dags[f"sms_campaign_{dag}"].test(**more)
    with create_session() as session:
        states = {}
        for each in session.merge(done).get_task_instances(session=session):
            states.setdefault(each.task_id, set()).add(str(each.state))
    results = store.run_results.of_run(f"sms_campaign_{dag}", done.run_id)
    problems = [each.record.problem for run in results for each in (run, *run.batches)]
    return {
        "run": str(done.state),
        "tasks": {name: sorted(several) for name, several in sorted(states.items())},
        "waited": list(waited),
        "problems": sorted({each.error for each in problems if each}),
    }, {"logical_date": done.logical_date, "run_after": done.run_after}

found = {}
set_clock(sys.argv[2], "19:20:00")
found["paced"], same_run = ran("spring")
found["cleared"], _ = ran("spring", **same_run)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("paced")
    for name, text in (
        ("dags/sms_campaigns.py", (ROOT / "dags" / "sms_campaigns.py").read_text(encoding="utf-8")),
        ("include/campaigns/spring.yaml", SPRING),
        ("include/contacts/spring.csv", LIST),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        found: dict[str, Any] = json.loads(run_in_airflow(PROBE, folder, sandbox))
        found["messages"] = sandbox.messages()
    return found


def left(runs: dict[str, Any]) -> list[datetime]:
    return sorted(datetime.fromisoformat(each["sent_at"]).astimezone(PARIS) for each in of_text(runs, "Bonjour"))


def of_text(runs: dict[str, Any], word: str) -> list[dict[str, Any]]:
    return [each for each in runs["messages"] if each["message"].startswith(word)]


def test_a_paced_list_leaves_within_its_pace_and_its_hours(runs: dict[str, Any]) -> None:
    assert runs["paced"]["run"] == "success"
    # The uploads come first here, each after its whole wait: the first batches miss their turn, and get a later one.
    assert max(runs["paced"]["waited"]) > 12 * 3_600
    times = left(runs)
    assert len(times) == 5
    assert all(8 <= each.hour < 20 for each in times)
    assert max(sum(at <= each < at + timedelta(hours=1) for each in times) for at in times) == 2


def test_a_paced_run_that_is_cleared_sends_nothing_again(runs: dict[str, Any]) -> None:
    assert runs["cleared"]["run"] == "success"
    messages = of_text(runs, "Bonjour")
    assert len({each["receiver"] for each in messages}) == len(messages) == 5
