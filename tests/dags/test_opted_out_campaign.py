"""STOPs between prepare and the POSTs of a campaign in a real Airflow: their owners are left out."""

from __future__ import annotations

import json
from pathlib import Path

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
batch_size: 2
budget: 10
"""
NUMBERS = [f"+3363998000{at}" for at in range(6)]

PROBE = """
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.sandbox import SandboxProcess

sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], {account!r}
upload = UploadReceiversOperator.execute

def stop_after_the_upload(self, context):
    uploaded = upload(self, context)
    for number in {opted_out!r}.get(context["ti"].map_index, ()):
        sandbox.block(number)
    return uploaded

UploadReceiversOperator.execute = stop_after_the_upload
run = bag.dags["sms_campaign_spring"].test()
tasks = run.get_task_instances()
states = {{(each.task_id, each.map_index): str(each.state) for each in tasks}}
print(json.dumps({{
    "state": str(run.state),
    "send": [states["send", at] for at in range(3)],
    "free": [states["free_receivers", at] for at in range(3)],
}}))
"""


def test_a_batch_that_nobody_is_left_in_is_skipped_and_the_others_are_sent(tmp_path: Path) -> None:
    rows = "".join(f"{number};P{at}\n" for at, number in enumerate(NUMBERS))
    for name, text in (("campaigns/spring.yaml", CAMPAIGN), ("contacts/spring.csv", f"numero;prenom\n{rows}")):
        (tmp_path / "include" / name).parent.mkdir(parents=True)
        (tmp_path / "include" / name).write_text(text, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text())
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        opted_out = {1: NUMBERS[3:4], 2: NUMBERS[4:]}
        probe = PROBE.format(account=sandbox.account_name, opted_out=opted_out)
        found = json.loads(run_in_airflow(probe, tmp_path, sandbox))
        assert found == {"state": "success", "send": ["success", "success", "skipped"], "free": ["success"] * 3}
        assert sorted(each["receiver"] for each in sandbox.messages()) == NUMBERS[:3]
