"""A campaign over an OAuth2 connection: sent once, also if its token ends between the claim and the POST."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import AuthenticationError, Unavailable
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.models import SUCCEEDED
from support.campaign_runs import CampaignRun, people
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess

CAMPAIGN = """\
sender: MYSHOP
kind: transactional
night: send
message: "Bonjour #prenom#"
contacts: {file: a.csv}
budget: 50
"""


@pytest.fixture
def run(sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CampaignRun:
    connect(sandbox, monkeypatch)
    (tmp_path / "spring.yaml").write_text(CAMPAIGN, encoding="utf-8")
    made = CampaignRun(campaign=load_file(tmp_path / "spring.yaml", Campaign), run_id="manual__1", include=tmp_path)
    made.prepare(people(5100, 5))
    return made


def connect(sandbox: SandboxProcess, patch: pytest.MonkeyPatch, **changes: str) -> None:
    """An OAuth2 connection, without any other key."""
    extra = {
        "endpoint": sandbox.endpoint,
        "client_id": sandbox.keys.client_id,
        "client_secret": sandbox.keys.client_secret,
        "account": sandbox.account_name,
        "calls_per_minute": 60_000,
        **changes,
    }
    patch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", json.dumps({"conn_type": "ovh_sms", "extra": extra}))


def sent(sandbox: SandboxProcess) -> tuple[int, int]:
    truth = sandbox.truth(account=sandbox.account_name)
    return truth["accepted"], truth["twice"]


def test_it_is_sent_collected_and_cancelled(run: CampaignRun, sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    run.send_all()
    assert sent(sandbox) == (5, 0)
    leaping.sleep(4 * 86_400)
    run.collect()
    assert run.cancel(by="Anna")["left"] == 5


def test_a_token_that_ends_between_the_claim_and_the_post_loses_and_doubles_nothing(
    run: CampaignRun, sandbox: SandboxProcess
) -> None:
    run.preflight()
    # OVH's answer to a token that it does not know any more; it executes nothing.
    sandbox.fault("status", method="POST", path="/sms/*/jobs", status=401)
    with pytest.raises(Unavailable, match="refused the token"):
        run.send(0)
    assert sent(sandbox) == (0, 0)
    run.send(0)  # the next try
    assert sent(sandbox) == (5, 0)
    (attempt,) = [each for each in ResultsHook().store.attempts.all(run.tags[0]) if each.state == SUCCEEDED]
    assert attempt.attempt == 2, "the first one is known not to be executed"


def test_a_secret_that_was_replaced_is_one_clear_error_and_sends_nothing(
    run: CampaignRun, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sandbox, monkeypatch, client_secret="of-yesterday")
    with pytest.raises(AuthenticationError, match="Check the OAuth2 client id and secret"):
        run.preflight()
    green, said = OvhSmsHook().test_connection()
    assert not green
    assert "of-yesterday" not in said
    assert sent(sandbox) == (0, 0)
