"""Real runs of sms_accounts: five users applied twice, drift, a refused approval, quotas that are too large."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

FIVE = """\
users:
  logins:
    desk:
      password_conn_id: ovh_user_desk
      quota: 150
      alert: {below: 20, email: desk@shop.example, number: "+33 6 39 98 00 01"}
      receipts_to: https://shop.example/receipts/very-secret
    shop: {password_conn_id: ovh_user_desk, quota: 100, refill: monthly}
    night: {password_conn_id: ovh_user_desk}
    web: {password_conn_id: ovh_user_desk, ip_limits: ["192.0.2.1"]}
    bare: {password_conn_id: ovh_user_desk}
    old: {absent: true}
"""
APPROVED = FIVE.replace("users:\n", "users:\n  approval: true\n")
TOO_MUCH = FIVE.replace("quota: 150", "quota: 950")
BEGIN = """
import time
from pathlib import Path
from ovh_sms.api.models_users import UserChanges
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from support.credit_runs import run, xcom
from support.sandbox import SandboxProcess

sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], account
client, found = OvhSmsHook().client, {}
for login in ("old", "other"):
    client.users.create(login, "Secret99")

def writes():
    made = sandbox.calls()["by_call"]
    return sum(n for call, n in made.items() if "/users" in call and not call.startswith("GET"))

def again(name):
    before = writes()
    done = run(bag, "sms_accounts")
    found[name] = {"state": done["state"], "tasks": done["tasks"], "writes": writes() - before}
    found[name]["compared"] = xcom(done["run_id"], "main.compare", "sms_accounts")
    return done
"""
TWICE = """
again("first")
again("second")
client.users.change("web", UserChanges(ip_limits=("198.51.100.7",)))
again("drifted")
again("last")
found["rows"] = {each.login: [each.state, each.last_drift] for each in ResultsHook().store.users.rows(account)}
print(json.dumps(found))
"""
REFUSED = """
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.trigger import handle_event_submit
from airflow.sdk.timezone import utcnow
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from sqlalchemy import select

sleep, answers, questions = time.sleep, ["Reject", "Approve"], []

def wait(seconds):
    # Where Airflow's loop waits for the answer of a person, this is the person.
    if sys._getframe(1).f_code.co_name != "test":
        sleep(seconds)
        return
    with create_session() as session:
        made = session.scalars(select(DagRun).order_by(DagRun.id.desc())).first()
        ti = made.get_task_instance("main.approve", session=session)
        if ti is None or str(ti.state) != "awaiting_input":
            return
        detail = session.scalar(select(HITLDetail).where(HITLDetail.ti_id == ti.id))
        questions.append([detail.subject, detail.body])
        detail.responded_by, detail.responded_at = {"id": "alice", "name": "alice"}, utcnow()
        detail.chosen_options, detail.params_input = [answers.pop(0)], {}
        session.flush()
        handle_event_submit(TriggerEvent(detail.as_resume_event_payload()), task_instance=ti, session=session)

time.sleep = wait
again("refused")
again("approved")
done = run(bag, "sms_accounts")
found["nothing"] = done["tasks"]
found["questions"] = questions
print(json.dumps(found))
"""
ONCE = "\nagain('once')\nprint(json.dumps(found))\n"


def run_users(code: str, folder: Path, file: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run code beside an Airflow with one account file; returns what it found, and the users at OVH."""
    for name, text in (
        ("dags/sms_accounts.py", (ROOT / "dags" / "sms_accounts.py").read_text(encoding="utf-8")),
        ("include/accounts/main.yaml", file),
    ):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "include" / "campaigns").mkdir()
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=1000)
        about = f"account = {sandbox.account_name!r}\n{BEGIN}{code}"
        secret = '{"conn_type": "generic", "password": "Secret01"}'
        found = json.loads(
            run_in_airflow(about, folder, sandbox, purposes=("users",), AIRFLOW_CONN_OVH_USER_DESK=secret)
        )
        truth = sandbox.truth(account=sandbox.account_name)
    for path in (folder / "process.log", folder / "airflow.db"):
        content = path.read_bytes()
        for private in (b"Secret01", b"very-secret", b"639980001", b"6 39 98 00 01", b"desk@shop"):
            assert private not in content, (private, path)
    return found, {each["login"]: each for each in truth["users"]}


def test_five_users_are_applied_once_and_drift_is_shown(tmp_path: Path) -> None:
    found, users = run_users(TWICE, tmp_path, FIVE)
    assert [found[name]["writes"] for name in ("first", "second", "drifted", "last")] == [9, 0, 1, 0]
    assert {found[name]["state"] for name in found if name != "rows"} == {"success"}
    assert found["first"]["compared"]["takes"] == 250
    counted = {name: found["first"]["compared"][name] for name in ("create", "update", "delete", "unmanaged")}
    assert counted == {"create": 5, "update": 0, "delete": 1, "unmanaged": 1}
    assert [found[name]["compared"]["differing"] for name in ("second", "drifted", "last")] == [0, 1, 0]
    assert set(users) == {"desk", "shop", "night", "web", "bare", "other"}
    assert [users[login]["quota_left"] for login in ("desk", "shop", "bare")] == [150, 100, 0]
    state, (drift,) = found["rows"]["web"]
    assert (state, drift["name"], drift["found"]) == ("same", "ip_limits", ["{ips}", {"ips": "198.51.100.7"}])
    assert found["rows"]["other"][0] == "unmanaged"
    log = (tmp_path / "process.log").read_text(encoding="utf-8")
    assert "differs from what was applied: ip_limits: 198.51.100.7, applied was 192.0.2.1" in log


def test_refused_changes_are_not_made_and_approved_ones_are(tmp_path: Path) -> None:
    found, users = run_users(REFUSED, tmp_path, APPROVED)
    assert (found["refused"]["writes"], found["refused"]["tasks"]["main.apply"]) == (0, "skipped")
    assert (found["approved"]["writes"], found["approved"]["state"]) == (9, "success")
    assert found["nothing"] == {"main.compare": "success", "main.approve": "skipped", "main.apply": "skipped"}
    subject, body = found["questions"][0]
    assert subject.startswith("Change 6 users of ")
    assert "| desk | create | alert: nobody -> below 20 credits by mail and SMS;" in body
    assert "The quotas take 250 credits out of the account." in body
    assert "desk" in users


@pytest.mark.parametrize("file", [TOO_MUCH])
def test_quotas_above_the_credits_are_refused_with_figures_before_any_write(tmp_path: Path, file: str) -> None:
    found, users = run_users(ONCE, tmp_path, file)
    assert found["once"]["tasks"] == {"main.compare": "failed", "main.apply": "upstream_failed"}
    assert (found["once"]["writes"], set(users)) == (0, {"old", "other"})
    assert "The quotas take 1050 credits out of " in (tmp_path / "process.log").read_text(encoding="utf-8")
