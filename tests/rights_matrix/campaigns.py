"""Campaigns from their list to their report, tests of them, and cancellations."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import OutcomeUnknown
from rights_matrix.stage import Stage
from support.campaign_runs import CampaignRun, people
from support.users import Account

SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
QUICK: dict[str, Any] = {
    "quiet_period": timedelta(seconds=3),
    "reconcile_timeout": timedelta(seconds=9),
    "deferrable": False,
}
CAMPAIGN = """\
kind: {kind}
{sender}
message: "{message}"
{night}
budget: 1000
contacts: {{file: contacts/spring.csv}}
test_receivers: ["06 39 98 00 01"]
{more}
"""


def a_run(
    stage: Stage,
    *,
    kind: str = "transactional",
    sender: str = "sender: MYSHOP",
    message: str = "Bonjour #prenom#, a mardi.",
    more: str = "",
) -> CampaignRun:
    """A campaign and its file."""
    path = stage.folder / "campaigns" / "spring.yaml"
    path.parent.mkdir(exist_ok=True)
    night = "night: send" if kind == "transactional" else ""
    text = CAMPAIGN.format(kind=kind, sender=sender, message=message, night=night, more=more)
    path.write_text(text, encoding="utf-8")
    run = CampaignRun(campaign=load_file(path, Campaign), run_id="manual__1", include=stage.folder)
    stage.kept["run"] = run
    return run


def prepare(stage: Stage) -> None:
    """The list of three people."""
    a_run(stage).prepare(people(4000, 3))


def send(stage: Stage, **about: str) -> None:
    """Send a campaign, as its DAG does."""
    run = a_run(stage, **about)
    run.prepare(people(4000, 3))
    run.send_all()


def send_answerable(stage: Stage) -> None:
    """Send to a person who has answered another campaign."""
    send(stage, sender="sender_for_response: true")


def a_user(stage: Stage) -> None:
    """A user with a quota."""
    Account(stage.sandbox).add_user("desk", quota=50)


def send_as_a_user(stage: Stage) -> None:
    """The first try gets no answer, and finds what waits at OVH."""
    stage.sandbox.fault("lost_answer", method="POST", path="/sms/*/users/*/jobs")
    send(stage, more="user: desk")


def waits_as_a_user(stage: Stage) -> None:
    a_user(stage)
    send_later(stage, more="user: desk")


def sent_as_a_user(stage: Stage) -> None:
    a_user(stage)
    send(stage, more="user: desk")
    stage.time.sleep(4 * 86_400)


def send_to_belgium(stage: Stage) -> None:
    """Send to somebody in Belgium."""
    run = a_run(stage, sender="sender: MYSHOP", more="declared_countries: [BE]")
    run.prepare(["+32470123456;Ann"])
    run.send_all()


def send_after_a_lost_answer(stage: Stage) -> None:
    """The first try gets no answer, and finds what waits at OVH."""
    stage.sandbox.fault("lost_answer", **SUBMIT)
    send(stage)


def send_later(stage: Stage, **about: str) -> None:
    """Messages that wait at OVH."""
    stage.sandbox.clock(speed=0.0)
    send(stage, **about)


def sent_long_ago(stage: Stage) -> None:
    """A campaign whose messages are final, and one person of it who said STOP."""
    send(stage)
    stage.sandbox.block("+33639984000")
    stage.sandbox.clock(advance=4 * 86_400)


def collect(stage: Stage) -> None:
    stage.kept["run"].collect()


def collect_without_export(stage: Stage) -> None:
    """OVH writes no export: the messages are read."""
    stage.sandbox.fault("status", method="GET", path="/sms/*/document", status=400)
    stage.kept["run"].collect()


def cancel(stage: Stage) -> None:
    stage.kept["run"].cancel(by="Anna")


def cancel_without_answer(stage: Stage) -> None:
    stage.sandbox.fault("lost_answer", method="POST", path="/sms/*/batches/*")
    cancel(stage)


def cancel_by_command(stage: Stage) -> None:
    stage.command("cancel", "spring", "--include", stage.folder, "--watch", 0)


def send_tests(stage: Stage) -> None:
    from ovh_sms.operators.send_tests import SendTestsOperator

    run = stage.kept["run"]
    folder = str(stage.folder / "campaigns")
    given: dict[str, Any] = {"campaign": "spring", "campaigns": folder, "prepared": run.prepared}
    SendTestsOperator(task_id="send_tests", **given, **QUICK).execute(run.context("send_tests"))


def lose_a_test(stage: Stage) -> None:
    stage.sandbox.fault("lost_answer", **SUBMIT)
    with suppress(OutcomeUnknown):
        send_tests(stage)
    send_tests(stage)


def preview(stage: Stage) -> None:
    from ovh_sms.operators.preview_contacts import PreviewContactsOperator

    run = stage.kept["run"]
    source = str(stage.folder / "contacts" / "spring.csv")
    given: dict[str, Any] = {"contacts": source, "message": run.campaign.message, "stop_clause": False}
    PreviewContactsOperator(task_id="preview", **given).execute(run.context("preview"))


def preview_by_command(stage: Stage) -> None:
    stage.command("preview", "spring", "--include", stage.folder, "--ask-ovh")


def send_tests_by_command(stage: Stage) -> None:
    stage.use_variables()
    stage.command("test", "spring", "--to", "06 39 98 00 01", "--include", stage.folder)


def forget(stage: Stage) -> None:
    """Messages that wait, and results that do not know them."""
    from sqlalchemy import text

    from ovh_sms.hooks.store import ResultsHook

    send_later(stage)
    with ResultsHook().store.database.writing() as connection:
        for table in ("attempt_receivers", "attempts"):
            connection.execute(text(f"DELETE FROM ovh_sms_{table}"))


def rebuild_by_command(stage: Stage) -> None:
    stage.use_variables()
    stage.command("db", "rebuild", "--include", stage.folder)


def read_by_command(stage: Stage) -> None:
    stage.use_variables()
    stage.command("db", "restored", "--although-attempts-are-missing", "--include", stage.folder)
