"""The rights that docs/connection.md lists: those checked, and enough for every task."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from ovh_sms.api.rights import (
    CAMPAIGN_TASKS,
    CREDITS_TASKS,
    PAYMENT_TASKS,
    RECREDIT_TASKS,
    REPLIES_TASKS,
    RIGHTS,
    TRANSFER_TASKS,
    action_for,
    needed_rules,
)
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import OutcomeUnknown
from support.airflow_task import connection, context
from support.pages import chapter, rows, table, text
from support.sandbox import SandboxProcess

ACCOUNT = "sms-xx12345-1"


def rights(task: str, account: str = ACCOUNT) -> list[str]:
    described = rows(chapter(text("connection.md"), "Keys"))
    column = described[0].index(task)
    return [row[0].strip("`").replace(ACCOUNT, account) for row in described[1:] if row[column] == "x"]


def test_the_described_rights_are_those_that_the_connection_test_checks() -> None:
    assert rights("Test") == needed_rules(CAMPAIGN_TASKS, ACCOUNT)
    assert sorted(rights("Top-up")) == sorted(needed_rules(CREDITS_TASKS, ACCOUNT))
    others = {
        "Payment": PAYMENT_TASKS,
        "Transfer": TRANSFER_TASKS,
        "Recredit": RECREDIT_TASKS,
        "Replies": REPLIES_TASKS,
    }
    for task, tasks in others.items():
        assert sorted(rights(task)) == sorted(needed_rules(tasks, ACCOUNT)), task
    (address,) = re.findall(r"^https://eu\.api\.ovh\.com/createToken/\?(.+)$", text("connection.md"), re.M)
    assert [pair.replace("=", " ", 1) for pair in address.split("&")] == rights("Test")


def test_the_described_iam_actions_are_those_of_the_rights() -> None:
    described = table(chapter(text("connection.md"), "OAuth2 instead of keys"))
    actions = {right.rule(ACCOUNT): action_for(right.method, right.template) for right in RIGHTS}
    for task in ("Campaign", "Report", "Replies", "Top-up", "Payment", "Transfer", "Recredit"):
        wanted = {actions[rule] for rule in rights(task)} - {""}
        assert set(re.findall(r"`([^`]+)`", described[task][0])) == wanted, task


def use_key(box: SandboxProcess, patch: pytest.MonkeyPatch, *tasks: str) -> None:
    rules = {tuple(rule.split(" ", 1)) for task in tasks for rule in rights(task, box.account_name)}
    consumer = box.key([(method, path) for method, path in sorted(rules)])
    patch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(box, consumer_key=consumer))


def test_a_campaign_and_its_report_run_with_the_described_rights(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ovh_sms.errors import NotFound
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.operators.cancel_run import CancelRunOperator
    from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
    from ovh_sms.operators.preflight import PreflightOperator
    from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
    from ovh_sms.operators.send_job import SendJobOperator
    from ovh_sms.operators.upload_receivers import UploadReceiversOperator
    from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

    (tmp_path / "a.csv").write_text("number;prenom\n06 39 98 00 12;Camille\n", encoding="utf-8")
    body = (
        "sender: MYSHOP\nkind: transactional\nnight: send\n"
        "message: 'Bonjour #prenom#'\ncontacts: {file: a.csv}\nbudget: 5\n"
    )
    (tmp_path / "spring.yaml").write_text(body, encoding="utf-8")
    it = load_file(tmp_path / "spring.yaml", Campaign)

    use_key(sandbox, monkeypatch, "Campaign")
    given = PrepareContactsOperator(task_id="prepare", **it.prepare_arguments(tmp_path)).execute(context())
    PreflightOperator(task_id="preflight", prepared=given, **it.preflight_arguments()).execute(context())
    uploaded = UploadReceiversOperator(task_id="upload", prepared=given).execute(context())
    # On a busy machine some seconds pass between the claim and the POST.
    quick = {"quiet_period": timedelta(seconds=8), "reconcile_timeout": timedelta(seconds=12)}
    send = {"receivers": uploaded, "prepared": given, "deferrable": False, **it.submission_arguments(), **quick}
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs")
    with pytest.raises(OutcomeUnknown):
        SendJobOperator(task_id="send", **send).execute(context())
    sandbox.clock(advance=60)  # it has left, so OVH lists it
    sent = SendJobOperator(task_id="send", **send).execute(context())  # finds it in OVH's list
    assert sent["submitted"] == 1
    assert FreeReceiversSlotOperator(task_id="free", receivers=uploaded).execute(context())

    stop = {"cancelled_dag_id": "a_dag", "cancelled_run_id": "run_1", "quiet_period": timedelta(0)}
    stopped = CancelRunOperator(task_id="cancel", **stop).execute(context())
    assert (stopped["withdrawn"], stopped["left"]) == (0, 1)
    with pytest.raises(NotFound):  # not MissingRight: the key may delete what waits
        OvhSmsHook().client.jobs.delete(1)

    use_key(sandbox, monkeypatch, "Report")
    sandbox.block("+33639980012")  # the STOP is read too
    collect = CollectOutgoingSensor(task_id="collect", submission=sent)
    found = collect.execute_complete(context(), {"status": "final", "message": "all final"})
    assert (found["messages"], found["opt_outs"]) == (1, 1)


def test_replies_are_collected_and_answered_with_the_described_rights(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ovh_sms.operators.collect_replies import CollectRepliesOperator
    from support.answered_runs import collecting, delivered, people, reply
    from support.answers import answer, answers, send_visit

    there = delivered(sandbox, send_visit(tmp_path / "include", people(0, 3)))
    reply(sandbox, there[0], "OUI")
    use_key(sandbox, monkeypatch, "Replies")
    campaigns = str(tmp_path / "include" / "campaigns")
    assert collecting(CollectRepliesOperator(task_id="main", campaigns=campaigns))["new"] == 1
    use_key(sandbox, monkeypatch, "Campaign")
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs")
    with pytest.raises(OutcomeUnknown):
        answer()
    sandbox.clock(advance=60)
    assert answer()["answered"] == 1
    assert sum(answers(sandbox).values()) == 1


def test_credits_are_ordered_with_the_described_rights(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.operators.order_credits import OrderCreditsOperator

    use_key(sandbox, monkeypatch, "Top-up")
    order = {"threshold": 2000, "quantity": 100, "max_price": 1000}
    assert OrderCreditsOperator(task_id="order", **order).execute(context(task_id="order"))["ordered"]
    again = OrderCreditsOperator(task_id="order", **order).execute(context(task_id="order", run_id="run_2"))
    assert (again["ordered"], again["covered_by"]) == (False, "order"), "the first one is open"


def test_the_connection_test_is_green_with_the_described_rights(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.hooks.sms import OvhSmsHook

    use_key(sandbox, monkeypatch, "Test")
    green, said = OvhSmsHook().test_connection()
    assert green, said
    assert "Missing rights" not in said
