"""Campaigns of users in a real Airflow: one is sent and collected, one stops at its small quota before the upload."""

from __future__ import annotations

import json
from pathlib import Path

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess
from support.users import Account

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
user: {user}
message: "Bonjour #prenom#, {user}"
contacts: {{file: contacts/spring.csv}}
budget: 10
collect_within_hours: 1
"""
FILES = {
    "campaigns/rich.yaml": CAMPAIGN.format(user="rich"),
    "campaigns/poor.yaml": CAMPAIGN.format(user="poor"),
    "contacts/spring.csv": "numero;prenom\n0639980001;Ana\n0639980002;Cy\n",
}

PROBE = """
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.sandbox import SandboxProcess

def states(run):
    return {each.task_id: str(each.state) for each in run.get_task_instances()}

rich = bag.dags["sms_campaign_rich"].test()
(sent,) = [each for each in rich.get_task_instances() if each.task_id == "send"]
made = sent.xcom_pull(task_ids="send", map_indexes=0)
sandbox = SandboxProcess("unused")
sandbox.control = sys.argv[2]
sandbox.clock(leap=7200)
collected = CollectOutgoingSensor(task_id="collect", submission=made)._collect(complete=False)
report = BuildReportOperator(task_id="report", collected=collected).execute({})
poor = states(bag.dags["sms_campaign_poor"].test())
print(json.dumps({
    "rich": str(rich.state), "user": made["user"], "messages": collected["messages"], "report": report["report"],
    "poor": [poor["preflight"], poor.get("upload_receivers")],
}))
"""


def test_a_user_sends_and_one_with_too_small_a_quota_does_not(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / "include" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "include" / name).write_text(text, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text())
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        account = Account(sandbox)
        account.add_user("rich", quota=10)
        account.add_user("poor", quota=1)
        found = json.loads(run_in_airflow(PROBE, tmp_path, sandbox))
        assert (found["rich"], found["user"], found["messages"]) == ("success", "rich", 2)
        assert Path(found["report"]).exists()
        assert found["poor"][0] == "failed"
        assert found["poor"][1] in ("upstream_failed", "None", None)
        assert {each["user"] for each in account.messages} == {"rich"}
        assert (account.quota("rich"), account.quota("poor")) == (8, 1)
        calls = sandbox.calls()["by_call"]
        assert calls["POST /sms/{serviceName}/users/{login}/receivers"] == 1
