"""An OVH batch that has started to leave when its run is cancelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.api.ovh_batches import OvhBatchesClient
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import RequestRefused
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess
from support.tries import NUMBERS, once


def test_messages_that_have_started_to_leave_are_withdrawn_one_by_one(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OVH cancels no batch that has started to leave."""
    run = CampaignRun(campaign=load_file(_campaign(tmp_path), Campaign), run_id="run_1", include=tmp_path)
    run.prepare([f"0{number[3:]}" for number in NUMBERS], header="numero")
    run.send_all()
    monkeypatch.setattr(OvhBatchesClient, "cancel", _refuse)
    done = run.cancel(by="ann")
    assert (done["withdrawn"], done["left"], once(sandbox)) == (5, 0, 0)
    assert sandbox.calls("DELETE /sms/{serviceName}/jobs/{id}") >= 5


def _campaign(folder: Path) -> Path:
    path = folder / "spring.yaml"
    given = "sender: MYSHOP\nkind: transactional\nmessage: Bonjour\nvia: ovh_batches\nbudget: 50\nnight: send\n"
    path.write_text(f"{given}contacts: {{file: contacts/list.csv}}\n")
    return path


def _refuse(*_: object) -> None:
    raise RequestRefused("The batch cannot be canceled")
