"""docs/ovh-batches.md against the code; its campaign and its DAG are run against the sandbox."""

from __future__ import annotations

from pathlib import Path

from ovh_sms.api.rights import RIGHTS, needed_rights, needed_rules
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.ovh_batches import NOT_TAKEN, OVH_BATCHES
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sending.progress import Awaited, read_progress
from support.airflow_task import context
from support.campaign_runs import CampaignRun, people, seconds_until_morning
from support.leaping_time import LeapingTime
from support.pages import chapter, marked, rows, run_marked, text
from support.sandbox import SandboxProcess
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]

PAGE = text("ovh-batches.md")
ACCOUNT = "sms-xx12345-1"


def test_the_rights_are_those_that_the_calls_need() -> None:
    described = {row[0].strip("`"): row[1].strip("`") for row in rows(chapter(PAGE, "Rights")) if "/sms/" in row[0]}
    assert sorted(described) == sorted(needed_rules(["ovh_batches"], ACCOUNT))
    actions = {each.rule(ACCOUNT): each.action for each in RIGHTS}
    assert described == {right: actions[right] for right in described}
    for right in needed_rights(["ovh_batches"]):
        assert f"`{right.action}`" in chapter(PAGE, "Rights")


def test_the_time_and_the_fields_are_those_of_the_code() -> None:
    task = SendJobOperator(task_id="send", message="", via=OVH_BATCHES)
    assert f"{task.delay.total_seconds() / 60:.0f} minutes after the submission" in PAGE
    assert ", ".join(f"`{name}`" for name in NOT_TAKEN) in PAGE


def test_the_campaign_of_the_page_is_sent_and_collected(
    sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path
) -> None:
    (code,) = marked("ovh-batches.md", "campaign")
    (tmp_path / "orders.yaml").write_text(code)
    run = CampaignRun(campaign=load_file(tmp_path / "orders.yaml", Campaign), run_id="manual__1", include=tmp_path)
    leaping.sleep(seconds_until_morning())
    run.prepare(people(8200, 6))
    run.send_all()
    awaited = Awaited(run.tags[0], 6, 6, run.submissions[0]["ovh_batch"])
    client = OvhSmsHook().client
    assert str(read_progress(client, awaited)) == "0 of 6 messages final, 0 pending, 6 not yet sent"
    assert client.calls_made == 1
    leaping.sleep(20 * 86_400)
    assert read_progress(client, awaited).is_final
    run.collect()
    (tag,) = run.tags
    (made,) = sandbox.truth(account=sandbox.account_name)["batches"]
    assert (made["name"], made["tag"], made["records"], made["status"]) == (tag, tag, 6, "COMPLETED")
    (record,) = ResultsHook().store.submissions.of_run("sms_campaign_orders", "manual__1")
    assert (record.submitted, record.delivered + record.failed + record.expired) == (6, 6)


def test_the_dag_of_the_page_sends_a_test_with_columns(
    sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path
) -> None:
    sandbox.features(batch_merge=True)
    (tmp_path / "myself.csv").write_text("numero;prenom\n0639988300;Zoe\n")
    paths = {"/srv/lists/myself.csv": str(tmp_path / "myself.csv")}
    dag = run_marked("ovh-batches.md", "dag", paths)["ovh_batch_to_myself"]()
    prepared = dag.get_task("prepare").execute(context(task_id="prepare"))
    upload, send = dag.get_task("upload_receivers"), dag.get_task("send")
    upload.prepared = send.prepared = prepared
    send.receivers = upload.execute(context(task_id="upload_receivers"))
    send.deferrable = False
    assert send.execute(context(task_id="send"))["submitted"] == 1
    assert [each["message"] for each in sandbox.messages(account=sandbox.account_name)] == [
        "Bonjour Zoe, ceci est un test."
    ]
    sandbox.features(batch_merge=False)
