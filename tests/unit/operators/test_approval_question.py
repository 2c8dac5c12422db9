"""The question to a person about a run counts the test messages that the person has seen before."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.campaign_tests import CampaignTest
from support.approvals import ROWS, Approver, approved_run
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")


def test_the_question_counts_the_test_messages_that_a_person_has_sent_by_hand(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = ResultsHook().store.campaign_tests
    for number, (state, campaign) in enumerate((("sent", "spring"), ("refused", "spring"), ("sent", "autumn"))):
        names = {"tag": f"t{number}", "message_key": "k", "account": "sms-sb00001-1", "by": "ann"}
        tests.start(CampaignTest(**names, campaign=campaign, receiver="+33 6 39 ·· ·· 01", kinds="first"))
        tests.end(f"t{number}", state)
    run = approved_run(tmp_path)
    run.prepare(ROWS)
    approver = Approver(run, monkeypatch)
    approver.ask()
    assert "| Test messages sent | 1 by hand, the last on " in approver.questions[0]["body"]
