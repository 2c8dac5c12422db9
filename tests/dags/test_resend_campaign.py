"""A resend in a real Airflow: the command starts one run of the campaign's DAG, which sends to those who failed."""

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
batch_size: 3
poll_interval_seconds: 1
budget: 10
"""
NUMBERS = [f"+3363998600{at}" for at in range(5)]
#: Two phones are off, and one number is invalid.
ENDS = {NUMBERS[0]: [1, 4], NUMBERS[1]: [2, 24], NUMBERS[2]: [2, 23], NUMBERS[3]: [2, 8], NUMBERS[4]: [1, 4]}

PROBE = """
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from ovh_sms.cli import main
from ovh_sms.hooks.store import ResultsHook
from support.sandbox import SandboxProcess

sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], {account!r}
generate = DagRun.generate_run_id

def run(dag_id, run_id=None, conf=None):
    if run_id:
        DagRun.generate_run_id = staticmethod(lambda **_: run_id)
    try:
        return str(bag.dags[dag_id].test(run_conf=conf).state)
    finally:
        DagRun.generate_run_id = generate

sandbox.features(ends={ends!r})
states = [run("sms_campaign_spring")]
sandbox.clock(advance=3 * 86_400)
states.append(run("sms_campaign_report"))
sandbox.features(ends={{}})
codes = [main(["resend", "spring", "--failed", "temporary", *more]) for more in (["--dry-run"], ["--yes"], ["--yes"])]
with create_session() as session:
    made = [each for each in session.query(DagRun) if each.run_id.startswith("resend__")]
    queued = [(each.run_id, each.conf, str(each.state)) for each in made]
    for each in made:  # no scheduler is there to execute it: test() makes it anew
        session.delete(each)
store = ResultsHook().store
(asked,) = store.audit.list(action="resend")
states.append(run("sms_campaign_spring", queued[0][0], queued[0][1]))
made = store.resends.of_run("sms_campaign_spring", queued[0][0])
print(json.dumps({{
    "states": states, "codes": codes, "queued": queued, "resend": made.resend,
    "left": len(list(store.resent_messages.failures("sms_campaign_spring", made.source_run_id))),
}}))
"""


def test_the_command_starts_one_run_that_sends_to_those_who_failed(tmp_path: Path) -> None:
    rows = "".join(f"{number};P{at}\n" for at, number in enumerate(NUMBERS))
    for name, text in (("campaigns/spring.yaml", CAMPAIGN), ("contacts/spring.csv", f"numero;prenom\n{rows}")):
        (tmp_path / "include" / name).parent.mkdir(parents=True)
        (tmp_path / "include" / name).write_text(text, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    for name in ("sms_campaigns.py", "sms_campaign_report.py"):
        (tmp_path / "dags" / name).write_text((ROOT / "dags" / name).read_text())
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        sandbox.features(export_seconds=0.2)
        probe = PROBE.format(account=sandbox.account_name, ends=ENDS)
        found = json.loads(run_in_airflow(probe, tmp_path, sandbox, purposes=("campaign", "report")))
        assert found["states"] == ["success"] * 3
        assert found["codes"] == [0, 0, 0]
        ((run_id, conf, state),) = found["queued"]  # the second command starts no other
        assert (run_id, conf, state) == (f"resend__{found['resend']}", {"resend": found["resend"]}, "queued")
        sent = [each["receiver"] for each in sandbox.messages()]
        assert {each: sent.count(each) for each in NUMBERS} == dict(zip(NUMBERS, (1, 2, 1, 2, 1), strict=True))
        assert found["left"] == 0
        airflow = (tmp_path / "airflow.db").read_bytes()
        assert not [each for each in NUMBERS if each.encode() in airflow]
