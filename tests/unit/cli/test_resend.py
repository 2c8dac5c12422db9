"""``ovh-sms resend`` shows count and cost first, and starts nothing unless a person says yes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.hooks.store import ResultsHook
from support.campaign_runs import CampaignRun
from support.cli import Command
from support.failed_runs import ABSENT, DELIVERED, sent
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess


@pytest.fixture
def run(sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path) -> Iterator[CampaignRun]:
    yield sent(sandbox, tmp_path / "include", {0: DELIVERED, 1: ABSENT, 2: ABSENT})
    sandbox.features(ends={})


def test_a_dry_run_says_how_many_messages_it_is_and_the_cost(run: CampaignRun, ovh_sms: Command) -> None:
    done = ovh_sms("resend", "rappel", "--failed", "temporary", "--dry-run")
    assert done.code == 0
    assert "2 messages failed for a temporary reason and can be sent again, for about 2 credits." in done.out
    shown = json.loads(ovh_sms("resend", "rappel", "--failed", "temporary", "--dry-run", "--json").out)
    assert (shown["messages"], shown["credits"], shown["run_id"], shown["resend"]) == (2, 2.0, run.run_id, None)
    assert "63998" not in done.out


@pytest.mark.parametrize(("answer", "code"), [("n\n", 0), ("", 2)])
def test_without_a_yes_nothing_is_started(
    run: CampaignRun, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    done = ovh_sms("resend", "rappel", "--failed", "temporary")
    assert done.code == code
    assert "Nothing was sent again." in done.out + done.err
    assert "Send them again? [y/N]" in done.err
    assert ResultsHook().store.resends.results(run.dag_id, run.run_id) == []


def test_an_unknown_run_or_another_failure_is_refused(run: CampaignRun, ovh_sms: Command) -> None:
    for given, error in (
        (("rappel", "--failed", "temporary", "--run", "manual__9"), "no submission of run manual__9"),
        (("spring", "--failed", "temporary"), "no submission of campaign spring"),
        (("rappel", "--failed", "permanent"), "permanent"),
        (("rappel",), "--failed"),
    ):
        done = ovh_sms("resend", *given)
        assert (done.code, error in done.err) == (2, True), done
