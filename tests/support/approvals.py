"""Runs of a campaign that a person approves, and the answers that Airflow would hand on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskAwaitingInput

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.operators.approve_campaign import ApproveCampaignOperator
from ovh_sms.operators.preflight import PreflightOperator
from support.campaign_runs import CampaignRun

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#, a mardi."
contacts: {file: contacts/spring.csv}
budget: 1000
approval: {by: [alice], within_hours: 5}
notify: [{notifier: support.notifiers.KeepingNotifier}]
"""
ROWS = ["0639980100;Eva", "0639980101;Maximilian", "0639980102;Al"]


def approved_run(include: Path, *, run_id: str = "manual__1", file: str = CAMPAIGN) -> CampaignRun:
    """A run of the campaign, not prepared yet."""
    path = include / "campaigns" / "spring.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(file, encoding="utf-8")
    return CampaignRun(campaign=load_file(path, Campaign), run_id=run_id, include=include)


def checked(run: CampaignRun) -> dict[str, Any]:
    """The output of the checks of a prepared run."""
    given = run.campaign.preflight_arguments()
    return PreflightOperator(task_id="preflight", prepared=run.prepared, **given).execute(run.context("preflight"))


class Approver:
    """The task of a run that asks a person; ``questions`` are those that Airflow would show."""

    def __init__(self, run: CampaignRun, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run = run
        self.questions: list[dict[str, Any]] = []
        self.pushed: dict[str, Any] = {}
        monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **given: self.questions.append(given))

    def task(self, checks: dict[str, Any]) -> ApproveCampaignOperator:
        given = self.run.campaign.approval_arguments()
        with DAG(self.run.dag_id):
            return ApproveCampaignOperator(task_id="approve", prepared=self.run.prepared, checked=checks, **given)

    def context(self) -> Any:
        here = self.run.context("approve")
        here["ti"].id = "approve"
        here["ti"].xcom_push = lambda *, key, value: self.pushed.update({key: value})
        return {**here, "task_instance": here["ti"], "task": None}

    def ask(self, checks: dict[str, Any] | None = None) -> ApproveCampaignOperator:
        """Ask a person."""
        task = self.task(checks or checked(self.run))
        with pytest.raises(TaskAwaitingInput):
            task.execute(self.context())
        return task

    def answer(self, task: ApproveCampaignOperator, option: str = "Approve", *, by: str | None = "alice") -> Any:
        """The answer of a person; ``None``: the time is over."""
        person = {"id": by, "name": by} if by else None
        event = {"chosen_options": [option], "params_input": {}, "responded_by_user": person, "timedout": by is None}
        event["responded_at"] = datetime(2026, 3, 3, 10, tzinfo=UTC)
        return task.execute_complete(self.context(), event)
