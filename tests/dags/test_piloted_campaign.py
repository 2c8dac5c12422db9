"""Real runs of campaigns with a pilot: the rest follows one that passes, and waits for a person behind one that fails.

Each deferred task is a row of Airflow's, beside the others, until its trigger fires: ``dag.test()`` alone would run one
task to its end before it starts the next.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from support.failed_runs import DELIVERED
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

#: A run that never ends fails before.
pytestmark = pytest.mark.timeout(180)

CAMPAIGN = """\
kind: marketing
sender: MYSHOP
message: "{word} #prenom#"
contacts: {{file: contacts/{name}.csv}}
budget: 100
pilot: {{count: 5, wait_hours: 2}}
"""
NUMBERS = {"spring": [f"063998{at:04d}" for at in range(12)], "autumn": [f"063998{at:04d}" for at in range(20, 32)]}

#: Where Airflow's loop waits, as no task can run, the time passes to the next trigger that fires.
PROBE = """
import time
from datetime import UTC, datetime, timedelta
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.sdk.definitions import dag as dag_module
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from sqlalchemy import select
from ovh_sms.clock import SystemClock
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import run_status
from ovh_sms.store.held_runs import DROP
from support.campaign_runs import MovedTime
from support.sandbox import SandboxProcess

sandbox, store = SandboxProcess("unused"), ResultsHook().store
sandbox.control, sandbox.account_name = sys.argv[2], account
clock, seen, held_for = MovedTime(sandbox), [], timedelta(hours=3)
SystemClock.now = lambda _: clock.now()

# A task that is deferred leaves its place to others, as in any Airflow but this loop.
run_task = dag_module._run_task
dag_module._run_task = lambda *, ti, task, run_triggerer: run_task(ti=ti, task=task)

def idle(_):
    with create_session() as session:
        query = select(TaskInstance).where(TaskInstance.state == "deferred")
        waiting = {each.trigger_id: f"{each.task_id} {each.map_index}" for each in session.scalars(query)}
        due = {each: session.get(Trigger, each).kwargs["moment"] for each in waiting}
    run = store.run_results.of_run(*current)[0]
    line = run_lines(run_status(run, clock.now()), translator("en"), clock.now()).first
    uploads = sandbox.calls("POST /sms/{serviceName}/receivers")
    seen.append([sorted(waiting.values()), len(sandbox.messages()), uploads, run.held is not None, line])
    assert len(seen) < 40, seen  # it waits without end
    if not waiting:
        return  # Airflow has yet to skip what comes next
    happens(run.held)
    first = min(due, key=due.get)
    clock.advance(max(0.0, (due[first] - datetime.now(UTC)).total_seconds()) + 1)
    with create_session() as session:
        Trigger.submit_event(first, TriggerEvent("waited"), session=session)

def stops(held):
    \"\"\"Three people of the pilot answer STOP; a person decides hours after the run was held.\"\"\"
    if len(seen) == 1:
        for each in sandbox.messages()[-3:]:
            sandbox.block(each["receiver"])
    if held is not None and clock.now() - held.held_at > held_for:
        store.held_runs.decide(*current, DROP, by="ann")

sleep = time.sleep
of_test = dag_module.DAG.test.__code__
time.sleep = lambda seconds: (idle if sys._getframe(1).f_code is of_test else sleep)(seconds)
clock.set_to("2026-11-25 10:00")
found = {}
for name, happens in (("spring", lambda _: None), ("autumn", stops)):
    seen.clear()
    run_after = datetime.now(UTC)
    current = (f"sms_campaign_{name}", f"manual__{run_after.isoformat()}")
    done = bag.dags[current[0]].test(run_after=run_after, logical_date=run_after)
    assert done.run_id == current[1], done.run_id
    with create_session() as session:
        tasks = session.merge(done).get_task_instances(session=session)
        states = {f"{each.task_id} {each.map_index}": str(each.state) for each in tasks}
    found[name] = {"run": str(done.state), "tasks": states, "seen": list(seen)}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("piloted")
    files = {"dags/sms_campaigns.py": (ROOT / "dags" / "sms_campaigns.py").read_text(encoding="utf-8")}
    for name, numbers in NUMBERS.items():
        files[f"include/campaigns/{name}.yaml"] = CAMPAIGN.format(word=name.title(), name=name)
        files[f"include/contacts/{name}.csv"] = "numero;prenom\n" + "".join(f"{each};Ana\n" for each in numbers)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        everybody = [f"+33{each[1:]}" for numbers in NUMBERS.values() for each in numbers]
        sandbox.features(ends=dict.fromkeys(everybody, DELIVERED))
        found: dict[str, Any] = json.loads(
            run_in_airflow(f"account = {sandbox.account_name!r}\n{PROBE}", folder, sandbox)
        )
        found["messages"] = sandbox.messages()
    return found


def sent(runs: dict[str, Any], word: str) -> list[datetime]:
    """When each message of a campaign left; nobody has got two."""
    found = [each for each in runs["messages"] if each["message"].startswith(word)]
    assert len({each["receiver"] for each in found}) == len(found)
    return sorted(datetime.fromisoformat(each["sent_at"]) for each in found)


def test_the_rest_of_a_run_follows_once_its_pilot_is_delivered_and_opt_outs_had_their_time(
    runs: dict[str, Any],
) -> None:
    run = runs["spring"]
    assert (run["run"], set(run["tasks"].values())) == ("success", {"success"})
    # The rest waited deferred, without its receivers at OVH.
    waited = [each for each in run["seen"] if each[0]]
    assert len(waited) >= 10
    assert {(*tasks, messages, uploads, held) for tasks, messages, uploads, held, _ in waited} == {
        ("upload_receivers 1", 5, 1, False)
    }
    assert "The rest, 7 people, leaves if at least 80 % are delivered" in waited[-1][-1]
    at = sent(runs, "Spring")
    assert len(at) == 12
    assert at[4] - at[0] < timedelta(minutes=1)
    assert timedelta(minutes=59) < at[5] - at[0] < timedelta(minutes=75)


def test_too_many_opt_outs_to_a_pilot_hold_the_run_with_figures_and_nothing_of_the_rest_is_sent(
    runs: dict[str, Any],
) -> None:
    run = runs["autumn"]
    assert len(sent(runs, "Autumn")) == 5
    held = [each for each in run["seen"] if each[3] and each[0]]
    assert len(held) >= 2
    assert {(*tasks, messages, uploads) for tasks, messages, uploads, *_ in held} == {("upload_receivers 1", 17, 3)}
    assert all("3 STOPs to 5 delivered messages (600 for 1,000); the limit is 10" in each[-1] for each in held)
    assert (run["tasks"]["send 0"], run["tasks"]["upload_receivers 1"], run["tasks"]["send 1"]) == (
        "success",
        "skipped",
        "skipped",
    )
