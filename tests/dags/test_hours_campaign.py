"""A campaign to two time zones in a real Airflow: each zone's batch leaves at its own hour."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

PARIS = ZoneInfo("Europe/Paris")
CAMPAIGN = """\
kind: marketing
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
budget: 10
"""
LIST = "numero;prenom\n0639980001;Ana\n+596696201234;Bo\n0639980002;Cy\n+262692123456;Di\n"

PROBE = """
from support.own_airflow import set_clock

set_clock(sys.argv[2], "12:58:30")  # in Martinique it is nearly eight; a busy machine needs a minute
run = bag.dags["sms_campaign_spring"].test()
tasks = run.get_task_instances()
checked = next(each for each in tasks if each.task_id == "preflight")
print(json.dumps({
    "state": str(run.state),
    "batches": sum(each.task_id == "send" for each in tasks),
    "leaves_at": checked.xcom_pull(task_ids="preflight")["leaves_at"],
}))
"""


def test_each_zone_gets_the_campaign_at_its_own_hour(tmp_path: Path) -> None:
    for name, text in (("campaigns/spring.yaml", CAMPAIGN), ("contacts/spring.csv", LIST)):
        (tmp_path / "include" / name).parent.mkdir(parents=True)
        (tmp_path / "include" / name).write_text(text, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text())
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        found = json.loads(run_in_airflow(PROBE, tmp_path, sandbox))
        assert (found["state"], found["batches"]) == ("success", 3)
        opens = datetime(2026, 11, 25, 13, tzinfo=PARIS)
        assert datetime.fromisoformat(found["leaves_at"]["America/Martinique"]) == opens
        sent = {each["receiver"]: datetime.fromisoformat(each["sent_at"]) for each in sandbox.messages()}
        assert len(sent) == 4
        assert sent["+596696201234"] >= opens
