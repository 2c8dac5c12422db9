"""Answers to replies: a campaign of two columns, the task that answers, and what people got."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.operators.send_reply import SendReplyOperator
from support.airflow_task import context
from support.answered_runs import RULES
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess

THANKS = "Merci, a mardi !"
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
CAMPAIGN = """
kind: transactional
sender_for_response: true
message: "Bonjour #prenom#, venez-vous mardi ? Repondez OUI ou NON."
night: send
budget: 100000
contacts: {file: contacts/visit.csv}
"""


def send_visit(include: Path, numbers: list[str], *, run_id: str = "manual__1") -> CampaignRun:
    """Send a campaign to people who are called P0, P1 and so on."""
    path = include / "campaigns" / "visit.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CAMPAIGN.lstrip() + RULES.lstrip(), encoding="utf-8")
    run = CampaignRun(campaign=load_file(path, Campaign), run_id=run_id, include=include)
    lines = [f"{number};P{at};C-{at}" for at, number in enumerate(numbers)]
    run.prepare(lines, header="numero;prenom;client")
    run.send_all()
    return run


def answering(**given: Any) -> SendReplyOperator:
    """The task; its waits are short."""
    quick = {"quiet_period": timedelta(seconds=2), "reconcile_timeout": timedelta(seconds=6), "deferrable": False}
    about = {"task_id": "thank", "campaign": "visit", "event": "confirmed", "message": THANKS}
    return SendReplyOperator(**{**about, **quick, **given})


def answer(*, run_id: str = "run_1", try_number: int = 1, **given: Any) -> dict[str, Any]:
    """Run the task once; the same again is a further try."""
    return answering(**given).execute(context(task_id="thank", run_id=run_id, try_number=try_number))


def answers(sandbox: SandboxProcess) -> Counter[tuple[str, str]]:
    """Messages that people got beside the campaign's, by number and text."""
    sent = sandbox.messages(account=sandbox.account_name)
    return Counter((each["receiver"], each["message"]) for each in sent if "venez-vous" not in each["message"])
