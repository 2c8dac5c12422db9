"""A campaign that goes as an OVH batch in a real Airflow: a proxy makes a second one, which is cancelled in time."""

from __future__ import annotations

import json
from pathlib import Path

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

FILES = {
    "campaigns/spring.yaml": """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#"
via: ovh_batches
contacts: {file: contacts/spring.csv}
budget: 10
""",
    "accounts/main.yaml": "ovh_batches_merge: true\n",
    "contacts/spring.csv": "numero;prenom\n0639980001;Ana\n0639980002;Cy\n",
}

PROBE = """
from datetime import timedelta

dag = bag.dags["sms_campaign_spring"]
send = dag.get_task("send")
send.quiet_period, send.reconcile_timeout = timedelta(seconds=6), timedelta(seconds=6)
run = dag.test()
(sent,) = [each for each in run.get_task_instances() if each.task_id == "send"]
made = sent.xcom_pull(task_ids="send", map_indexes=0)
print(json.dumps({"state": str(run.state), "submitted": made["submitted"], "tag": made["tag"]}))
"""


def test_the_second_ovh_batch_of_a_name_is_cancelled_before_it_leaves(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / "include" / name).parent.mkdir(parents=True)
        (tmp_path / "include" / name).write_text(text, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text())
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        sandbox.features(batch_merge=True)
        sandbox.fault("repeat", method="POST", path="/sms/*/batches")
        found = json.loads(run_in_airflow(PROBE, tmp_path, sandbox, purposes=("campaign", "ovh_batches")))
        assert (found["state"], found["submitted"]) == ("success", 2)
        truth = sandbox.truth()
        assert len(truth["batches"]) == 2
        assert {each["name"] for each in truth["batches"]} == {found["tag"]}
        assert (truth["accepted"], truth["twice"], truth["cancelled"]) == (2, 0, 2)
        assert sorted(each["message"] for each in sandbox.messages()) == ["Bonjour Ana", "Bonjour Cy"]
