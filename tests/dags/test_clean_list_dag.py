"""The example of docs/list-cleaning.md as real runs: numbers are priced, checked once, and left out of the list."""

from __future__ import annotations

import json
from pathlib import Path

from support.number_checks import people
from support.own_airflow import run_in_airflow
from support.pages import chapter, marked, rows, text
from support.sandbox import SandboxProcess

RUNS = """
from support.credit_runs import run, xcom

found = []
for _ in range(2):
    done = run(bag, "sms_clean_list")
    said = [xcom(done["run_id"], each, "sms_clean_list") for each in ("price", "check", "show")]
    found.append([done["state"], *said])
print(json.dumps({"runs": found}, default=str))
"""


def test_the_example_checks_each_number_once_and_leaves_out_the_bad_ones(tmp_path: Path) -> None:
    numbers = people(6)
    (tmp_path / "dags").mkdir()
    listed = tmp_path / "members.csv"
    listed.write_text("\n".join(["number", *numbers]) + "\n", encoding="utf-8")
    (example,) = marked("list-cleaning.md", "clean")
    code = example.replace("include/contacts/members.csv", str(listed))
    code = code.replace('task_id="check",', 'task_id="check", poll_interval=timedelta(seconds=1),')
    (tmp_path / "dags" / "clean.py").write_text(code, encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        ends = dict.fromkeys(numbers, "reachable") | {numbers[0]: "invalid", numbers[1]: "unreachable"}
        sandbox.features(checks=ends, check_seconds=2)  # so that it is waited for without a worker
        found = json.loads(run_in_airflow(RUNS, tmp_path, sandbox))["runs"]
        assert sandbox.truth()["number_checks"] == {"made": 6, "numbers": 6, "twice": 0, "credits": 0.6}
    assert [each[0] for each in found] == ["success", "success"]
    assert [each[1]["numbers"] for each in found] == [6, 0]
    assert [each[2]["asked"] for each in found] == [6, 0]
    assert {each[3] for each in found} == {"4 good numbers, rejected: {'unreachable': 2}"}
    for path in (tmp_path / "process.log", tmp_path / "airflow.db"):
        assert not any(each.removeprefix("+").encode() in path.read_bytes() for each in numbers), path


def test_the_rights_of_the_page_are_those_of_the_calls() -> None:
    from ovh_sms.api.rights import RIGHTS, action_for, needed_rules

    described = {row[0].strip("`"): row[1].strip("`") for row in rows(chapter(text("list-cleaning.md"), "Rights"))[1:]}
    account = "sms-xx12345-1"
    assert list(described) == needed_rules(["number_checks"], account)
    actions = {right.rule(account): action_for(right.method, right.template) for right in RIGHTS}
    assert described == {rule: actions[rule] for rule in described}
