"""Runs of campaigns that people can answer, made with the real operators, and the replies of their receivers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ovh_sms.assets import REPLIES, REPLIES_OF_TASK
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound.pull import Pulled, PullTimes, pull
from ovh_sms.inbound.rules import ReplyRules
from ovh_sms.operators.announce_replies import AnnounceRepliesOperator
from ovh_sms.operators.collect_replies import CollectRepliesOperator
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess

RULES = """
replies:
  key: client
  keywords:
    - words: [OUI, YES]
      event: confirmed
    - words: [NON]
      event: declined
"""
TEXT = """
kind: transactional
sender_for_response: true
message: "Venez-vous mardi ? Repondez OUI ou NON."
night: send
budget: 100000
contacts: {file: contacts/NAME.csv}
"""


def campaign_file(include: Path, name: str, more: str = RULES) -> Path:
    """Write the file of a campaign that people can answer."""
    path = include / "campaigns" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.replace("NAME", name).lstrip() + more.lstrip(), encoding="utf-8")
    return path


def send_run(
    include: Path,
    numbers: list[str],
    *,
    name: str = "visit",
    run_id: str = "manual__1",
    more: str = RULES,
    **changes: Any,
) -> CampaignRun:
    """Send a campaign to some people, each with a key of its own: ``C-0``, ``C-1`` …

    :param changes: other parameters of the operator that submits.
    """
    campaign = load_file(campaign_file(include, name, more), Campaign)
    run = CampaignRun(campaign=campaign, run_id=run_id, include=include)
    run.prepare([f"{number};C-{at}" for at, number in enumerate(numbers)], header="numero;client")
    run.send_all(**changes)
    return run


def people(first: int, number: int) -> list[str]:
    """So many numbers of fiction, in E.164."""
    return [f"+3363998{at:04d}" for at in range(first, first + number)]


def delivered(sandbox: SandboxProcess, run: CampaignRun) -> list[str]:
    """Those who have got a message of a run, an hour later."""
    sandbox.clock(advance=3_600)
    return reached(sandbox, run)


def reached(sandbox: SandboxProcess, run: CampaignRun) -> list[str]:
    """Those who have got a message of a run by now."""
    sent = [each for tag in run.tags for each in sandbox.messages(tag, account=sandbox.account_name)]
    return [each["receiver"] for each in sent if each["delivery_receipt"] == 1]


def reply(sandbox: SandboxProcess, person: str, text: str, **about: Any) -> dict[str, Any]:
    """Let a person answer the newest message of the current account; other accounts may have written to them too."""
    return sandbox.reply(person, text, account=sandbox.account_name, **about)


def pull_replies(store: Store, include: Path, account_rules: Any = (), times: PullTimes | None = None) -> Pulled:
    """Pull once, as the DAG does."""
    return pull(OvhSmsHook().client, store, ReplyRules(include / "campaigns", account_rules), times)


class Events:
    """The events that a task adds to its asset."""

    def __init__(self) -> None:
        self.added: list[Any] = []

    def add(self, asset: Any, extra: Any) -> None:
        assert asset == REPLIES
        self.added.append(SimpleNamespace(extra=extra))


def collecting(task: CollectRepliesOperator, *, run_id: str = "replies_1") -> dict[str, Any]:
    """Run a task once; returns its result."""
    return task.execute(context(task_id=task.task_id, run_id=run_id))


def announcing(run_id: str = "replies_1", **given: Any) -> tuple[dict[str, Any], list[Any]]:
    """Announce once; returns the task's result and the events of its asset."""
    events = Events()
    its = context(task_id="announce", run_id=run_id) | {"outlet_events": {REPLIES_OF_TASK: events}}
    return AnnounceRepliesOperator(task_id="announce", **given).execute(its), events.added
