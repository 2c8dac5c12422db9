"""docs/sending-as-a-user.md against the code; its campaign is run against the sandbox."""

from __future__ import annotations

from pathlib import Path

from ovh_sms.api.rights import needed_rights, needed_rules
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from support.campaign_runs import CampaignRun, people
from support.leaping_time import LeapingTime
from support.pages import chapter, marked, rows, text
from support.sandbox import SandboxProcess
from support.users import Account
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]

PAGE = text("sending-as-a-user.md")
ACCOUNT = "sms-xx12345-1"


def test_the_rights_are_those_that_the_calls_need() -> None:
    described = {row[0].strip("`"): row[1].strip("`") for row in rows(chapter(PAGE, "Rights")) if "/sms/" in row[0]}
    assert sorted(described) == sorted(needed_rules(["as_user"], ACCOUNT))
    for each in needed_rights(["as_user"]):
        assert f"`{each.action}`" in chapter(PAGE, "Rights")


def test_the_campaign_of_the_page_is_sent_by_its_user(
    sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path
) -> None:
    account = Account(sandbox)
    account.add_user("desk", quota=50)
    (code,) = marked("sending-as-a-user.md", "campaign")
    (tmp_path / "orders.yaml").write_text(code + "night: send\n")
    run = CampaignRun(campaign=load_file(tmp_path / "orders.yaml", Campaign), run_id="manual__1", include=tmp_path)
    run.prepare(people(8200, 3))
    run.send_all()
    assert ({each["user"] for each in account.messages}, account.quota()) == ({"desk"}, 47)
