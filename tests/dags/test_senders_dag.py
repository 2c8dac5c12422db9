"""The example of docs/senders.md as real runs: the sender is requested by the first, and read by the second."""

from __future__ import annotations

import json
from pathlib import Path

from support.own_airflow import run_in_airflow
from support.pages import chapter, marked, rows, text
from support.sandbox import SandboxProcess
from support.senders import senders_of

RUNS = """
from support.credit_runs import run, xcom

found = []
for _ in range(2):
    done = run(bag, "sms_new_sender")
    found.append([done["state"], xcom(done["run_id"], "request", "sms_new_sender")])
print(json.dumps({"runs": found}, default=str))
"""


def test_the_example_requests_its_sender_once(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (example,) = marked("senders.md", "senders")
    (tmp_path / "dags" / "senders.py").write_text(example, encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        found = json.loads(run_in_airflow(RUNS, tmp_path, sandbox, purposes=("senders",)))["runs"]
        assert [each["requests"] for each in senders_of(sandbox) if each["name"] == "My Shop"] == [1]
    waiting = {"sender": "My Shop", "status": "waiting validation", "comment": ""}
    assert found == [["success", {**waiting, "requested": True}], ["success", {**waiting, "requested": False}]]


def test_the_rights_of_the_page_are_those_of_the_calls() -> None:
    from ovh_sms.api.rights import RIGHTS, action_for, needed_rules

    described = {row[0].strip("`"): row[1].strip("`") for row in rows(chapter(text("senders.md"), "Rights"))[1:]}
    account = "sms-xx12345-1"
    assert list(described) == needed_rules(["senders"], account)
    actions = {right.rule(account): action_for(right.method, right.template) for right in RIGHTS}
    assert described == {rule: actions[rule] for rule in described}
