"""Quotas that are changed through the journal while an answer is lost: they explain credits, and hide none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from support.campaign_runs import CampaignRun, people
from support.leaping_time import LeapingTime
from unit.accounts.desk import UserDesk

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
budget: 100
"""
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
WHO = pytest.mark.parametrize("who", ["user: desk\n", ""], ids=["user", "account"])


@pytest.fixture
def checked(tmp_path: Path, desk: UserDesk) -> Callable[[str], CampaignRun]:
    """Makes a run of three people that may be sent, by the user `desk` with a quota of 100, or by the account."""
    desk.apply({"desk": {"quota": 100}})

    def made(who: str) -> CampaignRun:
        path = tmp_path / "campaigns" / "spring.yaml"
        path.parent.mkdir()
        path.write_text(CAMPAIGN + who, encoding="utf-8")
        run = CampaignRun(campaign=load_file(path, Campaign), run_id="manual__1", include=tmp_path)
        run.prepare(people(1, 3))
        run.preflight()
        return run

    return made


def sent(desk: UserDesk) -> int:
    return len(desk.sandbox.messages(account=desk.account))


@WHO
def test_a_journaled_quota_explains_the_credits_that_moved(
    desk: UserDesk, checked: Callable[[str], CampaignRun], leaping: LeapingTime, who: str
) -> None:
    run = checked(who)
    desk.sandbox.fault("reset_before", **SUBMIT)
    leaping.after(5, lambda: desk.apply({"desk": {"quota": 150}}))
    assert run.send(0)["submitted"] == 3
    assert sent(desk) == 3


@WHO
def test_a_journaled_quota_hides_no_credits_that_are_gone(
    desk: UserDesk, checked: Callable[[str], CampaignRun], leaping: LeapingTime, who: str
) -> None:
    run = checked(who)
    desk.sandbox.fault("late_listing", answer="lost", seconds=36_000, **SUBMIT)
    leaping.after(5, lambda: desk.apply({"desk": {"quota": 97}}))
    with pytest.raises(AirflowFailException, match="credits are missing"):
        run.send(0)
    assert sent(desk) == 3
