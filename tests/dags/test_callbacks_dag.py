"""Real runs of sms_callbacks and sms_replies: replies come by pull, by callback and by both, and count once."""

from __future__ import annotations

import json
from pathlib import Path

from support.answered_runs import RULES, campaign_file
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

RUNS = """
from pathlib import Path
from ovh_sms.hooks.store import default_url
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound.callback_plan import WantedCallbacks, plan_callbacks
from ovh_sms.inbound.configure_callbacks import apply_callbacks
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.store import Store
from support.answered_runs import people
from support.callbacks import taking_callbacks
from support.campaign_runs import MovedTime
from support.credit_runs import asset_events, run, xcom
from support.sandbox import SandboxProcess

sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], {account!r}
source = Path({include!r}) / "contacts" / "visit.csv"
source.parent.mkdir(parents=True, exist_ok=True)
lines = [f"{{number}};C-{{at}}" for at, number in enumerate(people(0, 20))]
source.write_text("\\n".join(["numero;client", *lines]) + "\\n", encoding="utf-8")
sent = run(bag, "sms_campaign_visit")
sandbox.clock(advance=3600)
there = [each["receiver"] for each in sandbox.messages() if each["delivery_receipt"] == 1]
store = Store(default_url())

def called(number):
    def all_over():
        every = sandbox.ask("GET", "/callbacks")
        return len(every) >= number and all(each["over"] for each in every)
    sandbox.wait_until(all_over)

def say(first, last):
    for person in there[first:last]:
        sandbox.reply(person, "OUI", account=sandbox.account_name)

found = {{"sent": sent["state"], "counts": []}}
moved = MovedTime(sandbox)
with taking_callbacks(store) as address, moved.installed():
    hook = OvhSmsHook("ovh_sms_default")
    apply_callbacks(hook.client, store, plan_callbacks(hook.client, store, WantedCallbacks(url=address)))
    for first, dags in enumerate((["sms_callbacks"], ["sms_replies"], ["sms_callbacks", "sms_replies"],
                                  ["sms_replies", "sms_callbacks"])):
        say(first * 3, first * 3 + 3)
        called(first * 3 + 3)
        results = []
        for dag_id in dags:
            done = run(bag, dag_id)
            results.append(xcom(done["run_id"], "main", dag_id)["new"])
            moved.advance(60)  # the next one may announce, too
        found["counts"].append(results)
announced = [each for event in asset_events("ovh_sms_replies") for each in event["runs"]]
found["events"] = [each["replies"] for each in announced]
found["stored"] = store.inbound.count(InboundFilter())
found["confirmed"] = sum(each["by_action"].get("confirmed", 0) for each in announced)
print(json.dumps(found, default=str))
"""


def test_replies_by_pull_by_callback_and_by_both_count_once(tmp_path: Path) -> None:
    include = tmp_path / "include"
    campaign_file(include, "visit", RULES)
    (include / "accounts").mkdir()
    (include / "accounts" / "main.yaml").write_text("replies: {}\n", encoding="utf-8")
    (tmp_path / "dags").mkdir()
    for name in ("sms_campaigns", "sms_replies", "sms_callbacks"):
        (tmp_path / "dags" / f"{name}.py").write_text((ROOT / "dags" / f"{name}.py").read_text(), encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        code = RUNS.format(account=sandbox.account_name, include=str(include))
        found = json.loads(run_in_airflow(code, tmp_path, sandbox, purposes=("campaign", "replies", "callbacks")))
        people = {each["receiver"].removeprefix("+") for each in sandbox.messages()}
    assert found["sent"] == "success"
    assert found["counts"] == [[3], [3], [3, 0], [3, 0]]
    assert (found["stored"], found["confirmed"], sum(found["events"])) == (12, 12, 12)
    log = (tmp_path / "process.log").read_text(encoding="utf-8")
    assert "ovhcb_" not in log
    for path in (tmp_path / "process.log", tmp_path / "airflow.db"):
        content = path.read_bytes()
        assert not any(person.encode() in content for person in people), path
